"""Everything people said of what a message means, read from where the log keeps it: who said it, how, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Label, Row, Select, func, select

from bot.store.inbox.search import wording_of
from bot.store.labels.labels import stands
from bot.store.tables.accounts import staff
from bot.store.tables.labels import corrections, feedback, settled_labels
from bot.store.tables.log import decisions, messages, understandings
from bot.store.tables.staff_work import drafts

Origin = Literal[
    "correction", "settled", "draft_sent", "draft_edited", "draft_rejected", "sent_answer", "chosen", "helpful", "not_helpful",
]  # fmt: skip
Trust = Literal["staff", "implied", "customer"]

TRUST: dict[Origin, Trust] = {
    "correction": "staff",
    "settled": "staff",
    "draft_sent": "staff",
    "draft_edited": "implied",
    "draft_rejected": "implied",
    "sent_answer": "implied",
    "chosen": "customer",
    "helpful": "customer",
    "not_helpful": "customer",
}
AGAINST: frozenset[Origin] = frozenset({"draft_rejected", "not_helpful"})
WHO = func.coalesce(func.nullif(staff.c.name, ""), staff.c.email).label("who")
SPOKEN = ("text", "edit", "photo", "document")  # kinds of messages with a customer's own words


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """Somebody's word that a text means an intent, or with an origin of AGAINST that it doesn't.

    `by` is a member of staff's name or a customer's key; `taken_for` is what the release took the message for."""

    text: str
    intent: str
    origin: Origin
    by: str
    at: datetime
    message_id: int | None = None
    conversation_id: int | None = None
    answer_id: str | None = None
    correction_id: int | None = None
    note: str = ""
    taken_for: str | None = None

    @property
    def trust(self) -> Trust:
        """How far it is believed."""
        return TRUST[self.origin]

    @property
    def is_against(self) -> bool:
        """Whether it says that the text does not mean the intent."""
        return self.origin in AGAINST

    @property
    def wording(self) -> str:
        """The same for texts that say the same words."""
        return wording_of(self.text)


@dataclass(frozen=True, slots=True)
class HandoffReply:
    """What a person wrote first after something a customer said, in the bot's place."""

    message_id: int
    conversation_id: int
    text: str
    taken_for: str | None
    reply: str
    by: str
    at: datetime


def given_labels(connection: Connection, since: datetime | None = None) -> list[GivenLabel]:
    """All labels that stand, the oldest first, but for what customers said before that time; what a customer who was
    forgotten said is none."""
    found = [*_of_corrections(connection), *_of_drafts(connection), *_of_customers(connection, since)]
    return sorted(found, key=lambda one: (one.at, one.correction_id or 0))


def handoff_replies(connection: Connection, since: datetime | None = None) -> list[HandoffReply]:
    """What people wrote to customers since then, with the words it answers; drafts that were sent are none of it."""
    replies, said = messages.alias("replies"), messages.alias("said")
    before = (
        select(func.max(said.c.id))
        .where(said.c.conversation_id == replies.c.conversation_id, said.c.id < replies.c.id)
        .where(said.c.speaker == "customer", said.c.kind.in_(SPOKEN), said.c.text != "")
        .scalar_subquery()
    )
    query = (
        select(messages.c.id, messages.c.conversation_id, messages.c.text, understandings.c.intent)
        .add_columns(replies.c.text.label("reply"), replies.c.at, WHO)
        .select_from(replies)
        .join(messages, messages.c.id == before)
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .outerjoin(staff, staff.c.id == replies.c.staff_id)
        .where(replies.c.speaker == "person", replies.c.text != "", replies.c.in_reply_to.is_(None))
        .order_by(replies.c.id)
    )
    if since is not None:
        query = query.where(replies.c.at >= since)
    first: dict[int, HandoffReply] = {}
    for row in connection.execute(query):
        reply = HandoffReply(
            row.id, row.conversation_id, row.text, row.intent, row.reply, row.who or "", row.at
        )
        first.setdefault(row.id, reply)
    return list(first.values())


