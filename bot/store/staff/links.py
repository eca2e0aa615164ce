"""Who of the staff is who on Telegram: said with a code from one's own account page."""

import secrets
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from bot.store.audit import write_audit
from bot.store.staff.members import find_staff
from bot.store.staff.records import Staff
from bot.store.staff.sessions import hash_of
from bot.store.tables.accounts import staff, telegram_codes
from bot.store.values import now

CODE_VALID = timedelta(minutes=15)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
CODE_LENGTH = 12  # 59 bits: not to be guessed in a quarter of an hour


def make_code(connection: Connection, staff_id: int) -> str:
    """A new one; those made before are void."""
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    earlier = update(telegram_codes).where(telegram_codes.c.staff_id == staff_id)
    connection.execute(earlier.where(telegram_codes.c.used_at.is_(None)).values(used_at=now()))
    values = {"staff_id": staff_id, "code_hash": hash_of(code), "expires_at": now() + CODE_VALID}
    connection.execute(insert(telegram_codes).values(values))
    return code


def link(connection: Connection, code: str, telegram_id: int) -> Staff | None:
    """Spend a code. Who used another account under this Telegram id is from now on who the code says."""
    spent = (
        update(telegram_codes)
        .where(telegram_codes.c.code_hash == hash_of(code.strip().lower()))
        .where(telegram_codes.c.used_at.is_(None), telegram_codes.c.expires_at > now())
        .values(used_at=now())
        .returning(telegram_codes.c.staff_id)
    )
    staff_id = connection.execute(spent).scalar_one_or_none()
    met = None if staff_id is None else find_staff(connection, staff_id)
    if met is None or met.disabled_at is not None:
        return None
    connection.execute(update(staff).where(staff.c.telegram_id == telegram_id).values(telegram_id=None))
    connection.execute(update(staff).where(staff.c.id == met.id).values(telegram_id=telegram_id))
    write_audit(connection, met.id, "telegram_linked", met.email)
    return met


def unlink(connection: Connection, staff_id: int) -> None:
    met = find_staff(connection, staff_id)
    linked = update(staff).where(staff.c.id == staff_id, staff.c.telegram_id.is_not(None))
    if met is not None and connection.execute(linked.values(telegram_id=None)).rowcount:
        write_audit(connection, staff_id, "telegram_unlinked", met.email)


def member(connection: Connection, telegram_id: int) -> Staff | None:
    """Who that is, unless the account is disabled."""
    query = select(staff.c.id).where(staff.c.telegram_id == telegram_id, staff.c.disabled_at.is_(None))
    staff_id = connection.execute(query).scalar_one_or_none()
    return None if staff_id is None else find_staff(connection, staff_id)
