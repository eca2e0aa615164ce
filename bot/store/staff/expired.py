"""What has served its time at the console's door is deleted: nobody's address or browser is kept longer than needed."""

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from bot.store.staff.invitations import is_spent
from bot.store.staff.sessions import has_ended
from bot.store.staff.sign_ins import WINDOW
from bot.store.tables.accounts import invitations, sign_ins, staff_sessions, telegram_codes
from bot.store.values import now

BATCH = 500  # rows of a table at a time, so that no customer waits for it


def delete_expired(connection: Connection) -> int:
    """Sessions that ended, links and codes that are good no longer, and tries to sign in that no limit counts any more:
    BATCH of each at most. Of somebody's sessions the one used last stays, which tells when they were there."""
    used = staff_sessions.alias("used")
    last = select(func.max(used.c.seen_at)).where(used.c.staff_id == staff_sessions.c.staff_id)
    is_old_code = telegram_codes.c.used_at.is_not(None) | (telegram_codes.c.expires_at <= now())
    return (
        _delete(connection, staff_sessions, has_ended() & (staff_sessions.c.seen_at < last.scalar_subquery()))
        + _delete(connection, invitations, is_spent())
        + _delete(connection, telegram_codes, is_old_code)
        + _delete(connection, sign_ins, sign_ins.c.at <= now() - WINDOW)
    )


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    some = select(table.c.id).where(which).limit(BATCH)
    return connection.execute(delete(table).where(table.c.id.in_(some))).rowcount
