"""What we claim, measured: one script a claim."""
