"""The errors of this package."""


class RetrievalError(Exception):
    """Answers, articles or memory are unusable as they are; the text says what and where."""
