"""Insert a row unless it is there: the one statement the two databases spell differently."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(
    connection: Connection, table: Table, values: dict[str, Any], key: tuple[str, ...]
) -> int | None:
    """Insert a row unless one with the same `key` columns is there; the new row's id, None if there was one."""
    statement = _statement(connection, table, values, key).returning(table.c.id)
    row_id: int | None = connection.execute(statement).scalar_one_or_none()
    return row_id


def insert_if_new(connection: Connection, table: Table, values: dict[str, Any], key: tuple[str, ...]) -> None:
    """The same for a table whose rows have no id."""
    connection.execute(_statement(connection, table, values, key))


def _statement(connection: Connection, table: Table, values: dict[str, Any], key: tuple[str, ...]) -> Any:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).values(values).on_conflict_do_nothing(index_elements=key)
