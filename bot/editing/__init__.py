"""Answers changed where they stand: one entry of a workspace's answers/*.yaml, the rest as it was."""
