"""The errors of this package."""


class BotError(Exception):
    """Something about the desk is not as it must be; the text says what was met, wanted, and where."""
