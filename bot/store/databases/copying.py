"""All rows of a database as lines of JSON, and back into another, of either kind.

Tables are taken as they are found, not as this version knows them: an older database is copied as it is, and upgraded
where it is put back. Values are copied as they are stored. The index for searches is made anew."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, DateTime, MetaData, Table, insert, inspect, select, text

from bot.store.databases.migrate import revision_of, revisions, upgrade
from bot.store.errors import StoreError
from bot.store.inbox.search import index_messages

LEFT_OUT = ("alembic_version", "message_words")  # and what SQLite keeps of the latter
ROWS = 500  # written at a time
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass(frozen=True, slots=True)
class Copied:
    """The version of the tables, None for an empty database, and by table the rows and the largest id ever given."""

    version: str | None
    rows: dict[str, int]
    last_ids: dict[str, int]


def copy_out(connection: Connection, write: Callable[[str, Iterable[str]], int]) -> Copied:
    """Hand each table's rows to `write`, a line each, which says how many there were; all of one moment."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(SNAPSHOT)
    version = revision_of(connection)
    tables = _tables(connection)
    rows = {table.name: write(table.name, _lines(connection, table)) for table in tables}
    last = {table.name: last_id for table in tables if (last_id := _last_id(connection, table))}
    return Copied(version, rows, last)


def copy_in(connection: Connection, copied: Copied, read: Callable[[str], Iterable[str]]) -> None:
    """Fill an empty database and bring it up to date, in the connection's transaction.

    Raises StoreError for a database with tables, rows of a newer kefu, or rows that don't fit its tables."""
    shown = connection.engine.url.render_as_string(hide_password=True)
    if revision_of(connection) is not None:
        raise StoreError(f"{shown}: has tables already; wanted an empty database to restore into")
    if copied.version is None:
        return
    if copied.version not in revisions():
        raise StoreError(
            f"the backup's tables are of version {copied.version}, this kefu knows up to {revisions()[0]}; "
            "restore it with the kefu that made it, or a newer one"
        )
    upgrade(connection, copied.version)
    tables = _tables(connection)
    if unknown := copied.rows.keys() - {table.name for table in tables}:
        raise StoreError(f"the backup has rows of {sorted(unknown)}, tables that are not known")
    for table in tables:
        connection.execute(table.delete())  # what the migrations put there is in the backup too
    for table in tables:
        if table.name in copied.rows:
            _fill(connection, table, read(table.name), copied.rows[table.name])
            _set_last_id(connection, table, copied.last_ids.get(table.name, 0))
    upgrade(connection)
    while index_messages(connection):
        pass


def _tables(connection: Connection) -> list[Table]:
    """Those with rows to copy, what others refer to first."""
    names = [name for name in inspect(connection).get_table_names() if not name.startswith(LEFT_OUT)]
    metadata = MetaData()
    metadata.reflect(connection, only=names)
    return metadata.sorted_tables


def _lines(connection: Connection, table: Table) -> Iterator[str]:
    # By their keys: rows refer to earlier ones of the same table.
    rows = connection.execute(
        select(table).order_by(*table.primary_key).execution_options(yield_per=ROWS)
    ).mappings()
    for row in rows:
        yield json.dumps(dict(row), ensure_ascii=False, default=_moment) + "\n"


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"a value of type {type(value).__name__} can't be copied")
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _fill(connection: Connection, table: Table, lines: Iterable[str], wanted: int) -> None:
    n_rows = 0
    rest = iter(lines)
    while some := list(islice(rest, ROWS)):
        rows = [_row(connection, table, json.loads(line)) for line in some]
        connection.execute(insert(table), rows)
        n_rows += len(rows)
    if n_rows != wanted:
        raise StoreError(f"the backup has {n_rows} rows of {table.name}, its list says {wanted}")


def _row(connection: Connection, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    if row.keys() != set(table.columns.keys()):
        raise StoreError(f"{table.name}: met a row with {sorted(row)}, wanted {sorted(table.columns.keys())}")
    found = dict(row)
    for column in table.columns:
        if isinstance(column.type, DateTime) and (value := found[column.name]) is not None:
            moment = datetime.fromisoformat(value)
            found[column.name] = (
                moment.replace(tzinfo=None) if connection.dialect.name == "sqlite" else moment
            )
    return found


def _last_id(connection: Connection, table: Table) -> int:
    """Ids of rows that were deleted are not given again."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar() or 0
    sequence = _sequence(connection, table)
    if sequence is None:
        return 0
    return connection.execute(text(f"SELECT last_value FROM {sequence} WHERE is_called")).scalar() or 0  # noqa: S608 - PostgreSQL's name


def _set_last_id(connection: Connection, table: Table, last_id: int) -> None:
    if not last_id:
        return
    if connection.dialect.name == "sqlite":
        values = {"name": table.name, "last": last_id}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
    elif (sequence := _sequence(connection, table)) is not None:
        connection.execute(text("SELECT setval(:name, :last)"), {"name": sequence, "last": last_id})


def _sequence(connection: Connection, table: Table) -> str | None:
    if "id" not in table.columns:
        return None
    query = text("SELECT pg_get_serial_sequence(:name, 'id')")
    found: str | None = connection.execute(query, {"name": table.name}).scalar()
    return found
