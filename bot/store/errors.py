"""What can be wrong with the log."""

from bot.errors import BotError


class StoreError(BotError):
    """The database can't be used as asked; the text says which and why."""
