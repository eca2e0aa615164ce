"""How often somebody may try to sign in: wrong passwords and codes, counted in the database, so that several
servers and restarts count together."""

import math
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from bot.store.audit import write_audit
from bot.store.databases.locks import one_at_a_time
from bot.store.staff.members import MAX_EMAIL
from bot.store.staff.records import Attempt
from bot.store.tables.accounts import sign_ins
from bot.store.values import now, storable

WINDOW = timedelta(minutes=15)
PER_EMAIL = 5
PER_CLIENT = 30  # an office shares an address


def take_attempt(connection: Connection, email: str, client: str) -> Attempt:
    """Count a try before it is looked at, so that many at once are no way around the limit."""
    one_at_a_time(connection, sign_ins)
    connection.execute(delete(sign_ins).where(sign_ins.c.at <= now() - WINDOW))
    email = storable(email)[:MAX_EMAIL]
    wait_s = max(
        _wait_s(connection, sign_ins.c.email == email, PER_EMAIL),
        _wait_s(connection, sign_ins.c.client == client, PER_CLIENT),
    )
    if wait_s:
        return Attempt(0, wait_s)
    values = {"email": email, "client": client, "at": now()}
    return Attempt(connection.execute(insert(sign_ins).values(values).returning(sign_ins.c.id)).scalar_one())


def note_failure(connection: Connection, whose: str, client: str) -> None:
    """Keep for the audit log that a try was wrong, with the address of an account, or "" where there is none: what
    was typed in its place may be a password."""
    write_audit(connection, None, "sign_in_failed", whose, client=client)


def forgive_attempt(connection: Connection, attempt_id: int) -> None:
    """It was right, though more is asked for: don't count it."""
    connection.execute(delete(sign_ins).where(sign_ins.c.id == attempt_id))


def forgive_email(connection: Connection, email: str) -> None:
    """Somebody is who they say: forget how often it took them."""
    connection.execute(delete(sign_ins).where(sign_ins.c.email == storable(email)[:MAX_EMAIL]))


def _wait_s(connection: Connection, whose: ColumnElement[bool], limit: int) -> int:
    """Seconds until fewer than `limit` of these lie within the window."""
    query: Any = select(sign_ins.c.at).where(whose).order_by(sign_ins.c.at.desc()).offset(limit - 1).limit(1)
    at = connection.execute(query).scalar_one_or_none()
    return 0 if at is None else max(1, math.ceil((at + WINDOW - now()).total_seconds()))
