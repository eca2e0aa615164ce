"""Texts that staff keep for their replies."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from bot.store.audit import write_audit
from bot.store.databases.database import Database
from bot.store.databases.locks import one_at_a_time
from bot.store.errors import StoreError
from bot.store.tables.staff_work import canned_answers
from bot.store.values import storable


class ShortcutTaken(StoreError):
    """Another text has that shortcut in that language."""


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """A text with names in braces to be filled in ({customer}, {order_number}); `language` is "" for any."""

    id: int
    shortcut: str
    language: str
    text: str


class Canned:
    """The kept texts, one transaction a call; `Store.canned`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[CannedAnswer]:
        """By shortcut."""
        return await self._database.read(_all)

    async def keep(self, number: int | None, shortcut: str, language: str, text: str, by: int) -> None:
        """Add one, or change the one of that number. Raises ShortcutTaken."""
        await self._database.write(_keep, number, shortcut, language, text, by)

    async def remove(self, number: int, by: int) -> None:
        await self._database.write(_remove, number, by)


def _all(connection: Connection) -> list[CannedAnswer]:
    query = select(canned_answers).order_by(canned_answers.c.shortcut, canned_answers.c.language)
    return [CannedAnswer(*row) for row in connection.execute(query)]


def _keep(
    connection: Connection, number: int | None, shortcut: str, language: str, text: str, by: int
) -> None:
    one_at_a_time(connection, canned_answers)
    same = select(canned_answers.c.id).where(
        canned_answers.c.shortcut == shortcut, canned_answers.c.language == language
    )
    taken = connection.execute(same).scalar_one_or_none()
    if taken is not None and taken != number:
        raise ShortcutTaken(f"the shortcut {shortcut!r} is taken")
    values = {"shortcut": shortcut, "language": language, "text": storable(text)}
    if number is None:
        connection.execute(insert(canned_answers).values(values))
        write_audit(connection, by, "canned_added", shortcut)
    elif connection.execute(
        update(canned_answers).where(canned_answers.c.id == number).values(values)
    ).rowcount:
        write_audit(connection, by, "canned_changed", shortcut)


def _remove(connection: Connection, number: int, by: int) -> None:
    gone = delete(canned_answers).where(canned_answers.c.id == number).returning(canned_answers.c.shortcut)
    shortcut = connection.execute(gone).scalar_one_or_none()
    if shortcut is not None:
        write_audit(connection, by, "canned_removed", shortcut)
