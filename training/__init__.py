"""Dialogues become a release."""
