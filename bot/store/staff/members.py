"""Members of staff: added, found, changed, disabled."""

import re
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from bot.store.audit import write_audit
from bot.store.databases.locks import one_at_a_time
from bot.store.errors import StoreError
from bot.store.staff.invitations import withdraw_made_by, withdraw_meant_for
from bot.store.staff.records import Credentials, Role, Staff, StaffSession
from bot.store.staff.sessions import find_session, revoke_sessions
from bot.store.tables.accounts import staff, staff_sessions
from bot.store.values import now, storable

MAX_EMAIL = 254  # characters; RFC 5321
_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+")


class StaffUnknown(StoreError):
    """There is nobody of that id or e-mail address."""


class EmailTaken(StoreError):
    """Somebody has an account with that e-mail address."""


class LastAdmin(StoreError):
    """Without this account nobody could administer the desk."""


def as_email(text: str) -> str:
    """An e-mail address as it is stored and looked up."""
    return storable(text.strip().lower())


def is_email(text: str) -> bool:
    """Whether it has the shape of an address; whether it is somebody's, nobody knows."""
    return len(text.strip()) <= MAX_EMAIL and _EMAIL.fullmatch(text.strip()) is not None


def add_staff(
    connection: Connection, email: str, name: str, role: Role, password_hash: str | None, by: int | None
) -> int:
    """Add somebody; their id. Raises EmailTaken."""
    staff_id = insert_staff(connection, email, name, role, password_hash)
    write_audit(connection, by, "added", as_email(email), role=role)
    return staff_id


def insert_staff(connection: Connection, email: str, name: str, role: Role, password_hash: str | None) -> int:
    """The row alone, for transactions that note something else than "added"."""
    one_at_a_time(connection, staff)
    if find_by_email(connection, email) is not None:
        raise EmailTaken(f"{as_email(email)!r} has an account already")
    values = {
        "email": as_email(email),
        "name": storable(name.strip()),
        "role": role,
        "password_hash": password_hash,
        "created_at": now(),
    }
    return int(connection.execute(insert(staff).values(values).returning(staff.c.id)).scalar_one())


def is_anybody_there(connection: Connection) -> bool:
    """Whether there is any account at all, disabled ones included."""
    return connection.execute(select(staff.c.id).limit(1)).one_or_none() is not None


def find_staff(connection: Connection, staff_id: int) -> Staff | None:
    row = connection.execute(_people().where(staff.c.id == staff_id)).one_or_none()
    return None if row is None else staff_from(row)


def find_by_email(connection: Connection, email: str) -> Staff | None:
    row = connection.execute(_people().where(staff.c.email == as_email(email))).one_or_none()
    return None if row is None else staff_from(row)


def find_credentials(connection: Connection, email: str) -> Credentials | None:
    """What an account that isn't disabled is opened with."""
    query = _people().where(staff.c.email == as_email(email), staff.c.disabled_at.is_(None))
    row = connection.execute(query).one_or_none()
    return (
        None
        if row is None
        else Credentials(staff_from(row), row.password_hash, row.totp_secret, row.totp_step)
    )


def find_signed_in(connection: Connection, token: str) -> tuple[Staff, StaffSession] | None:
    """Who the token of a session belongs to."""
    session = find_session(connection, token)
    owner = None if session is None else find_staff(connection, session.staff_id)
    return None if session is None or owner is None else (owner, session)


def list_staff(connection: Connection) -> list[Staff]:
    """Everybody, those who may sign in first, by e-mail address."""
    query = _people().order_by(staff.c.disabled_at.is_not(None), staff.c.email)
    return [staff_from(row) for row in connection.execute(query)]


def rename(connection: Connection, staff_id: int, name: str, by: int | None) -> None:
    _change(connection, staff_id, name=storable(name.strip()))
    write_audit(connection, by, "renamed", _known(connection, staff_id).email)


def change_role(connection: Connection, staff_id: int, role: Role, by: int | None) -> None:
    """Raises LastAdmin, StaffUnknown."""
    one_at_a_time(connection, staff)
    before = _known(connection, staff_id)
    if before.role == role:
        return
    _check_admin_left(connection, before)
    _change(connection, staff_id, role=role)
    withdraw_made_by(connection, staff_id)  # only admins invite
    write_audit(connection, by, "role_changed", before.email, was=before.role, role=role)


