"""Secrets: where they come from, where they must not stand, and kept out of what a process writes."""
