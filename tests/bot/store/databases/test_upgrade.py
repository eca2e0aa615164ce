"""A database of every earlier version, with a row in every table, becomes one of this version."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, DateTime, MetaData, Table, insert, inspect, select

from bot.store.databases.database import open_database
from bot.store.databases.migrate import revision_of, revisions, upgrade
from bot.store.store import Store
from bot.store.tables.log import messages
from bot.store.tables.schema import metadata
from tests.bot.store.filled import KEY, mark, row_of
from tests.bot.store.told import message, tell

Rows = dict[str, Mapping[str, Any]]
EARLIER = revisions()[:0:-1]


def old_tables(connection: Connection) -> list[Table]:
    names = [
        name
        for name in inspect(connection).get_table_names()
        if not name.startswith(("alembic", "message_words"))
    ]
    found = MetaData()
    found.reflect(connection, only=names)
    return found.sorted_tables


def fill(connection: Connection, version: str) -> Rows:
    """Make the tables of a version, a row in each; the rows as they were stored."""
    upgrade(connection, version)
    tables = old_tables(connection)
    for table in tables:
        row = {
            name: value
            for name, value in row_of(metadata.tables[table.name]).items()
            if name in table.columns
        }
        is_sqlite = connection.dialect.name == "sqlite"
        for column in table.columns:
            if is_sqlite and isinstance(column.type, DateTime) and row.get(column.name) is not None:
                row[column.name] = row[column.name].replace(tzinfo=None)
        if not connection.execute(select(table)).first():
            connection.execute(insert(table).values(row))
    return rows_of(connection, tables)


def rows_of(connection: Connection, tables: list[Table]) -> Rows:
    return {table.name: dict(connection.execute(select(table)).mappings().one()) for table in tables}


@pytest.mark.parametrize("version", EARLIER)
async def test_the_rows_of_every_earlier_version_are_kept_and_read(empty_url: str, version: str) -> None:
    database = await open_database(empty_url, exclusive=True, as_it_is=True)
    before = await database.write(fill, version)
    assert await database.read(revision_of) == version
    await database.close()
    async with await Store.open(empty_url) as store:
        assert await store._database.read(revision_of) == revisions()[0]
        after = await store._database.read(lambda connection: rows_of_all(connection, before))
        for table, row in before.items():
            assert {name: after[table][name] for name in row} == row, table
        [said] = await store.transcript(KEY)
        assert said.text == mark(messages, messages.c.text)
        customer = await store.customers.find(KEY)
        assert customer is not None
        await tell(store, message(chat="8"))
        assert len(await store.transcript("telegram:8")) == 2


def rows_of_all(connection: Connection, before: Rows) -> Rows:
    return rows_of(connection, [table for table in old_tables(connection) if table.name in before])


def test_there_are_earlier_versions() -> None:
    assert EARLIER[0] == "0001"
    assert len(EARLIER) >= 5
