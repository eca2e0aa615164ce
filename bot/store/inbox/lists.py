"""The conversations of a view, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, union

from bot.store.inbox.finding import Asked, find
from bot.store.inbox.search import LARGEST_ID
from bot.store.inbox.views import InboxCounts, InboxRow, Person, View
from bot.store.tables.accounts import staff
from bot.store.tables.log import conversations, custody_changes, customers, messages, understandings
from bot.store.tables.staff_work import notes
from bot.store.values import FORGOTTEN

PREVIEW = 200  # characters
COUNTED: tuple[View, ...] = ("waiting", "mine", "open")
MAX_COUNTED = 1000  # more are shown as so many
MAX_HITS = 500  # messages looked through for one page of a search
MAX_NAMED = 500  # conversations with news, named one by one


def conversations_of(
    connection: Connection, view: View, staff_id: int, *, before: datetime | None, limit: int
) -> list[InboxRow]:
    """A page of a view: waiting ones longest first, the others newest first, from `before` on: the `since` or
    `last_at` of the last row of the page before."""
    query = _of_view(view, staff_id).limit(limit)
    if before is not None:
        query = query.where(
            conversations.c.status_since > before if view == "waiting" else conversations.c.last_at < before
        )
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    said, reasons = _last_messages(connection, ids), _reasons(connection, ids)
    understood = _last_understandings(connection, ids)
    return [
        _row_from(row, said[row.id], understood.get(row.id), reasons.get(row.id, ""))
        for row in rows
        if row.id in said
    ]


def search(
    connection: Connection, asked: Asked, *, before: int | None, limit: int
) -> tuple[list[InboxRow], int | None]:
    """Conversations with messages that are asked for, with the newest of these, newest first, from the message
    `before` on; and where the page after these begins, None after the last."""
    ids = find(connection, asked, before=before or LARGEST_ID, limit=MAX_HITS)
    query = select(messages.c.id, messages.c.conversation_id).where(messages.c.id.in_(ids))
    newest: dict[int, int] = {}  # message by conversation
    for row in connection.execute(query.order_by(messages.c.id.desc())):
        newest.setdefault(row.conversation_id, row.id)
    met = dict(list(newest.items())[:limit])
    found = connection.execute(_listed().where(conversations.c.id.in_(met))).all()
    said = _messages(connection, list(met.values()))
    understood, reasons = _last_understandings(connection, list(met)), _reasons(connection, list(met))
    rows = [
        _row_from(row, said[row.id], understood.get(row.id), reasons.get(row.id, ""))
        for row in sorted(found, key=lambda row: -met[row.id])
    ]
    has_more = len(newest) > limit or len(ids) == MAX_HITS
    return rows, min(met.values()) if met and has_more else None


def count(connection: Connection, staff_id: int) -> InboxCounts:
    """How many are waiting, mine and open, MAX_COUNTED at most."""
    waiting, mine, still_open = (count_of_view(connection, view, staff_id, MAX_COUNTED) for view in COUNTED)
    return InboxCounts(waiting, mine, still_open)


def count_of_view(connection: Connection, view: View, staff_id: int, limit: int) -> int:
    """How many a view has, `limit` at most."""
    some = _of_view(view, staff_id).with_only_columns(conversations.c.id).order_by(None).limit(limit)
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def count_found(connection: Connection, asked: Asked, limit: int) -> int:
    """In how many conversations messages are found, `limit` at most; MAX_HITS messages are looked through, where
    there are more it counts as `limit`."""
    ids = find(connection, asked, before=LARGEST_ID, limit=MAX_HITS)
    within = select(func.count(messages.c.conversation_id.distinct())).where(messages.c.id.in_(ids))
    return limit if len(ids) == MAX_HITS else min(limit, int(connection.execute(within).scalar_one()))


def watermark(connection: Connection) -> tuple[int, ...]:
    """The newest ids of what can happen in a conversation."""
    newest = [select(func.max(table.c.id)).scalar_subquery() for table in (messages, custody_changes, notes)]
    return tuple(number or 0 for number in connection.execute(select(*newest)).one())


def keys_since(connection: Connection, seen: Sequence[int]) -> list[str]:
    """The conversations in which something happened after that watermark; [""] where they are too many to name."""
    newer = (
        select(table.c.conversation_id).where(table.c.id > number)
        for table, number in zip((messages, custody_changes, notes), seen, strict=True)
    )
    query = select(conversations.c.key).where(conversations.c.id.in_(union(*newer))).limit(MAX_NAMED + 1)
    keys = [str(key) for key in connection.execute(query).scalars()]
    return keys if len(keys) <= MAX_NAMED else [""]


def _of_view(view: View, staff_id: int) -> Select[Any]:
    query = _listed()
    newest = conversations.c.last_at.desc(), conversations.c.id.desc()
    status = conversations.c.status
    match view:
        case "waiting":
            return query.where(status == "waiting").order_by(conversations.c.status_since, conversations.c.id)
        case "mine":
            mine = conversations.c.assignee_id == staff_id
            return query.where(status == "person", mine).order_by(*newest)
        case "closed":
            return query.where(status == "closed").order_by(*newest)
        case "open":
            return query.where(status != "closed").order_by(*newest)


def _listed() -> Select[Any]:
    """Conversations as they are listed, but for the forgotten and those in which nothing was said."""
    return (
        select(
            conversations,
            customers.c.name.label("customer"),
            staff.c.name.label("assignee"),
            staff.c.email.label("assignee_email"),
        )
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(staff, staff.c.id == conversations.c.assignee_id)
        .where(conversations.c.last_at.is_not(None), ~conversations.c.key.startswith(FORGOTTEN))
    )


def _last_messages(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    last = (
        select(func.max(messages.c.id))
        .where(messages.c.conversation_id.in_(ids))
        .group_by(messages.c.conversation_id)
    )
    return _messages(connection, connection.execute(last).scalars().all())


def _messages(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """By conversation, of which each has one."""
    query = select(messages).where(messages.c.id.in_(ids))
    return {row.conversation_id: row for row in connection.execute(query)}


def _last_understandings(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    last = (
        select(func.max(messages.c.id))
        .join(understandings, understandings.c.message_id == messages.c.id)
        .where(messages.c.conversation_id.in_(ids))
        .group_by(messages.c.conversation_id)
    )
    query = (
        select(understandings, messages.c.conversation_id)
        .join(messages, messages.c.id == understandings.c.message_id)
        .where(messages.c.id.in_(last))
    )
    return {row.conversation_id: row for row in connection.execute(query)}


def _reasons(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Why each changed hands the last time."""
    last = (
        select(func.max(custody_changes.c.id))
        .where(custody_changes.c.conversation_id.in_(ids))
        .group_by(custody_changes.c.conversation_id)
    )
    query = select(custody_changes.c.conversation_id, custody_changes.c.reason)
    rows = connection.execute(query.where(custody_changes.c.id.in_(last)))
    return {row.conversation_id: row.reason for row in rows}


def _row_from(row: Row[Any], said: Row[Any], understood: Row[Any] | None, reason: str) -> InboxRow:
    return InboxRow(
        id=row.id,
        customer=row.customer,
        channel=row.channel,
        status=row.status,
        since=row.status_since,
        assignee=person_from(row.assignee_id, row.assignee, row.assignee_email),
        reason=reason,
        last_at=row.last_at,
        speaker=said.speaker,
        text=said.text[:PREVIEW],
        intent=understood.intent if understood else None,
        confidence=understood.confidence if understood else None,
        sentiment=understood.sentiment if understood else None,
        message_id=said.id,
    )


def person_from(staff_id: int | None, name: str | None, email: str | None) -> Person | None:
    """One of the staff, by their name or else their e-mail; None for nobody."""
    return None if staff_id is None else Person(staff_id, name or email or "")
