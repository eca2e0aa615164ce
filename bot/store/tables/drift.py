"""What live messages are like, and warnings that it is something else than the release was made for."""

from sqlalchemy import JSON, Column, Float, Integer, Table, Text

from bot.store.tables.columns import UtcDateTime, id_column, metadata

# The counts of a day that is over, of the messages that a release understood; see nlu/profile.py. No words.
drift_days = Table(
    "drift_days",
    metadata,
    Column("day", Text, primary_key=True),  # "2026-03-02", in the zone
    Column("zone", Text, primary_key=True),
    Column("release", Text, primary_key=True),
    Column("sure_from", Float, nullable=False),  # the confidence that was counted as sure
    Column("profile", JSON, nullable=False),
)

drift_warnings = Table(
    "drift_warnings",
    metadata,
    id_column(),
    Column("release", Text, nullable=False),
    Column("measure", Text, nullable=False),  # length | language | intent | distance | sure
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("p", Float, nullable=False),
    Column("distance", Float, nullable=False),  # share of messages, 0..1
    Column("n", Integer, nullable=False),  # live messages
    Column("resolved_at", UtcDateTime),
    Column("open_as", Text, unique=True),  # "release:measure" until it is resolved: one is open at a time
    sqlite_autoincrement=True,
)
