"""Changes none of which needs the outcome of another.

PostgreSQL gets them in one statement, as parts of its `WITH`: on a busy machine each statement costs a change from the desk's
process to its own and back, more than most of them take to be carried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    Connection,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    literal,
    select,
    update,
)

ROW = "row_id"


@dataclass(frozen=True, slots=True)
class Added:
    """A new row."""

    table: Table
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """Other values for the row with that id."""

    table: Table
    id: int
    values: Mapping[str, Any]


def change_together(connection: Connection, changes: Sequence[Added | Changed]) -> int | None:
    """Carry them out; the id of the row that was added to a table whose rows have ids, which at most one of them is."""
    if connection.dialect.name == "postgresql":
        return _at_once(connection, changes)
    row_id = None
    for one in changes:
        if isinstance(one, Changed):
            connection.execute(_update(one.table), {ROW: one.id, **one.values})
        elif "id" in one.table.c:
            row_id = int(connection.execute(_insert(one.table), one.values).scalar_one())
        else:
            connection.execute(_insert(one.table), one.values)
    return row_id


@cache
def _insert(table: Table) -> Insert:
    statement = insert(table)
    return statement.returning(table.c.id) if "id" in table.c else statement


@cache
def _update(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam(ROW))


def _at_once(connection: Connection, changes: Sequence[Added | Changed]) -> int | None:
    shapes = tuple((one.table, isinstance(one, Changed), tuple(one.values)) for one in changes)
    values: dict[str, Any] = {}
    for number, one in enumerate(changes):
        values |= {_name(number, column): value for column, value in one.values.items()}
        if isinstance(one, Changed):
            values[_name(number, ROW)] = one.id
    row_id: int | None = connection.execute(_statement(shapes), values).scalar()
    return row_id


@cache
def _statement(shapes: tuple[tuple[Table, bool, tuple[str, ...]], ...]) -> Select[Any]:
    parts: list[CTE] = []
    added: CTE | None = None
    for number, (table, is_changed, columns) in enumerate(shapes):
        values = {name: _parameter(table, number, name) for name in columns}
        if is_changed:
            row = bindparam(_name(number, ROW), type_=table.c.id.type)
            parts.append(update(table).where(table.c.id == row).values(values).cte(f"part_{number}"))
            continue
        statement: Any = insert(table).values(values)
        if "id" in table.c:
            added = statement.returning(table.c.id).cte(f"part_{number}")
        else:
            parts.append(statement.cte(f"part_{number}"))
    outcome: Select[Any] = select(literal(None) if added is None else added.c.id)
    return outcome.add_cte(*parts)


def _parameter(table: Table, number: int, column: str) -> BindParameter[Any]:
    return bindparam(_name(number, column), type_=table.c[column].type)


def _name(number: int, column: str) -> str:
    return f"{column}_of_{number}"
