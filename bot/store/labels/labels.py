"""What people say about the answers: feedback of customers, corrections of staff."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, null, select, text, update
from sqlalchemy.sql import ColumnElement

from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.peers.news import tell
from bot.store.records import Correction
from bot.store.tables.labels import corrections, feedback
from bot.store.tables.log import messages
from bot.store.values import now, storable


def add_feedback(connection: Connection, message_id: int, value: str, by: str) -> None:
    """One opinion a person and reply: a second one takes the place of the first."""
    values = {"message_id": message_id, "value": storable(value), "by": storable(by), "at": now()}
    if _is_missing(connection, message_id):
        raise StoreError(f"message {message_id} is not stored; feedback needs the message_id of a reply")
    if insert_new(connection, feedback, values, ("message_id", "by")) is None:
        mine = (feedback.c.message_id == message_id) & (feedback.c.by == values["by"])
        connection.execute(update(feedback).where(mine).values(value=values["value"], at=values["at"]))


def add_correction(
    connection: Connection,
    said: str,
    intent: str,
    by: str,
    note: str,
    message_id: int | None,
    answer_id: str | None = None,
) -> int:
    if not said.strip() or not intent.strip():
        raise StoreError(f"a correction needs a text and an intent; met {said!r} and {intent!r}")
    if message_id is not None and _is_missing(connection, message_id):
        raise StoreError(
            f"message {message_id} is not stored; a correction needs the id of a customer's message"
        )
    return _append(
        connection,
        {
            "text": storable(said),
            "intent": intent,
            "by": storable(by),
            "note": storable(note),
            "message_id": message_id,
            "answer_id": answer_id,
        },
    )


def label_message(
    connection: Connection,
    said: str,
    intent: str,
    by: str,
    message_id: int,
    answer_id: str | None = None,
    note: str = "",
) -> int:
    """The correction of a message, in place of those it had."""
    for earlier in standing_corrections_of(connection, [message_id]):
        undo_correction(connection, earlier.id, by)
    return add_correction(connection, said, intent, by, note, message_id, answer_id)


def undo_correction(connection: Connection, correction_id: int, by: str) -> int:
    """Append the undo of a correction; the id of the undo, the earlier one where it was undone before."""
    row = _find(connection, correction_id)
    if row is None or row.undoes is not None:
        raise StoreError(
            f"correction {correction_id} is not stored; `kefu correct --list` shows those that are"
        )
    earlier = select(corrections.c.id).where(corrections.c.undoes == correction_id)
    undone = connection.execute(earlier).scalar_one_or_none()
    if undone is not None:
        return int(undone)
    values = {"text": row.text, "intent": row.intent, "by": storable(by), "undoes": correction_id}
    return _append(connection, values)


def drop_corrections(connection: Connection, ids: Iterable[int]) -> None:
    """Delete corrections for good; an undo without words stays, so that a running server unlearns them."""
    _lock(connection)
    for correction_id in ids:
        gone = (corrections.c.id == correction_id) | (corrections.c.undoes == correction_id)
        connection.execute(delete(corrections).where(gone))
        _append(connection, {"undoes": correction_id})


def corrections_since(connection: Connection, after_id: int) -> list[Correction]:
    """Everything appended after that id in order: corrections, and undos of earlier ones."""
    query = select(corrections).where(corrections.c.id > after_id).order_by(corrections.c.id)
    return [_correction_from(row) for row in connection.execute(query)]


def standing_corrections(connection: Connection, after_id: int) -> list[Correction]:
    """Those that hold today: neither undone nor an undo."""
    return _standing(connection, corrections.c.id > after_id)


def standing_corrections_of(connection: Connection, message_ids: Sequence[int]) -> list[Correction]:
    """Those of these messages that hold today."""
    return _standing(connection, corrections.c.message_id.in_(message_ids))


def stands() -> ColumnElement[bool]:
    """Whether a row is a correction that holds today."""
    undone = select(corrections.c.undoes).where(corrections.c.undoes.is_not(None))
    return and_(corrections.c.undoes.is_(None), corrections.c.id.not_in(undone))


def _standing(connection: Connection, which: ColumnElement[bool]) -> list[Correction]:
    query = select(corrections).where(which, stands()).order_by(corrections.c.id)
    return [_correction_from(row) for row in connection.execute(query)]


def _append(connection: Connection, values: dict[str, Any]) -> int:
    _lock(connection)
    tell(connection, "memory")
    statement = insert(corrections).values({"message_id": null(), "at": now()} | values)
    return int(connection.execute(statement.returning(corrections.c.id)).scalar_one())


def _lock(connection: Connection) -> None:
    """Let one transaction at a time append: PostgreSQL hands out ids before commits, and a reader that follows
    them could step over one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE corrections IN EXCLUSIVE MODE"))


def _find(connection: Connection, correction_id: int) -> Row[Any] | None:
    query = select(corrections).where(corrections.c.id == correction_id)
    return connection.execute(query).one_or_none()


def _is_missing(connection: Connection, message_id: int) -> bool:
    query = select(messages.c.id).where(messages.c.id == message_id)
    return connection.execute(query).one_or_none() is None


def _correction_from(row: Row[Any]) -> Correction:
    return Correction(
        id=row.id,
        text=row.text,
        intent=row.intent,
        by=row.by,
        at=row.at,
        note=row.note,
        message_id=row.message_id,
        undoes=row.undoes,
        answer_id=row.answer_id,
    )
