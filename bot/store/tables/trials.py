"""Releases on trial beside the one that serves, and what they would have done."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    Table,
    Text,
)

from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

trials = Table(
    "trials",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),  # shadow | canary
    Column("release", Text, nullable=False),
    Column("beside", Text, nullable=False),  # the release that served when it began
    Column("share", Float),  # of the conversations; NULL for a shadow
    Column("started_at", UtcDateTime, nullable=False),
    link_column("staff_id", "staff"),  # who began it; NULL: the command line, or the schedule
    Column(
        "dropped", Integer, nullable=False, server_default="0"
    ),  # messages it didn't get to see under load
    # Messages from the next one on, and up to that one; no foreign keys: a cursor outlives what it points at.
    Column("after_message_id", Integer, nullable=False),
    Column("last_message_id", Integer),
    Column("ended_at", UtcDateTime),
    Column("outcome", Text),  # promoted | refused | ended | superseded | unusable
    text_column("reason"),
    Column("open_as", Text, unique=True),  # "trial" until it has ended: one at a time
    sqlite_autoincrement=True,
)

# What a shadow would have done about a message that the serving release decided on; no words of anybody.
trial_decisions = Table(
    "trial_decisions",
    metadata,
    link_column("trial_id", "trials", primary_key=True, autoincrement=False),
    link_column("message_id", "messages", primary_key=True, autoincrement=False, index=True),
    Column("intent", Text),
    Column("confidence", Float),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("answer_id", Text),
    Column("agrees", Boolean, nullable=False),
)
