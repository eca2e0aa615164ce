"""The errors of this package."""


class TrainingError(Exception):
    """Dialogues or options can't be trained on as they are; the text says what was met, wanted, and where."""