def disable(connection: Connection, staff_id: int, by: int | None) -> None:
    """Close an account: its sessions and links end at once. Raises LastAdmin, StaffUnknown."""
    one_at_a_time(connection, staff)
    met = _known(connection, staff_id)
    if met.disabled_at is not None:
        return
    _check_admin_left(connection, met)
    _change(connection, staff_id, disabled_at=now())
    revoke_sessions(connection, staff_id)
    withdraw_made_by(connection, staff_id)
    withdraw_meant_for(connection, met.email)
    write_audit(connection, by, "disabled", met.email)


def enable(connection: Connection, staff_id: int, by: int | None) -> None:
    """Open a disabled account again, with the password it had."""
    met = _known(connection, staff_id)
    if met.disabled_at is not None:
        _change(connection, staff_id, disabled_at=None)
        write_audit(connection, by, "enabled", met.email)


def set_password(
    connection: Connection, staff_id: int, password_hash: str, by: int | None, *, keep: int | None = None
) -> None:
    """A new password: sessions end, but for the one to `keep`, and so do links to set one."""
    email = _known(connection, staff_id).email
    _change(connection, staff_id, password_hash=password_hash)
    revoke_sessions(connection, staff_id, keep)
    withdraw_meant_for(connection, email)
    write_audit(connection, by, "password_changed", email)


def rehash_password(connection: Connection, staff_id: int, was: str, password_hash: str) -> None:
    """The same password under newer parameters, unless it was changed meanwhile."""
    mine = (staff.c.id == staff_id) & (staff.c.password_hash == was)
    connection.execute(update(staff).where(mine).values(password_hash=password_hash))


def set_second_factor(
    connection: Connection, staff_id: int, secret: str | None, step: int | None, by: int | None
) -> None:
    """Turn it on with the time step of the code that confirmed it, or off with None."""
    _change(connection, staff_id, totp_secret=secret, totp_step=step)
    action = "second_factor_off" if secret is None else "second_factor_on"
    write_audit(connection, by, action, _known(connection, staff_id).email)


def use_totp_step(connection: Connection, staff_id: int, step: int) -> bool:
    """Take a code's time step; False where one as new was taken before."""
    is_new = staff.c.totp_step.is_(None) | (staff.c.totp_step < step)
    statement = update(staff).where(staff.c.id == staff_id, is_new).values(totp_step=step)
    return connection.execute(statement).rowcount == 1


def reset_second_factor(connection: Connection, staff_id: int, by: int | None) -> None:
    """For somebody whose device is gone: the second factor is off, and what it opened is closed."""
    email = _known(connection, staff_id).email
    _change(connection, staff_id, totp_secret=None, totp_step=None)
    revoke_sessions(connection, staff_id)
    write_audit(connection, by, "second_factor_reset", email)


def forget_password(connection: Connection, staff_id: int, *, second_factor: bool) -> Staff:
    """Let nobody in until a new one is set, and switch off the `second_factor` too; who it was."""
    met = _known(connection, staff_id)
    off = {"totp_secret": None, "totp_step": None} if second_factor else {}
    _change(connection, staff_id, password_hash=None, **off)
    revoke_sessions(connection, staff_id)
    return met


def staff_from(row: Row[Any]) -> Staff:
    return Staff(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        has_password=row.password_hash is not None,
        has_second_factor=row.totp_secret is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        seen_at=row.seen_at,
        has_telegram=row.telegram_id is not None,
    )


def _people() -> Select[Any]:
    seen = (
        select(func.max(staff_sessions.c.seen_at))
        .where(staff_sessions.c.staff_id == staff.c.id)
        .scalar_subquery()
    )
    return select(staff, seen.label("seen_at"))


def _known(connection: Connection, staff_id: int) -> Staff:
    met = find_staff(connection, staff_id)
    if met is None:
        raise StaffUnknown(f"there is no member of staff {staff_id}")
    return met


def _change(connection: Connection, staff_id: int, **values: Any) -> None:
    if connection.execute(update(staff).where(staff.c.id == staff_id).values(values)).rowcount == 0:
        raise StaffUnknown(f"there is no member of staff {staff_id}")


def _check_admin_left(connection: Connection, leaving: Staff) -> None:
    """`leaving` is about to be no admin any more."""
    if leaving.role != "admin" or leaving.disabled_at is not None:
        return
    others = (staff.c.role == "admin") & staff.c.disabled_at.is_(None) & (staff.c.id != leaving.id)
    if connection.execute(select(staff.c.id).where(others).limit(1)).one_or_none() is None:
        raise LastAdmin(f"{leaving.email} is the last admin; make somebody else one first")
