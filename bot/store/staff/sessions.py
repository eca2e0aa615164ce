"""Signed-in browsers. The cookie's token is known here by its SHA-256 only."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, not_, select, update

from bot.store.audit import write_audit
from bot.store.staff.records import StaffSession
from bot.store.tables.accounts import staff, staff_sessions
from bot.store.values import now, storable

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)  # a session in use is written this often


def new_token() -> str:
    """32 random bytes, for a cookie, a link or a form."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a token: it is random, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def create_session(connection: Connection, staff_id: int, client: str) -> str:
    """Sign somebody in; the token of the new session."""
    token, start = new_token(), now()
    values = {
        "staff_id": staff_id,
        "token_hash": hash_of(token),
        "csrf_token": new_token(),
        "client": storable(client),
        "created_at": start,
        "seen_at": start,
        "expires_at": start + LONGEST,
    }
    connection.execute(insert(staff_sessions).values(values))
    write_audit(connection, staff_id, "signed_in", client)
    return token


def find_session(connection: Connection, token: str) -> StaffSession | None:
    """The session of a token while it lasts and its owner's account is open."""
    query = (
        select(staff_sessions)
        .join(staff, staff.c.id == staff_sessions.c.staff_id)
        .where(staff_sessions.c.token_hash == hash_of(token), staff.c.disabled_at.is_(None), *_is_open())
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _session_from(row)


def touch_session(connection: Connection, session_id: int) -> None:
    """It was used just now."""
    statement = update(staff_sessions).where(staff_sessions.c.id == session_id).values(seen_at=now())
    connection.execute(statement)


def list_sessions(connection: Connection, staff_id: int) -> list[StaffSession]:
    """Where somebody is signed in, the one used last first."""
    query = (
        select(staff_sessions)
        .where(staff_sessions.c.staff_id == staff_id, *_is_open())
        .order_by(staff_sessions.c.seen_at.desc(), staff_sessions.c.id.desc())
    )
    return [_session_from(row) for row in connection.execute(query)]


def sign_out(connection: Connection, session_id: int, staff_id: int) -> bool:
    """End one of somebody's own sessions; False where it isn't theirs or ended before."""
    theirs = (staff_sessions.c.id == session_id) & (staff_sessions.c.staff_id == staff_id)
    query = select(staff_sessions.c.client).where(theirs, *_is_open())
    client = connection.execute(query).scalar_one_or_none()
    if client is None:
        return False
    connection.execute(update(staff_sessions).where(theirs).values(revoked_at=now()))
    write_audit(connection, staff_id, "signed_out", client)
    return True


def sign_out_elsewhere(connection: Connection, staff_id: int, keep: int) -> int:
    """End somebody's sessions but one, as they wish; how many."""
    n_ended = revoke_sessions(connection, staff_id, keep)
    if n_ended:
        write_audit(connection, staff_id, "signed_out_elsewhere", sessions=n_ended)
    return n_ended


def revoke_sessions(connection: Connection, staff_id: int, but: int | None = None) -> int:
    """End somebody's sessions, `but` this one; how many there were."""
    theirs = [staff_sessions.c.staff_id == staff_id, *_is_open()]
    if but is not None:
        theirs.append(staff_sessions.c.id != but)
    return connection.execute(update(staff_sessions).where(*theirs).values(revoked_at=now())).rowcount


def has_ended() -> ColumnElement[bool]:
    """Whether a session opens nothing any more."""
    return not_(and_(*_is_open()))


def _is_open() -> list[Any]:
    moment = now()
    return [
        staff_sessions.c.revoked_at.is_(None),
        staff_sessions.c.expires_at > moment,
        staff_sessions.c.seen_at > moment - IDLE,
    ]


def _session_from(row: Row[Any]) -> StaffSession:
    return StaffSession(
        id=row.id,
        staff_id=row.staff_id,
        csrf_token=row.csrf_token,
        client=row.client,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
