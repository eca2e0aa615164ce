"""The labels people gave, one transaction a call."""

from collections.abc import Sequence
from datetime import datetime

from bot.store.databases.database import Database
from bot.store.inbox.views import Person
from bot.store.labels import given as given_labels
from bot.store.labels import labelling, learned, proposals, settling
from bot.store.labels.given import GivenLabel, HandoffReply
from bot.store.labels.learned import Lesson
from bot.store.labels.rules import Conflict


class LabelLog:
    """The side of the log that is learned from; `Store.labels`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def given(self, since: datetime | None = None) -> list[GivenLabel]:
        """Everything people said of what messages mean, the oldest first, of customers what they said since then; see
        bot/store/labels/given.py."""
        return await self._database.read(given_labels.given_labels, since)

    async def handoff_replies(self, since: datetime | None = None) -> list[HandoffReply]:
        """What people wrote in the bot's place since then, with what it answers."""
        return await self._database.read(given_labels.handoff_replies, since)

    async def settle(self, conflict: Conflict, intent: str, by: Person) -> None:
        """Say what words mean that people disagree about."""
        await self._database.write(settling.settle, conflict, intent, by)

    async def drop(self, conflict: Conflict, by: Person) -> None:
        """Learn nothing from words that people disagree about."""
        await self._database.write(settling.drop, conflict, by)

    async def taught(self, since: datetime | None, words: str = "", before: int | None = None) -> Lesson:
        """A page of what the memory was taught; see bot/store/labels/learned.py."""
        return await self._database.read(learned.taught_since, since, words, before)

    async def undo(self, correction_id: int, by: Person) -> None:
        """Take a correction back. Raises StoreError for one that is unknown."""
        await self._database.write(labelling.undo, correction_id, by)

    async def dismissed(self) -> list[frozenset[int]]:
        """The messages of each proposed intent that staff would not have."""
        return await self._database.read(proposals.dismissed)

    async def dismiss(self, message_ids: Sequence[int], by: Person) -> None:
        """Don't propose an intent of these messages again."""
        await self._database.write(proposals.dismiss, message_ids, by)
