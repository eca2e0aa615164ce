"""What became of the answers: changes by staff, and how customers took them; one transaction a call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bot.store.audit import write_audit
from bot.store.databases.database import Database
from bot.store.inbox.views import Person
from bot.store.insights import answer_usage
from bot.store.insights.answer_usage import Given, Usage
from bot.store.labels.labels import add_correction
from bot.store.peers.news import tell
from bot.store.tables.accounts import staff
from bot.store.tables.staff_work import answer_changes
from bot.store.values import now, storable

MAX_CHANGES = 50  # of one answer that are shown


@dataclass(frozen=True, slots=True)
class NewChange:
    """An answer's entry before and after, None where there is none; `action` is what the audit log calls it.
    `examples` are what customers ask it with, to be learned for its intent."""

    answer_id: str
    file: str
    before: str | None
    after: str | None
    action: str
    intent: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A change as it was kept; `by` None where nobody is known."""

    id: int
    at: datetime
    by: Person | None
    answer_id: str
    file: str
    before: str | None
    after: str | None


class Answers:
    """The side of the log that answers are judged and edited with; `Store.answers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, change: NewChange, by: Person, publish: Callable[[], None]) -> None:
        """Keep a change with its entry in the audit log, then have `publish` put it into the files: what that raises
        leaves nothing kept."""
        await self._database.write(_record, change, by, publish)

    async def changes(self, answer_id: str) -> list[AnswerChange]:
        """Those of an answer, the newest first."""
        return await self._database.read(_changes, answer_id)

    async def change(self, change_id: int) -> AnswerChange | None:
        return await self._database.read(_change, change_id)

    async def usage(self, answer_ids: Sequence[str], since: datetime) -> dict[str, Usage]:
        """How often each of these was given since then and what came of it; see bot/store/insights/answer_usage.py."""
        return await self._database.read(answer_usage.usage_since, answer_ids, since)

    async def latest_given(self, answer_id: str, limit: int = 10) -> list[Given]:
        """The newest messages that got an answer."""
        return await self._database.read(answer_usage.latest_given, answer_id, limit)

    async def log_begins(self) -> datetime | None:
        """When the first message was written."""
        return await self._database.read(answer_usage.log_begins)


def _record(connection: Connection, change: NewChange, by: Person, publish: Callable[[], None]) -> None:
    values = {
        "at": now(),
        "staff_id": by.id,
        "answer_id": change.answer_id,
        "file": change.file,
        "before": change.before and storable(change.before),
        "after": change.after and storable(change.after),
    }
    connection.execute(insert(answer_changes).values(values))
    write_audit(connection, by.id, change.action, change.answer_id, file=change.file)
    for text in change.examples:
        add_correction(connection, text, change.intent, by.name, "", None)
    tell(connection, "answers")
    publish()


def _changes(connection: Connection, answer_id: str) -> list[AnswerChange]:
    query = _joined().where(answer_changes.c.answer_id == answer_id)
    rows = connection.execute(query.order_by(answer_changes.c.id.desc()).limit(MAX_CHANGES))
    return [_change_from(row) for row in rows]


def _change(connection: Connection, change_id: int) -> AnswerChange | None:
    row = connection.execute(_joined().where(answer_changes.c.id == change_id)).one_or_none()
    return None if row is None else _change_from(row)


def _joined() -> Any:
    named = (staff.c.name, staff.c.email)
    return select(answer_changes, *named).outerjoin(staff, staff.c.id == answer_changes.c.staff_id)


def _change_from(row: Row[Any]) -> AnswerChange:
    by = Person(row.staff_id, row.name or row.email) if row.staff_id is not None else None
    return AnswerChange(row.id, row.at, by, row.answer_id, row.file, row.before, row.after)
