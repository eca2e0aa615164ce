"""How somebody comes in by a link: the first admin, those who are invited, those who need a new password."""

from datetime import timedelta

from sqlalchemy import Connection

from bot.store.audit import write_audit
from bot.store.databases.locks import one_at_a_time
from bot.store.staff.invitations import create_invitation, use_invitation
from bot.store.staff.members import (
    EmailTaken,
    StaffUnknown,
    as_email,
    find_by_email,
    find_staff,
    forget_password,
    insert_staff,
    is_anybody_there,
    set_password,
)
from bot.store.staff.records import Role, Staff
from bot.store.tables.accounts import staff

VALID = timedelta(days=7)
FIRST_VALID = timedelta(hours=24)


def first_link(connection: Connection) -> str | None:
    """The token that makes the first admin; None where there is an account already."""
    if is_anybody_there(connection):
        return None
    return create_invitation(connection, email="", role="admin", by=None, valid=FIRST_VALID)


def invite(connection: Connection, email: str, role: Role, name: str, by: int | None) -> str:
    """The token of a link for somebody new. Raises EmailTaken."""
    email = as_email(email)
    if find_by_email(connection, email) is not None:
        raise EmailTaken(f"{email!r} has an account already")
    token = create_invitation(connection, email=email, role=role, name=name, by=by, valid=VALID)
    write_audit(connection, by, "invited", email, role=role)
    return token


def reset_password(
    connection: Connection, staff_id: int, by: int | None, *, second_factor: bool = False
) -> str:
    """The token of a link for a new password. The old one is void at once: it may be known to others."""
    met = forget_password(connection, staff_id, second_factor=second_factor)
    if met.disabled_at is not None:
        raise StaffUnknown(f"{met.email} is disabled; enable the account first")
    token = create_invitation(
        connection, email=met.email, role=met.role, by=by, valid=VALID, staff_id=staff_id
    )
    write_audit(connection, by, "password_reset", met.email, second_factor_off=second_factor)
    return token


def join(connection: Connection, token: str, email: str, name: str, password_hash: str) -> Staff:
    """Open an account by a link; `email` counts only where the link names none. Raises LinkSpent, EmailTaken."""
    one_at_a_time(connection, staff)  # before the link, as where an account is disabled: no deadlock
    link = use_invitation(connection, token)
    staff_id = insert_staff(connection, link.email or email, name, link.role, password_hash)
    joined = find_staff(connection, staff_id)
    assert joined is not None  # noqa: S101 - written just now
    write_audit(connection, staff_id, "joined", joined.email, role=joined.role)
    return joined


def set_password_by_link(connection: Connection, token: str, password_hash: str) -> None:
    """Raises LinkSpent."""
    one_at_a_time(connection, staff)
    link = use_invitation(connection, token)
    if link.staff_id is None:
        raise StaffUnknown("the link is for a new account")
    set_password(connection, link.staff_id, password_hash, link.staff_id)
