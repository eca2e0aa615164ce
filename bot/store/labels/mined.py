"""Changes of what was mined from transcripts, which stands in files: here is who made them."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot.store.audit import write_audit
from bot.store.databases.database import Database

T = TypeVar("T")


class MinedLog:
    """The side of the audit log that tells of mined intents; `Store.mined`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, action: str, target: str, by: int, publish: Callable[[], T], **details: Any) -> T:
        """Note a change, then have `publish` make it and give what it gives: what it raises leaves nothing noted."""
        return await self._database.write(_record, action, target, by, publish, details)


def _record(
    connection: Connection,
    action: str,
    target: str,
    by: int,
    publish: Callable[[], T],
    details: dict[str, Any],
) -> T:
    write_audit(connection, by, action, target, **details)
    return publish()
