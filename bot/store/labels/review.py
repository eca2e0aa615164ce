"""Customers' messages that nobody has looked at, to be labelled by staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, cast, delete, select
from sqlalchemy.sql import ColumnElement

from bot.store.audit import write_audit
from bot.store.databases.upsert import insert_new
from bot.store.inbox.search import wording_of
from bot.store.inbox.views import Person, ReviewItem
from bot.store.labels import labelling
from bot.store.labels.labels import label_message, standing_corrections_of, stands
from bot.store.tables.labels import corrections, feedback, reviewed
from bot.store.tables.log import decisions, messages, understandings
from bot.store.values import entities_from, now

LOOKED_AT = 2000  # messages, the newest
KINDS = ("text", "photo", "document")  # with words of the customer's own


def open_reviews(connection: Connection, since: datetime) -> list[ReviewItem]:
    """What was asked since then and is neither labelled nor passed over, the newest first; those that say the same are
    one item."""
    query: Select[Any] = (
        select(
            *(messages.c[name] for name in ("id", "conversation_id", "text", "at")),
            *(understandings.c[name] for name in ("intent", "confidence", "entities")),
            cast(understandings.c.intents, Text).label("ranked"),
            understandings.c.class_intents[(0, 0)].as_string().label("class_intent"),
            decisions.c.kind.label("decision"),
            decisions.c.reason,
        )
        .select_from(messages)
        .join(understandings, understandings.c.message_id == messages.c.id)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .where(messages.c.at >= since, messages.c.kind.in_(KINDS), messages.c.text != "")
        .where(is_open())
        .order_by(messages.c.id.desc())
        .limit(LOOKED_AT)
    )
    rows = connection.execute(query).all()
    opinions = _opinions(connection, [row.id for row in rows])
    return [_item_from(group, opinions) for group in _alike(rows)]


def is_open() -> ColumnElement[bool]:
    """Whether a message is neither labelled nor passed over."""
    labelled = select(corrections.c.message_id).where(stands(), corrections.c.message_id.is_not(None))
    return and_(messages.c.id.not_in(labelled), messages.c.id.not_in(select(reviewed.c.message_id)))


def label_item(connection: Connection, item: ReviewItem, intent: str, by: Person) -> None:
    """The newest is labelled and the others are done with it: as many copies in the memory would outvote all else."""
    newest, *others = item.message_ids
    label_message(connection, item.text, intent, by.name, newest)
    pass_over(connection, others, by)


def label_items(connection: Connection, items: Sequence[ReviewItem], intent: str, by: Person) -> None:
    """Label several at once, as one entry of the audit log."""
    for item in items:
        label_item(connection, item, intent, by)
    if len(items) > 1:
        write_audit(connection, by.id, "labelled_together", intent, messages=_n_messages(items))
    else:
        write_audit(connection, by.id, "labelled", intent, message=items[0].message_ids[0])


def label_messages(
    connection: Connection, message_ids: Sequence[int], intent: str, by: Person
) -> tuple[int, ...]:
    """Label those of these messages that nobody did yet, each wording once; which these were."""
    query = (
        select(messages.c.id, messages.c.text)
        .where(messages.c.id.in_(message_ids), messages.c.speaker == "customer", messages.c.text != "")
        .where(is_open())
        .order_by(messages.c.id.desc())
    )
    rows: list[Row[Any]] = list(connection.execute(query))
    for newest, *others in _alike(rows):
        label_message(connection, newest.text, intent, by.name, newest.id)
        pass_over(connection, [one.id for one in others], by)
    if rows:
        write_audit(connection, by.id, "labelled_together", intent, messages=len(rows))
    return tuple(row.id for row in rows)


def pass_over(connection: Connection, message_ids: Sequence[int], by: Person) -> None:
    """Nothing is to be learned from these."""
    for number in message_ids:
        values = {"message_id": number, "staff_id": by.id, "at": now()}
        insert_new(connection, reviewed, values, ("message_id",))


def undo(connection: Connection, message_ids: Sequence[int], by: Person) -> None:
    """What this person made of them was a mistake."""
    for given in standing_corrections_of(connection, message_ids):
        if given.by == by.name:
            labelling.undo(connection, given.id, by)
    theirs = reviewed.c.message_id.in_(message_ids), reviewed.c.staff_id == by.id
    connection.execute(delete(reviewed).where(*theirs))


def _alike(rows: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """Those that say the same together."""
    alike: dict[str, list[Row[Any]]] = {}
    for row in rows:
        alike.setdefault(wording_of(row.text), []).append(row)
    return list(alike.values())


def _n_messages(items: Sequence[ReviewItem]) -> int:
    return sum(len(item.message_ids) for item in items)


def _opinions(connection: Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    """What customers said of the replies to these messages, or chose under them."""
    replies = messages.alias("replies")
    query = (
        select(replies.c.in_reply_to, feedback.c.value)
        .join(feedback, feedback.c.message_id == replies.c.id)
        .where(replies.c.in_reply_to.in_(ids))
    )
    found: dict[int, set[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.in_reply_to, set()).add(row.value)
    return found


def _item_from(group: Sequence[Row[Any]], opinions: dict[int, set[str]]) -> ReviewItem:
    row = group[0]
    said = set().union(*(opinions.get(one.id, set()) for one in group))
    return ReviewItem(
        message_ids=tuple(one.id for one in group),
        conversation_id=row.conversation_id,
        text=row.text,
        at=row.at,
        intent=row.intent,
        ranked=row.ranked,
        class_intent=row.class_intent,
        confidence=row.confidence or 0.0,
        decision=row.decision,
        reason=row.reason,
        is_unhelpful="not_helpful" in said,
        entities=entities_from(row.entities),
        chosen=tuple(sorted(said - {"helpful", "not_helpful"})),
    )
