"""Links that open an account or set a new password: each good once, for a while."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, not_, select, update

from bot.store.audit import write_audit
from bot.store.errors import StoreError
from bot.store.staff.records import Invitation, Role
from bot.store.staff.sessions import hash_of, new_token
from bot.store.tables.accounts import invitations, staff
from bot.store.values import now, storable


class LinkSpent(StoreError):
    """The link was used, withdrawn, or is too old."""


def create_invitation(
    connection: Connection,
    *,
    email: str,
    role: Role,
    by: int | None,
    valid: timedelta,
    name: str = "",
    staff_id: int | None = None,
) -> str:
    """The token of a new link; earlier ones for the same purpose are good no longer."""
    token = new_token()
    if email:
        withdraw_meant_for(connection, email)
    values = {
        "token_hash": hash_of(token),
        "email": email,
        "name": storable(name.strip()),
        "role": role,
        "staff_id": staff_id,
        "invited_by": by,
        "created_at": now(),
        "expires_at": now() + valid,
    }
    connection.execute(insert(invitations).values(values))
    return token


def find_invitation(connection: Connection, token: str) -> Invitation | None:
    """What a link is for, while it is good."""
    row = connection.execute(_open().where(invitations.c.token_hash == hash_of(token))).one_or_none()
    return None if row is None else _invitation_from(row)


def list_invitations(connection: Connection) -> list[Invitation]:
    """Links that are good for somebody named, the newest first."""
    query = _open().where(invitations.c.email != "").order_by(invitations.c.id.desc())
    return [_invitation_from(row) for row in connection.execute(query)]


def use_invitation(connection: Connection, token: str) -> Invitation:
    """Spend a link. Raises LinkSpent, also for all but one of several who use it at once."""
    found = find_invitation(connection, token)
    spent = update(invitations).where(invitations.c.token_hash == hash_of(token), _is_unused())
    if found is None or connection.execute(spent.values(used_at=now())).rowcount == 0:
        raise LinkSpent("the link was used, withdrawn or is too old; ask for another one")
    return found


def withdraw_invitation(connection: Connection, invitation_id: int, by: int | None) -> bool:
    """Make a link useless; False where it is so already."""
    row = connection.execute(_open().where(invitations.c.id == invitation_id)).one_or_none()
    if row is None:
        return False
    _end(connection, invitations.c.id == invitation_id)
    write_audit(connection, by, "invitation_withdrawn", row.email)
    return True


def withdraw_made_by(connection: Connection, staff_id: int) -> None:
    """Make the links useless that somebody made."""
    _end(connection, invitations.c.invited_by == staff_id)


def withdraw_meant_for(connection: Connection, email: str) -> None:
    """Make the links useless that are for this address."""
    _end(connection, invitations.c.email == email)


def _end(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(invitations).where(which, _is_unused()).values(expires_at=now()))


def is_spent() -> ColumnElement[bool]:
    """Whether a link is good no longer."""
    return not_(_is_unused())


def _is_unused() -> ColumnElement[bool]:
    return invitations.c.used_at.is_(None) & (invitations.c.expires_at > now())


def _open() -> Select[Any]:
    """Good links. One for the very first account, which names nobody, is good only while there is no account."""
    nobody = ~select(staff.c.id).exists()
    return (
        select(invitations, staff.c.email.label("inviter"))
        .outerjoin(staff, staff.c.id == invitations.c.invited_by)
        .where(_is_unused(), (invitations.c.email != "") | nobody)
    )


def _invitation_from(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        staff_id=row.staff_id,
        invited_by=row.inviter or "",
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
