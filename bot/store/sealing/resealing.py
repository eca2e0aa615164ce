"""All words of a database are brought to the state its keys ask for: sealed with the first key, or with none.

In steps of BATCH rows, each a transaction. Broken off anywhere, the next run finds what is left: a value says itself
how it is sealed."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, cast, func, select, text, tuple_, update

from bot.store.databases.database import Database
from bot.store.inbox.search import purge
from bot.store.sealing.columns import SealedJson, SealedText, keyring_of
from bot.store.sealing.in_use import keep_only
from bot.store.sealing.keyring import SEALED
from bot.store.tables.schema import metadata

BATCH = 500  # rows
NOTHING = (None, "", "[]", "{}", "null")  # is never sealed

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """So many rows of a table were looked at, so many of them written anew; `after` is the last one's key."""

    rows: int
    changed: int
    after: Key | None


class Sealing:
    """What is sealed, and with which key; `Store.sealing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def key_id(self) -> str | None:
        """Of the key that words are sealed with; None where they aren't."""
        return await self._database.read(_key_id)

    async def count(self, table: Table) -> int:
        query = select(func.count()).select_from(table)
        return await self._database.read(lambda found: int(found.execute(query).scalar_one()))

    async def begin(self, *, is_off: bool) -> None:
        """Seal from now on and leave no words in the index of the search; or with `is_off` only open from now on."""
        if is_off:
            keyring = await self._database.read(lambda found: keyring_of(found.dialect))
            self._database.use_keys(None if keyring is None else replace(keyring, seals=False))
        else:
            await self._database.write(_drop_index)

    async def step(self, table: Table, after: Key | None) -> Step:
        """Bring some rows, those above the key `after`, to the state that was begun."""
        return await self._database.write(_step, table, after)

    async def end(self) -> None:
        """All is done: other keys are needed no longer, and the files keep no traces of what was before."""
        await self._database.write(lambda found: keep_only(found, _key_id(found)))
        await self._database.erase_traces(rewrite=True)


def sealed_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, SealedText | SealedJson)]


def sealed_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if sealed_columns(table)]


def _key_id(connection: Connection) -> str | None:
    keyring = keyring_of(connection.dialect)
    return keyring.ids[0] if keyring is not None and keyring.seals else None


def _drop_index(connection: Connection) -> None:
    connection.execute(text("DELETE FROM message_words"))
    purge(connection)


def _step(connection: Connection, table: Table, after: Key | None) -> Step:
    keys, columns = list(table.primary_key.columns), sealed_columns(table)
    stored = [cast(column, Text).label(f"stored_{column.name}") for column in columns]
    query = select(*keys, *columns, *stored).order_by(*keys).limit(BATCH).with_for_update()
    if after is not None:
        query = query.where(tuple_(*keys) > after)
    key_id, changed = _key_id(connection), 0
    rows = [row._mapping for row in connection.execute(query).all()]
    for row in rows:
        wrong = [one for one in columns if not _is_right(row[f"stored_{one.name}"], key_id)]
        if wrong:
            which = [key == row[key.name] for key in keys]
            values = {one.name: row[one.name] for one in wrong}
            connection.execute(update(table).where(*which).values(values))
            changed += 1
    last = tuple(rows[-1][key.name] for key in keys) if rows else None
    return Step(len(rows), changed, last)


def _is_right(stored: str | None, key_id: str | None) -> bool:
    """Whether a stored value is sealed with that key, or isn't sealed where there is none."""
    if stored in NOTHING:
        return True
    value = str(stored).removeprefix('"')
    return not value.startswith(SEALED) if key_id is None else value.startswith(f"{SEALED}{key_id}:")
