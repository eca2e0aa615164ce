"""Unlabelled dialogues become a proposal: requests, groups of them, names, and what staff usually answered."""
