"""Who works in the console: accounts, sessions, links, tries to sign in, and the audit log."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    Table,
    Text,
)

from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

staff = Table(
    "staff",
    metadata,
    id_column(),
    Column("email", Text, nullable=False, unique=True),  # in small letters
    text_column("name"),
    Column("role", Text, nullable=False),  # admin | lead | agent
    Column("password_hash", Text),  # argon2; NULL before one is set
    Column("totp_secret", Text),  # NULL without a second factor
    Column("totp_step", Integer),  # the newest time step a code was taken of: none is taken twice
    Column("telegram_id", BigInteger, unique=True),  # who they are in the staff group
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    sqlite_autoincrement=True,
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    id_column(),
    link_column("staff_id", "staff", nullable=False, index=True),
    Column("token_hash", Text, nullable=False, unique=True),  # SHA-256 of what the cookie holds
    Column("csrf_token", Text, nullable=False),
    text_column("client"),  # address and browser, to tell one's sessions apart
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    sqlite_autoincrement=True,
)

invitations = Table(
    "invitations",
    metadata,
    id_column(),
    Column("token_hash", Text, nullable=False, unique=True),
    text_column("email"),
    text_column("name"),  # a proposal
    Column("role", Text, nullable=False),
    link_column("staff_id", "staff"),  # whose password is set anew; NULL: somebody new
    link_column("invited_by", "staff"),  # NULL: the command line
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

# With which somebody of the staff says on Telegram who they are: each good once, for a while.
telegram_codes = Table(
    "telegram_codes",
    metadata,
    id_column(),
    link_column("staff_id", "staff", nullable=False, index=True),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

sign_ins = Table(  # wrong passwords and codes, counted for the limits
    "sign_ins",
    metadata,
    id_column(),
    Column("email", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "email", "at"),
    Index(None, "client", "at"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False, index=True),
    link_column("staff_id", "staff"),  # NULL: the command line
    Column("action", Text, nullable=False),
    text_column("target"),
    Column("details", JSON, nullable=False),
    sqlite_autoincrement=True,
)
