"""Members of staff and the console's door."""
