"""Rules about a whole table hold only where one transaction at a time follows them."""

from sqlalchemy import Connection, Table, text


def one_at_a_time(connection: Connection, table: Table) -> None:
    """Wait until no other transaction that asked for this table is under way; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
