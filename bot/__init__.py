"""A message becomes a reply."""
