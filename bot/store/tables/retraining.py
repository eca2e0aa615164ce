"""Retrainings: when the next one is due, what became of each, and of each of its steps."""

from sqlalchemy import JSON, Column, Integer, Table, Text

from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

retrainings = Table(
    "retrainings",
    metadata,
    id_column(),
    Column(
        "status", Text, nullable=False
    ),  # asked | running | paused | shadow | done | refused | failed | stopped
    Column("open_as", Text, unique=True),  # "open" until it is over: one is under way at a time
    Column("due", Text, unique=True),  # the time on the schedule that it was begun for; each is begun once
    text_column("asked_by"),  # a name; "" where the schedule did
    Column("asked_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("beat_at", UtcDateTime),  # when whoever works on it last said so
    text_column("worker"),  # who that is
    text_column("release"),  # the candidate
    text_column("note"),  # why it ended as it did
    sqlite_autoincrement=True,
)

retraining_steps = Table(
    "retraining_steps",
    metadata,
    link_column("retraining_id", "retrainings", primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("status", Text, nullable=False),  # running | done | failed
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    text_column("stage"),  # what it is at
    Column("done", Integer, nullable=False, server_default="0"),  # of that stage
    Column("total", Integer, nullable=False, server_default="0"),  # 0: nobody knows
    Column("told", JSON, nullable=False),  # what came of it, for people: a list of lines
)

# One row: how often the desk retrains by itself.
retraining_schedule = Table(
    "retraining_schedule",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    text_column("every"),  # "night at 03:00"; "" for never
    text_column("set_by"),
    Column("set_at", UtcDateTime, nullable=False),
)
