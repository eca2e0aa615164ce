"""The audit log: who changed what, written in the transaction of the change."""

from typing import Any

from sqlalchemy import Connection, insert, select

from bot.store.staff.records import AuditEntry
from bot.store.tables.accounts import audit, staff
from bot.store.values import now, storable


def write_audit(
    connection: Connection, by: int | None, action: str, target: str = "", **details: Any
) -> None:
    """Note an action of a member of staff, None for the command line; `details` are values JSON knows."""
    values = {
        "at": now(),
        "staff_id": by,
        "action": action,
        "target": storable(target),
        "details": {
            name: storable(value) if isinstance(value, str) else value for name, value in details.items()
        },
    }
    connection.execute(insert(audit).values(values))


def read_audit(connection: Connection, before_id: int | None, limit: int) -> list[AuditEntry]:
    """The newest entries first, those with ids below `before_id`."""
    query = (
        select(audit, staff.c.email.label("by"))
        .outerjoin(staff, staff.c.id == audit.c.staff_id)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(audit.c.id < before_id)
    return [
        AuditEntry(row.id, row.at, row.by or "", row.action, row.target, row.details)
        for row in connection.execute(query)
    ]
