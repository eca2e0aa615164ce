"""Why a change of the answers is not made."""

from bot.errors import BotError


class EditRefused(BotError):
    """What was typed can't be taken; the text says what was met and what is wanted."""


class Conflict(BotError):
    """The answer is no longer what it was when it was opened; `theirs` is its text now, None where it is gone."""

    def __init__(self, answer_id: str, theirs: str | None) -> None:
        super().__init__(f"answer {answer_id!r} was changed meanwhile")
        self.theirs = theirs


class FilesBusy(BotError):
    """Another process writes the answers and doesn't end."""
