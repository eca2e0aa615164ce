"""Unlabelled dialogues become a proposal: intents, answers, entities."""
