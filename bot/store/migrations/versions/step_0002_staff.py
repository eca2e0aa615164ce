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
    staff_group()
    answering()
    words()
    insights()
    answers()
    corrections()


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
        sa.Column("telegram_id", sa.BigInteger()),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("disabled_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("email", name="uq_staff_email"),
        sa.UniqueConstraint("telegram_id", name="uq_staff_telegram_id"),
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
        "telegram_codes",
        _id(),
        _number("staff_id", nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_telegram_codes"),
        sa.UniqueConstraint("code_hash", name="uq_telegram_codes_code_hash"),
        _link("telegram_codes", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_telegram_codes_staff_id", "telegram_codes", ["staff_id"])
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
    for table, column, target in (
        ("conversations", "assignee_id", "staff"),
        ("messages", "staff_id", "staff"),
        ("messages", "quotes", "messages"),
    ):
        key = f"CONSTRAINT fk_{table}_{column}_{target} REFERENCES {target} (id)"
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
        sa.Column("after_answer", sa.Text()),
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
        sa.Column("external_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.UniqueConstraint("conversation_id", "external_id", name="uq_notes_conversation_id_external_id"),
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


def staff_group() -> None:
    op.create_table(
        "topics",
        _number("conversation_id", nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger()),
        _text("title"),
        _text("subject"),
        sa.Column("status", sa.Text(), nullable=False),
        _number("assignee_id"),
        _number("message_id", nullable=False),
        _number("note_id", nullable=False),
        _number("change_id", nullable=False),
        sa.Column("in_hand_by", sa.Text()),
        sa.Column("in_hand_since", moment),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_topics"),
        _link("topics", "conversation_id", "conversations"),
    )
    op.create_index("ix_topics_chat_id_thread_id", "topics", ["chat_id", "thread_id"])
    op.create_index("ix_topics_status", "topics", ["status"])
    op.create_table(
        "topic_posts",
        _id(),
        _number("conversation_id", nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        _number("post_id", nullable=False),
        _number("message_id"),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topic_posts"),
        sa.UniqueConstraint("chat_id", "post_id", name="uq_topic_posts_chat_id_post_id"),
        _link("topic_posts", "conversation_id", "conversations"),
        _link("topic_posts", "message_id", "messages"),
        sqlite_autoincrement=True,
    )
    for column in ("conversation_id", "message_id"):
        op.create_index(f"ix_topic_posts_{column}", "topic_posts", [column])


def answering() -> None:
    op.create_table(
        "entity_labels",
        _number("message_id", nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        _text("by"),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_entity_labels"),
        _link("entity_labels", "message_id", "messages"),
    )
    op.create_table(
        "canned_answers",
        _id(),
        sa.Column("shortcut", sa.Text(), nullable=False),
        _text("language"),
        _text("text"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_answers"),
        sa.UniqueConstraint("shortcut", "language", name="uq_canned_answers_shortcut_language"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "autonomy",
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("intent", name="pk_autonomy"),
    )
    op.create_table(
        "drafts",
        _id(),
        _number("conversation_id", nullable=False),
        _number("message_id", nullable=False),
        sa.Column("intent", sa.Text()),
        sa.Column("answer_id", sa.Text()),
        _text("text"),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("outcome", sa.Text()),
        _number("staff_id"),
        _number("sent_id"),
        sa.Column("settled_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        _link("drafts", "conversation_id", "conversations"),
        _link("drafts", "message_id", "messages"),
        _link("drafts", "staff_id", "staff"),
        _link("drafts", "sent_id", "messages"),
        sqlite_autoincrement=True,
    )
    for column in ("conversation_id", "message_id", "settled_at"):
        op.create_index(f"ix_drafts_{column}", "drafts", [column])


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
        sa.Column("posted_at", moment),
        sa.Column("open_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("open_as", name="uq_alerts_open_as"),
        _link("alerts", "first_message_id", "messages"),
        _link("alerts", "last_message_id", "messages"),
        sqlite_autoincrement=True,
    )


def answers() -> None:
    op.create_table(
        "answer_changes",
        _id(),
        sa.Column("at", moment, nullable=False),
        _number("staff_id"),
        sa.Column("answer_id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_answer_changes"),
        _link("answer_changes", "staff_id", "staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_answer_changes_answer_id_id", "answer_changes", ["answer_id", "id"])


def corrections() -> None:
    op.add_column("corrections", sa.Column("answer_id", sa.Text()))
