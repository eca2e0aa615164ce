"""The first tables: customers, conversations, messages and what was made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False, autoincrement=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    people()
    message_table()
    what_was_made_of_them()
    labels()
    update_table()


def people() -> None:
    op.create_table(
        "customers",
        _id(),
        sa.Column("key", sa.Text(), nullable=False),
        _text("name"),
        _text("language"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("blocked_at", moment),
        sa.Column("forgotten_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("key", name="uq_customers_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conversations",
        _id(),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_since", moment, nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("key", name="uq_conversations_key"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_conversations_customer_id_customers"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_customer_id", "conversations", ["customer_id"])
    op.create_index("ix_conversations_last_at", "conversations", ["last_at"])


def message_table() -> None:
    op.create_table(
        "messages",
        _id(),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _text("text"),
        sa.Column("versions", sa.JSON(), nullable=False),
        _text("attachment"),
        sa.Column("at", moment, nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("in_reply_to", sa.Integer()),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("delivery", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sender", sa.Text()),
        sa.Column("sending_since", moment),
        sa.Column("delivered_as", sa.Text()),
        _text("failure"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("conversation_id", "external_id", name="uq_messages_conversation_id_external_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_messages_customer_id_customers"),
        sa.ForeignKeyConstraint(["in_reply_to"], ["messages.id"], name="fk_messages_in_reply_to_messages"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_conversation_id", "messages", ["conversation_id"])
    op.create_index("ix_messages_customer_id", "messages", ["customer_id"])
    op.create_index("ix_messages_in_reply_to", "messages", ["in_reply_to"])
    op.create_index("ix_messages_channel_delivery", "messages", ["channel", "delivery"])


def what_was_made_of_them() -> None:
    op.create_table(
        "understandings",
        sa.Column("message_id", sa.Integer(), nullable=False, autoincrement=False),
        _text("release"),
        sa.Column("intent", sa.Text()),
        sa.Column("prob", sa.Float()),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("class_intents", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("scope_prob", sa.Float()),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("sentiment", sa.Text()),
        _text("language"),
        sa.PrimaryKeyConstraint("message_id", name="pk_understandings"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_understandings_message_id_messages"
        ),
    )
    op.create_table(
        "decisions",
        sa.Column("message_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text()),
        sa.Column("prob", sa.Float(), nullable=False),
        sa.Column("answer_id", sa.Text()),
        sa.Column("slot", sa.Text()),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("timings_ms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_decisions"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_decisions_message_id_messages"),
    )


def labels() -> None:
    op.create_table(
        "feedback",
        _id(),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("message_id", "by", name="uq_feedback_message_id_by"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_feedback_message_id_messages"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "corrections",
        _id(),
        _text("text"),
        _text("intent"),
        _text("by"),
        _text("note"),
        sa.Column("message_id", sa.Integer()),
        sa.Column("at", moment, nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_corrections_message_id_messages"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_message_id", "corrections", ["message_id"])
    op.create_index("ix_corrections_undoes", "corrections", ["undoes"])


def update_table() -> None:
    op.create_table(
        "updates",
        _id(),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("update_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON()),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_updates"),
        sa.UniqueConstraint("channel", "update_id", name="uq_updates_channel_update_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_updates_channel_finished_at", "updates", ["channel", "finished_at"])
