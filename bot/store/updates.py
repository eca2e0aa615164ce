"""Updates a channel accepted: stored before they are acknowledged, emptied once they are handled."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, null, select, update

from bot.store.ages import is_older
from bot.store.databases.upsert import insert_new
from bot.store.records import StoredUpdate
from bot.store.tables.log import updates
from bot.store.values import now

CLOSED = update(updates).values(payload=null())  # and when
_FINISHED = CLOSED.where(
    updates.c.channel == bindparam("of_channel"), updates.c.update_id == bindparam("with_id")
).values(finished_at=bindparam("finished_at"))


def record_updates(
    connection: Connection, channel: str, received: Sequence[tuple[str, dict[str, Any]]]
) -> list[str]:
    """Store the updates not seen before; their ids, in the order given."""
    new = []
    for update_id, payload in received:
        values = {"channel": channel, "update_id": update_id, "payload": payload, "received_at": now()}
        if insert_new(connection, updates, values, ("channel", "update_id")) is not None:
            new.append(update_id)
    return new


def open_updates(connection: Connection, channel: str, left_for: timedelta) -> list[StoredUpdate]:
    query = select(updates).where(updates.c.channel == channel, updates.c.finished_at.is_(None))
    if left_for:
        query = query.where(is_older(updates.c.received_at, left_for))
    rows = connection.execute(query.order_by(updates.c.id))
    return [StoredUpdate(row.update_id, row.payload) for row in rows]


def finish_update(connection: Connection, channel: str, update_id: str) -> None:
    """Close an update; its id stays, to know it again, its content goes: the turn has what matters."""
    if update_id:
        closed = {"of_channel": channel, "with_id": update_id, "finished_at": now()}
        connection.execute(_FINISHED, closed)