def origin_of_correction() -> tuple[Label[bool], Label[bool]]:
    """Columns that tell how a correction came about, for `correction_origin`."""
    sent = select(drafts.c.id).where(
        drafts.c.message_id == corrections.c.message_id,
        drafts.c.outcome == "sent",
        drafts.c.intent == corrections.c.intent,
    )
    settled = select(settled_labels.c.id).where(settled_labels.c.correction_id == corrections.c.id)
    return sent.exists().label("was_sent"), settled.exists().label("settles")


def correction_origin(row: Row[Any]) -> Origin:
    """Whether it settled a disagreement, is a draft that was sent as it was, or was simply given."""
    return "settled" if row.settles else "draft_sent" if row.was_sent else "correction"


def _of_corrections(connection: Connection) -> Iterator[GivenLabel]:
    query = (
        select(corrections, messages.c.conversation_id, understandings.c.intent.label("taken_for"))
        .add_columns(*origin_of_correction())
        .outerjoin(messages, messages.c.id == corrections.c.message_id)
        .outerjoin(understandings, understandings.c.message_id == corrections.c.message_id)
        .where(stands())
    )
    for row in connection.execute(query):
        yield GivenLabel(
            text=row.text,
            intent=row.intent,
            origin=correction_origin(row),
            by=row.by,
            at=row.at,
            message_id=row.message_id,
            conversation_id=row.conversation_id,
            answer_id=row.answer_id,
            correction_id=row.id,
            note=row.note,
            taken_for=row.taken_for,
        )


def _of_drafts(connection: Connection) -> Iterator[GivenLabel]:
    """Those that were changed or rejected; one sent as it was is a correction already."""
    query = (
        select(drafts, messages.c.text.label("said"), WHO)
        .join(messages, messages.c.id == drafts.c.message_id)
        .outerjoin(staff, staff.c.id == drafts.c.staff_id)
        .where(drafts.c.outcome.in_(("edited", "rejected")), drafts.c.intent.is_not(None))
        .where(messages.c.text != "", messages.c.kind.in_(SPOKEN))
    )
    for row in connection.execute(query):
        yield GivenLabel(
            text=row.said,
            intent=row.intent,
            origin="draft_edited" if row.outcome == "edited" else "draft_rejected",
            by=row.who or "",
            at=row.settled_at,
            message_id=row.message_id,
            conversation_id=row.conversation_id,
            answer_id=row.answer_id,
            taken_for=row.intent,
        )


def _of_customers(connection: Connection, since: datetime | None) -> Iterator[GivenLabel]:
    """What was chosen where the desk asked back, and opinions of answers."""
    query = _opinions() if since is None else _opinions().where(feedback.c.at >= since)
    for row in connection.execute(query):
        if row.value in ("helpful", "not_helpful"):
            intent, origin = row.intent, row.value
        else:
            intent, origin = row.value, "chosen"
        if intent is not None and (origin != "chosen" or intent in (row.choices or ())):
            yield GivenLabel(
                text=row.text,
                intent=intent,
                origin=origin,
                by=row.by,
                at=row.at,
                message_id=row.id,
                conversation_id=row.conversation_id,
                answer_id=row.answer_id if origin != "chosen" else None,
                taken_for=row.taken_for,
            )


def _opinions() -> Select[tuple[object, ...]]:
    replies = messages.alias("replies")
    return (
        select(messages.c.id, messages.c.conversation_id, messages.c.text)
        .add_columns(feedback.c.value, feedback.c.by, feedback.c.at)
        .add_columns(decisions.c.intent, decisions.c.answer_id, decisions.c.choices)
        .add_columns(understandings.c.intent.label("taken_for"))
        .select_from(feedback)
        .join(replies, replies.c.id == feedback.c.message_id)
        .join(messages, messages.c.id == replies.c.in_reply_to)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .where(messages.c.text != "", messages.c.kind.in_(SPOKEN))
    )
