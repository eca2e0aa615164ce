"""What staff marked in customers' messages: the right entities, in place of those that were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from bot.store.databases.upsert import insert_if_new
from bot.store.errors import StoreError
from bot.store.peers.news import tell
from bot.store.records import LoggedEntity
from bot.store.tables.labels import entity_labels
from bot.store.tables.log import messages, understandings
from bot.store.values import now, storable


class BadSpan(StoreError):
    """Marks that lie outside the text, or over each other."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The characters [start, end) of a message are an entity of that type."""

    start: int
    end: int
    label: str


def mark_entities(connection: Connection, message_id: int, marks: Sequence[Mark], by: str) -> None:
    """The entities of a message, in place of those it had. Raises BadSpan."""
    text = connection.execute(select(messages.c.text).where(messages.c.id == message_id)).scalar_one()
    end = 0
    for mark in sorted(marks, key=lambda one: one.start):
        if not end <= mark.start < mark.end <= len(text) or not text[mark.start : mark.end].strip():
            raise BadSpan(
                f"met {mark.start} to {mark.end} of {len(text)} characters; wanted spans of the text that don't overlap"
            )
        end = mark.end
    rows = [
        {"start": one.start, "end": one.end, "label": one.label}
        for one in sorted(marks, key=lambda one: one.start)
    ]
    drop_marks(connection, [message_id])
    values = {"message_id": message_id, "entities": rows, "by": storable(by), "at": now()}
    insert_if_new(connection, entity_labels, values, ("message_id",))
    tell(connection, "memory")


def drop_marks(connection: Connection, message_ids: Sequence[int]) -> None:
    """Take them back: what was found counts again."""
    if connection.execute(delete(entity_labels).where(entity_labels.c.message_id.in_(message_ids))).rowcount:
        tell(connection, "memory")


def marked_in(
    connection: Connection, message_ids: Sequence[int]
) -> dict[int, tuple[tuple[LoggedEntity, ...], str]]:
    """The marks of messages, and by whom."""
    query = _with_found().where(entity_labels.c.message_id.in_(message_ids))
    return {
        row.message_id: (as_entities(row.marked, row.text, found_in(row)), row.by)
        for row in connection.execute(query)
    }


def as_entities(
    rows: Sequence[dict[str, Any]], text: str, found: Sequence[dict[str, Any]]
) -> tuple[LoggedEntity, ...]:
    """As an understanding has them; the value is what was written, or that of the same one where it was `found`."""
    values = {_place(one): str(one["value"]) for one in found}
    entities = []
    for row in rows:
        said = text[row["start"] : row["end"]]
        value = values.get(_place(row), said)
        entities.append(LoggedEntity(row["label"], row["start"], row["end"], said, value))
    return tuple(entities)


def version(connection: Connection) -> tuple[int, str]:
    """Changes whenever a mark is made or taken back."""
    query = select(func.count(), func.max(entity_labels.c.at))
    n, newest = connection.execute(query).one()
    return int(n), str(newest)


def marked_names(connection: Connection) -> dict[str, str]:
    """All that was marked and not found already, as written -> its type; of several for one the newest."""
    names = {}
    for row in connection.execute(_with_found().order_by(entity_labels.c.at)):
        known = {_place(one) for one in found_in(row)}
        for mark in row.marked:
            if _place(mark) not in known:
                names[row.text[mark["start"] : mark["end"]].strip()] = str(mark["label"])
    return names


def _with_found() -> Select[Any]:
    """Marks beside what the release found; of an edited message that was in other words, see `found_in`."""
    return (
        select(
            entity_labels.c.message_id,
            entity_labels.c.by,
            entity_labels.c.entities.label("marked"),
            messages.c.text,
            understandings.c.entities.label("found"),
            messages.c.versions,
        )
        .join(messages, messages.c.id == entity_labels.c.message_id)
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
    )


def found_in(row: Row[Any]) -> Sequence[dict[str, Any]]:
    """What the release found in the words as they are: nothing where they were edited since."""
    return () if row.versions else tuple(row.found or ())


def _place(entity: dict[str, Any]) -> tuple[int, int, str]:
    return entity["start"], entity["end"], entity["label"]
