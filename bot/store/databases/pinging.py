"""A connection that lay idle is asked whether its database is still there, before it is used.

SQLAlchemy's `pool_pre_ping` asks each time, by three round trips of asyncpg: six of the nineteen of a turn. Under load a
connection is used again at once, and one that was lost meanwhile fails by itself: then all of the pool are made anew, and
what was under way is tried again by whoever asked for it."""

from time import monotonic

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

IDLE_S = 1.0
USED_AT = "used_at"


def ping_idle(engine: Engine) -> None:
    """Have connections of the engine's pool asked that weren't used for IDLE_S; lost ones are made anew."""

    def note(driver: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[USED_AT] = monotonic()

    def ping(driver: DBAPIConnection, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        if monotonic() - entry.info[USED_AT] < IDLE_S:
            return
        try:
            engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    def notice(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, engine.dialect.loaded_dbapi.InternalClientError):
            context.is_disconnect = True  # the server's farewell came, and asyncpg hasn't read it to its end

    event.listen(engine, "connect", note)
    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)
    event.listen(engine, "handle_error", notice)
