"""Staff: who they are, their sessions, and which conversations they have."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
SEARCH_INDEX = {
    "sqlite": (
        'CREATE VIRTUAL TABLE message_words USING fts5(words, tokenize = "unicode61 remove_diacritics 0")',
    ),
    "postgresql": (
        "CREATE TABLE message_words (message_id INTEGER CONSTRAINT pk_message_words PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_message_words_words ON message_words USING GIN (words)",
    ),
}


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False, autoincrement=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _link(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    accounts()
    doors()
    audit_log()
    custody()
    words()
    insights()


def accounts() -> None:
    op.create_table(
        "staff",
        _id(),
        sa.Column("email", sa.Text(), nullable=False),
        _text("name"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("totp_secret", sa.Text()),
        _number("totp_step"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("disabled_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("email", name="uq_staff_email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_sessions",
        _id(),
        _number("staff_id", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        _text("client"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_staff_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
        _link("staff_sessions", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])


def doors() -> None:
    op.create_table(
        "invitations",
        _id(),
        sa.Column("token_hash", sa.Text(), nullable=False),
        _text("email"),
        _text("name"),
        sa.Column("role", sa.Text(), nullable=False),
        _number("staff_id"),
        _number("invited_by"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
        _link("invitations", "staff_id", "staff"),
        _link("invitations", "invited_by", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_ins",
        _id(),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_ins_email_at", "sign_ins", ["email", "at"])
    op.create_index("ix_sign_ins_client_at", "sign_ins", ["client", "at"])


def audit_log() -> None:
    op.create_table(
        "audit",
        _id(),
        sa.Column("at", moment, nullable=False),
        _number("staff_id"),
        sa.Column("action", sa.Text(), nullable=False),
        _text("target"),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        _link("audit", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def custody() -> None:
    # SQLite takes a foreign key with a new column only where the column's own line names it.
    for table, column in (("conversations", "assignee_id"), ("messages", "staff_id")):
        key = f"CONSTRAINT fk_{table}_{column}_staff REFERENCES staff (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER {key}")
    op.create_index("ix_conversations_assignee_id", "conversations", ["assignee_id"])
    op.create_index("ix_conversations_status", "conversations", ["status"])
    # Before there was nobody to take a conversation: those a person should have had still wait.
    op.execute("UPDATE conversations SET status = 'waiting' WHERE status = 'person'")
    op.create_table(
        "custody_changes",
        _id(),
        _number("conversation_id", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _number("staff_id"),
        _number("assignee_id"),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custody_changes"),
        _link("custody_changes", "conversation_id", "conversations"),
        _link("custody_changes", "staff_id", "staff"),
        _link("custody_changes", "assignee_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_custody_changes_conversation_id", "custody_changes", ["conversation_id"])
    op.create_index("ix_custody_changes_at", "custody_changes", ["at"])
    op.create_table(
        "notes",
        _id(),
        _number("conversation_id", nullable=False),
        _number("staff_id"),
        _text("text"),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        _link("notes", "conversation_id", "conversations"),
        _link("notes", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id"])
    op.create_table(
        "reviewed",
        _id(),
        _number("message_id", nullable=False),
        _number("staff_id"),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviewed"),
        sa.UniqueConstraint("message_id", name="uq_reviewed_message_id"),
        _link("reviewed", "message_id", "messages"),
        _link("reviewed", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "saved_views",
        _id(),
        _number("staff_id", nullable=False),
        _text("name"),
        _text("view"),
        _text("asked"),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("staff_id", "name", name="uq_saved_views_staff_id_name"),
        _link("saved_views", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ratings",
        _id(),
        _number("conversation_id", nullable=False),
        _number("message_id", nullable=False),
        _number("staff_id"),
        sa.Column("asked_at", moment, nullable=False),
        _number("score"),
        _text("comment"),
        sa.Column("rated_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_ratings"),
        sa.UniqueConstraint("message_id", name="uq_ratings_message_id"),
        _link("ratings", "conversation_id", "conversations"),
        _link("ratings", "message_id", "messages"),
        _link("ratings", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ratings_conversation_id", "ratings", ["conversation_id"])
    op.create_index("ix_ratings_asked_at", "ratings", ["asked_at"])


def words() -> None:
    for table, column in (
        ("understandings", "intent"),
        ("understandings", "sentiment"),
        ("decisions", "kind"),
        ("decisions", "answer_id"),
    ):
        op.create_index(f"ix_{table}_{column}_message_id", table, [column, "message_id"])
    for statement in SEARCH_INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def insights() -> None:
    spoken = "ix_messages_speaker_at_conversation_id_kind"
    op.create_index(spoken, "messages", ["speaker", "at", "conversation_id", "kind"])
    op.create_index("ix_decisions_reason_message_id", "decisions", ["reason", "message_id"])
    op.create_index("ix_feedback_at", "feedback", ["at"])
    op.create_table(
        "day_figures",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "zone", name="pk_day_figures"),
    )
    op.create_table(
        "alerts",
        _id(),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("noticed_at", moment, nullable=False),
        sa.Column("baseline", sa.Float(), nullable=False),
        sa.Column("now", sa.Float(), nullable=False),
        _number("n", nullable=False),
        _number("first_message_id", nullable=False),
        _number("last_message_id", nullable=False),
        sa.Column("resolved_at", moment),
        sa.Column("open_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("open_as", name="uq_alerts_open_as"),
        _link("alerts", "first_message_id", "messages"),
        _link("alerts", "last_message_id", "messages"),
        sqlite_autoincrement=True,
    )
