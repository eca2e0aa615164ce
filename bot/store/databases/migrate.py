"""Brings a database to the tables of this version, whatever older version wrote it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.store.errors import StoreError

MIGRATIONS = Path(__file__).parents[1] / "migrations"
ADVISORY_LOCK = 0x6B656675  # "kefu": of several processes that start on one PostgreSQL, one migrates


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the missing migrations inside the connection's transaction, up to a version.

    Raises StoreError when the tables are those of a newer kefu."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    config = Config()
    # "%" starts an interpolation in Alembic's options, and a folder may be called anything.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    met, known = revision_of(connection), revisions()
    newest = known[0]
    if met == newest:
        return
    if met is not None and met not in known:
        raise StoreError(
            f"{connection.engine.url.render_as_string(hide_password=True)}: its tables are of version {met}, "
            f"this kefu knows up to {newest}; a newer kefu wrote them, so install that one (or restore a backup)"
        )
    command.upgrade(config, to)


def revisions() -> tuple[str, ...]:
    """The versions of the tables that this kefu knows, newest first."""
    return tuple(step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """The version of the tables in a database; None where it has none yet."""
    return MigrationContext.configure(connection).get_current_revision()
