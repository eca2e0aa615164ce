"""What staff do in the log, one transaction a call."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.messages import AutonomyLevel
from bot.store import rewording
from bot.store.databases.database import Database
from bot.store.inbox import autonomy, cases, custody, drafts, lists, search
from bot.store.inbox.autonomy import DraftCounts
from bot.store.inbox.finding import Asked
from bot.store.inbox.views import Case, InboxCounts, InboxRow, Person, ReviewItem, View
from bot.store.labels import entities as entity_labels
from bot.store.labels import labelling, review
from bot.store.labels.entities import Mark
from bot.store.records import Held, Move, Moved, Reworded, StoredDraft


class Inbox:
    """The side of the log that staff work with; `Store.inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def move(
        self, conversation_id: int, staff_id: int | None, decide: Callable[[Held], Move]
    ) -> Moved | None:
        """Do with a conversation what `decide` makes of it as it is held now, nobody else coming between; None where
        there is none. What `decide` raises leaves everything as it was."""
        return await self._database.write(custody.move, conversation_id, staff_id, decide)

    async def conversations(
        self, view: View, staff_id: int, *, before: datetime | None = None, limit: int = 50
    ) -> list[InboxRow]:
        """A page of a view as this staff member has it; see bot/store/inbox/lists.py."""
        read = self._database.read
        return await read(lists.conversations_of, view, staff_id, before=before, limit=limit)

    async def search(
        self, asked: Asked, *, before: int | None = None, limit: int = 50
    ) -> tuple[list[InboxRow], int | None]:
        """Conversations with messages that are asked for, what was just said included; see bot/store/inbox/lists.py."""
        await self.index_messages()
        return await self._database.read(lists.search, asked, before=before, limit=limit)

    async def looked_through(self) -> int | None:
        """Words are looked for in so many of the newest messages, where they are encrypted; None: in all of them."""
        return await self._database.read(search.looked_through)

    async def index_messages(self) -> int:
        """Index some messages that can't be searched yet; how many there were."""
        return await self._database.write(search.index_messages)

    async def counts(self, staff_id: int) -> InboxCounts:
        """How many each view has."""
        return await self._database.read(lists.count, staff_id)

    async def key_of(self, conversation_id: int) -> str | None:
        """A conversation's key; None where there is none."""
        return await self._database.read(custody.key_of, conversation_id)

    async def watermark(self) -> tuple[int, ...]:
        """Numbers that grow with whatever happens in a conversation."""
        return await self._database.read(lists.watermark)

    async def keys_since(self, watermark: Sequence[int]) -> list[str]:
        """The conversations in which something happened since then; [""] where they are too many to name."""
        return await self._database.read(lists.keys_since, watermark)

    async def case(
        self, conversation_id: int, *, before: int | None = None, since: int | None = None, limit: int = 100
    ) -> Case | None:
        """A conversation with a stretch of what happened in it, the last unless `before` names a message; None
        where there is none. See bot/store/inbox/cases.py."""
        read = self._database.read
        return await read(cases.case, conversation_id, before=before, since=since, limit=limit)

    async def open_reviews(self, since: datetime) -> list[ReviewItem]:
        """What customers said since then and nobody labelled; see bot/store/labels/review.py."""
        return await self._database.read(review.open_reviews, since)

    async def label(
        self,
        said: str,
        intent: str,
        by: Person,
        message_id: int,
        answer_id: str | None = None,
        note: str = "",
    ) -> None:
        """Give a message its intent, and perhaps its answer, in place of those it had; `note` says why."""
        await self._database.write(labelling.label, said, intent, by, message_id, answer_id, note)

    async def unlabel(self, by: Person, message_id: int) -> None:
        """Take back what a message was labelled."""
        await self._database.write(labelling.unlabel, by, message_id)

    async def mark_entities(self, message_id: int, marks: Sequence[Mark], by: str) -> None:
        """Give a message its entities. Raises BadSpan."""
        await self._database.write(entity_labels.mark_entities, message_id, marks, by)

    async def drop_marks(self, message_id: int) -> None:
        """Let what was found in a message count again."""
        await self._database.write(entity_labels.drop_marks, [message_id])

    async def marks_version(self) -> tuple[int, str]:
        """Changes whenever a mark is made or taken back."""
        return await self._database.read(entity_labels.version)

    async def marked_names(self) -> dict[str, str]:
        """All that staff marked, as written -> its type."""
        return await self._database.read(entity_labels.marked_names)

    async def label_items(self, items: Sequence[ReviewItem], intent: str, by: Person) -> None:
        """Label what each item says, once; those that say the same are passed over with it."""
        await self._database.write(review.label_items, items, intent, by)

    async def label_messages(self, message_ids: Sequence[int], intent: str, by: Person) -> tuple[int, ...]:
        """Label those of these messages that nobody did yet; which these were. `undo_review` takes it back."""
        return await self._database.write(review.label_messages, message_ids, intent, by)

    async def pass_over(self, items: Sequence[ReviewItem], by: Person) -> None:
        """Take items out of the review without a label."""
        numbers = [number for item in items for number in item.message_ids]
        await self._database.write(review.pass_over, numbers, by)

    async def undo_review(self, message_ids: Sequence[int], by: Person) -> None:
        """Put messages back that this person labelled or passed over."""
        await self._database.write(review.undo, message_ids, by)

    async def add_note(
        self, conversation_id: int, staff_id: int | None, text: str, *, external_id: str | None = None
    ) -> str | None:
        """Keep a note; the conversation's key, None where there is none."""
        return await self._database.write(custody.add_note, conversation_id, staff_id, text, external_id)

    async def draft(self, conversation_id: int) -> StoredDraft | None:
        """What of the bot's waits for a person there."""
        return await self._database.read(drafts.open_draft, conversation_id)

    async def autonomy(self) -> dict[str, AutonomyLevel]:
        """How far the bot may go, by intent; see bot/store/inbox/autonomy.py."""
        return await self._database.read(autonomy.levels)

    async def set_autonomy(self, intent: str, level: AutonomyLevel | None, by: int | None) -> None:
        """Let the bot go so far; None takes the default again."""
        await self._database.write(autonomy.set_level, intent, level, by)

    async def draft_counts(self, since: datetime) -> dict[str, DraftCounts]:
        """What became of the drafts since then, by intent."""
        return await self._database.read(autonomy.draft_counts, since)

    async def reword(self, conversation_id: int, external_id: str, text: str) -> Reworded | None:
        """Change what staff said or noted; see bot/store/rewording.py."""
        return await self._database.write(rewording.reword, conversation_id, external_id, text)

    async def rate(self, message_id: int, score: int) -> bool:
        """Keep what a customer answered to being asked how content they are, 1 to 5."""
        return await self._database.write(custody.rate, message_id, score)

    async def comment_rating(self, conversation_id: int, comment: str) -> None:
        """Keep what a customer adds to the rating they gave last."""
        await self._database.write(custody.comment_rating, conversation_id, comment)
