"""Looking after a desk: its backup."""
