"""Past dialogues again: replayed, kept as regression cases, trained on."""
