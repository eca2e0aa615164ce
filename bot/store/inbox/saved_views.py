"""Lists and searches that staff keep under a name, for themselves or for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from bot.store.audit import write_audit
from bot.store.databases.database import Database
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.inbox.finding import Asked
from bot.store.inbox.lists import count_found, count_of_view
from bot.store.inbox.search import LARGEST_ID, find_messages
from bot.store.inbox.views import View
from bot.store.tables.accounts import audit, staff
from bot.store.tables.staff_work import saved_views
from bot.store.values import now, storable

MAX_VIEWS = 30  # of one person
LOOKED_THROUGH = 1000  # messages, when a customer is forgotten


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list, or what is searched for, under a name. `filters` are the parts of `asked` that were filters when it was
    saved; `owner` is whose it is."""

    id: int
    staff_id: int
    owner: str
    name: str
    view: str
    asked: str
    filters: tuple[str, ...]
    is_shared: bool


class SavedViews:
    """The side of the log that keeps them; `Store.saved_views`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, staff_id: int) -> list[SavedView]:
        """Their own by name, then those that others share."""
        return await self._database.read(_of, staff_id)

    async def find(self, view_id: int, staff_id: int) -> SavedView | None:
        """One that this person may open; None where there is none."""
        return next((one for one in await self.of(staff_id) if one.id == view_id), None)

    async def save(
        self, staff_id: int, name: str, view: View, asked: str, filters: Sequence[str], *, is_shared: bool
    ) -> int | None:
        """Keep one; its id, None where this person has one of that name. Raises StoreError past MAX_VIEWS."""
        values = {"name": storable(name), "view": view, "asked": storable(asked), "filters": list(filters)}
        return await self._database.write(_save, staff_id, values | {"is_shared": is_shared})

    async def rename(self, view: SavedView, name: str, by: int) -> bool:
        """False where its owner has another of that name."""
        return await self._database.write(_rename, view, storable(name), by)

    async def share(self, view: SavedView, by: int, *, is_shared: bool) -> None:
        """Show it to all, or to its owner alone."""
        await self._database.write(_share, view, by, is_shared)

    async def delete(self, view: SavedView, by: int) -> None:
        await self._database.write(_delete, view, by)

    async def count(self, view: View, staff_id: int, wanted: Asked | None, *, limit: int) -> int:
        """How many conversations are in a view, or are found, `limit` at most."""
        if wanted is None:
            return await self._database.read(count_of_view, view, staff_id, limit)
        return await self._database.read(count_found, wanted, limit)


def drop_views_about(connection: Connection, message_ids: set[int], name: str) -> int:
    """Delete those that tell of one customer: whose words are in their messages and in nobody else's, or that have
    their whole name; how many. Their names leave the audit log, too. Before the words of the messages are forgotten."""
    gone, names = [], set[str]()
    for row in connection.execute(select(saved_views)):
        words = " ".join(part for part in row.asked.split() if part not in row.filters)
        found = find_messages(connection, words, before=LARGEST_ID, limit=LOOKED_THROUGH) if words else []
        is_named = _has_name(f"{row.name}\n{row.asked}", name)
        if is_named or (found and set(found) <= message_ids):
            gone.append(row.id)
            names.add(row.name)
    _drop_from_audit(connection, names, name)
    connection.execute(delete(saved_views).where(saved_views.c.id.in_(gone)))
    return len(gone)


def _has_name(said: str, name: str) -> bool:
    """Whether the whole name of a customer is in it; one word alone may be any word."""
    return " " in name and name.casefold() in said.casefold()


def _drop_from_audit(connection: Connection, names: set[str], customer: str) -> None:
    """Entries about views of these names, and of any with the customer's name, tell that there was one, not its name."""
    query = select(audit.c.id, audit.c.target, audit.c.details).where(audit.c.action.like("view_%"))
    said = [
        row.id
        for row in connection.execute(query)
        if {row.target, row.details.get("was")} & names
        or _has_name(f"{row.target}\n{row.details.get('was', '')}", customer)
    ]
    connection.execute(update(audit).where(audit.c.id.in_(said)).values(target="", details={}))


def _of(connection: Connection, staff_id: int) -> list[SavedView]:
    mine = saved_views.c.staff_id == staff_id
    query = (
        select(saved_views, staff.c.name.label("owner"), staff.c.email)
        .join(staff, staff.c.id == saved_views.c.staff_id)
        .where(or_(mine, saved_views.c.is_shared))
        .order_by((~mine), func.lower(saved_views.c.name), saved_views.c.id)
    )
    return [_view_from(row) for row in connection.execute(query)]


def _save(connection: Connection, staff_id: int, values: dict[str, Any]) -> int | None:
    query = select(func.count()).select_from(saved_views).where(saved_views.c.staff_id == staff_id)
    if connection.execute(query).scalar_one() >= MAX_VIEWS:
        raise StoreError(f"met {MAX_VIEWS} saved views of one person; wanted fewer: delete one first")
    values = values | {"staff_id": staff_id, "created_at": now()}
    number = insert_new(connection, saved_views, values, ("staff_id", "name"))
    if number is not None and values["is_shared"]:
        write_audit(connection, staff_id, "view_shared", values["name"])
    return number


def _rename(connection: Connection, view: SavedView, name: str, by: int) -> bool:
    same = select(saved_views.c.id).where(
        saved_views.c.staff_id == view.staff_id, saved_views.c.name == name, saved_views.c.id != view.id
    )
    if connection.execute(same).first() is not None:
        return False
    connection.execute(update(saved_views).where(saved_views.c.id == view.id).values(name=name))
    if view.is_shared:
        write_audit(connection, by, "view_renamed", name, was=view.name)
    return True


def _share(connection: Connection, view: SavedView, by: int, is_shared: bool) -> None:
    connection.execute(update(saved_views).where(saved_views.c.id == view.id).values(is_shared=is_shared))
    write_audit(connection, by, "view_shared" if is_shared else "view_unshared", view.name)


def _delete(connection: Connection, view: SavedView, by: int) -> None:
    connection.execute(delete(saved_views).where(saved_views.c.id == view.id))
    if view.is_shared:
        write_audit(connection, by, "view_deleted", view.name)


def _view_from(row: Row[Any]) -> SavedView:
    owner = row.owner or row.email
    filters = tuple(row.filters)
    return SavedView(row.id, row.staff_id, owner, row.name, row.view, row.asked, filters, row.is_shared)
