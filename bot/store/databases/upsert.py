"""Insert a row unless it is there, as each of the two databases spells it."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(
    connection: Connection, table: Table, values: dict[str, Any], key: tuple[str, ...]
) -> int | None:
    """Insert a row unless one with the same `key` columns is there; the new row's id, None if there was one."""
    statement = _returning_id(connection.dialect.name, table, key)
    row_id: int | None = connection.execute(statement, values).scalar_one_or_none()
    return row_id


def insert_if_new(connection: Connection, table: Table, values: dict[str, Any], key: tuple[str, ...]) -> None:
    """The same for a table whose rows have no id."""
    connection.execute(_statement(connection.dialect.name, table, key), values)


@cache
def _returning_id(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    return _statement(dialect, table, key).returning(table.c.id)


@cache
def _statement(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing(index_elements=key)
