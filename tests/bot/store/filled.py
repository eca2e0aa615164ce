"""One customer with a row in every table and a word of their own in every column, by the schema alone."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, Float, Integer, Table, insert
from sqlalchemy.sql.type_api import TypeEngine

from bot.store.sealing.columns import SealedJson
from bot.store.tables.columns import UtcDateTime
from bot.store.tables.schema import metadata
from bot.store.tables.sealing import sealing_keys
from bot.store.values import now

WHO = 880077
KEY = f"telegram:{WHO}"
# What has a meaning to the desk and so can't be any word.
FIXED: dict[str, Any] = {
    "customers.key": KEY,
    "customers.forgotten_at": None,
    "conversations.key": KEY,
    "messages.speaker": "customer",
    "messages.channel": "telegram",
    "messages.delivery": "pending",
    "feedback.by": KEY,
    "corrections.undoes": None,
    "updates.channel": "telegram",
    "updates.finished_at": None,
    "staff.role": "agent",
    "topics.status": "waiting",
    "dismissed_proposals.message_ids": [1],
}


def mark(table: Table, column: Column[Any]) -> str:
    return f"mark-{table.name}-{column.name}-krams".replace("_", "-")


def fill(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if table is not sealing_keys:  # a database isn't opened without its keys
            connection.execute(insert(table).values(row_of(table)))


def row_of(table: Table) -> dict[str, Any]:
    values = {}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if name in FIXED:
            values[column.name] = FIXED[name]
        elif column.foreign_keys:
            [link] = column.foreign_keys
            values[column.name] = None if link.column.table is table else 1
        elif column.name != "id" or not column.primary_key:
            values[column.name] = _value(name, column.type, mark(table, column))
    if table.name == "retraining_schedule":
        values["id"] = 1
    return values


def _value(name: str, kind: TypeEngine[Any], word: str) -> Any:
    if isinstance(kind, UtcDateTime):
        return now()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | BigInteger):
        return 1
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, JSON | SealedJson):
        return _json(name, word)
    return word


def _json(name: str, word: str) -> Any:
    match name:
        case "messages.versions":
            return [{"text": word, "until": "2026-03-02T09:14:00+00:00"}]
        case "messages.buttons" | "drafts.buttons":
            return [{"label": word, "payload": word}]
        case "understandings.entities":
            return [{"label": "x", "start": 0, "end": 4, "text": word, "value": word, "source": "model"}]
        case "updates.payload":
            return {"message": {"from": {"id": WHO}, "text": word}}
        case _:
            return [word]


def marks_of(table: Table) -> set[str]:
    """The words that stand in its row."""
    return {mark(table, column) for column in table.columns if mark(table, column) in repr(row_of(table))}
