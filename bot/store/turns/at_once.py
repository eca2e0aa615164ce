"""A turn in one statement, for PostgreSQL: most are plain, and nobody touched their conversation meanwhile.

On a busy machine a statement costs more on its way from the desk's process to PostgreSQL's and back than most take to be
carried out. This one is a `WITH` whose parts change rows: the conversation first, where its row still is the version the
message met, and all else hangs on that."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnClause,
    Connection,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    exists,
    insert,
    literal_column,
    select,
    update,
)

from bot.messages import Message, Turn
from bot.store.insights.days import is_late
from bot.store.tables.log import conversations, customers, messages, updates
from bot.store.turns.outcome import Outcome
from bot.store.turns.rows import message_row, reply_row, rows_beside
from bot.store.updates import CLOSED
from bot.store.values import now, storable

# The transaction that wrote the version of the row one sees.
MARK: ColumnClause[str] = literal_column("conversations.xmin::text")

_HELD, _SAID, _FINISHED, _REPLY = "held", "said", "finished", "reply"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What tells the statement of one turn from that of another: the rest are its values."""

    said: tuple[str, ...]
    beside: tuple[tuple[Table, tuple[str, ...]], ...]
    replies: tuple[tuple[str, ...], ...]
    has_update: bool


def is_plain(message: Message, outcome: Outcome) -> bool:
    """Whether nothing else is to be written: the conversation has a mark, and stays with whom it was."""
    has_more = message.quotes or outcome.draft is not None or outcome.status != outcome.met.status
    return bool(
        outcome.met.mark and message.external_id and not has_more and not is_late(message.received_at)
    )


def save_at_once(
    connection: Connection, message: Message, conversation_id: int, outcome: Outcome
) -> Turn | None:
    """Write a plain turn; None, and nothing is written, where that takes a second look: the conversation's row is another
    than the message met, the message has a turn, or its author is unknown, blocked the bot or was forgotten."""
    said, beside = message_row(message), tuple(rows_beside(outcome))
    replies = [reply_row(message, reply) for reply in outcome.replies]
    shape = _Shape(
        tuple(said),
        tuple((table, tuple(row)) for table, row in beside),
        tuple(tuple(row) for row in replies),
        bool(message.update_id),
    )
    values = {
        _name(_HELD, "id"): conversation_id,
        _name(_HELD, "mark"): outcome.met.mark,
        _name(_HELD, "author"): storable(message.customer_key),
        _name(_HELD, "external_id"): said["external_id"],
        _name(_HELD, "state"): outcome.state,
        _name(_HELD, "last_at"): now(),
        **_named(_SAID, said),
    }
    for table, row in beside:
        values |= _named(table.name, row)
    for number, row in enumerate(replies):
        values |= _named(f"{_REPLY}_{number}", row)
    if message.update_id:
        closed = {"channel": message.channel, "update_id": message.update_id, "finished_at": now()}
        values |= _named(_FINISHED, closed)
    ids = connection.execute(_statement(shape), values).one_or_none()
    return None if ids is None else outcome.turn(message, conversation_id, ids[0], ids[1:])


@cache
def _statement(shape: _Shape) -> Select[Any]:
    held = _hold().cte(_HELD)
    links = {"conversation_id": held.c.id, "customer_id": held.c.author_id}
    ours = messages.c.id, messages.c.conversation_id, messages.c.customer_id
    said = _insert(messages, _SAID, shape.said, links).returning(*ours).cte(_SAID)
    parts = [
        _insert(table, table.name, columns, {"message_id": said.c.id}).cte(f"of_{table.name}")
        for table, columns in shape.beside
    ]
    if shape.has_update:
        parts.append(_finish(said).cte(_FINISHED))
    links = {"conversation_id": said.c.conversation_id, "customer_id": said.c.customer_id}
    replies: list[CTE] = []
    for number, columns in enumerate(shape.replies):
        name = f"{_REPLY}_{number}"
        reply = _insert(messages, name, columns, links | {"in_reply_to": said.c.id}, after=replies[-1:])
        replies.append(reply.returning(messages.c.id).cte(name))
    ids = (select(reply.c.id).scalar_subquery() for reply in replies)
    return select(said.c.id, *ids).add_cte(*parts)


def _hold() -> Update:
    """The conversation's row with what it remembers now. Who blocked the bot or was forgotten since is no author of it."""
    by = select(customers.c.id).where(customers.c.key == bindparam(_name(_HELD, "author")))
    author = by.where(customers.c.blocked_at.is_(None)).cte("author")
    is_there = exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.external_id == bindparam(_name(_HELD, "external_id")),
    )
    which = conversations.c.id == bindparam(_name(_HELD, "id")), bindparam(_name(_HELD, "mark")) == MARK
    values = {column: _value(conversations, _HELD, column) for column in ("state", "last_at")}
    changed = update(conversations).where(*which, exists(select(author.c.id)), ~is_there).values(values)
    return changed.returning(conversations.c.id, select(author.c.id).scalar_subquery().label("author_id"))


def _finish(said: CTE) -> Update:
    named = (updates.c[column] == _value(updates, _FINISHED, column) for column in ("channel", "update_id"))
    closed = CLOSED.values(finished_at=_value(updates, _FINISHED, "finished_at"))
    return closed.where(*named, exists(select(said.c.id)))


def _insert(
    table: Table, name: str, columns: Sequence[str], links: dict[str, Any], *, after: Sequence[CTE] = ()
) -> Insert:
    """A row for the one row of the parts that `links` lead to; `after` is made before it, so that its id is less: of parts
    that don't need each other PostgreSQL promises no order, whatever it does."""
    values = [_value(table, name, column) for column in columns]
    made = select(*links.values(), *values)
    for earlier in after:
        made = made.where(exists(select(earlier.c.id)))
    return insert(table).from_select([*links, *columns], made)


def _value(table: Table, name: str, column: str) -> BindParameter[Any]:
    return bindparam(_name(name, column), type_=table.c[column].type)


def _named(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {_name(name, column): value for column, value in row.items()}


def _name(name: str, column: str) -> str:
    return f"{name}_{column}"
