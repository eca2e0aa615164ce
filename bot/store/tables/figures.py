"""What is counted and noticed: figures of days, and alerts."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    Integer,
    Table,
    Text,
)

from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata

# The figures of a day that is over, so that months need not be counted again; see bot/store/insights/days.py.
day_figures = Table(
    "day_figures",
    metadata,
    Column("day", Text, primary_key=True),  # "2026-03-02", in the zone
    Column("zone", Text, primary_key=True),
    Column("figures", JSON, nullable=False),
)

# A rise of unhappy messages that chance doesn't explain.
alerts = Table(
    "alerts",
    metadata,
    id_column(),
    Column("dimension", Text, nullable=False),  # all | intent | channel | product
    Column("value", Text, nullable=False),  # which of them; "" for all
    Column("since", UtcDateTime, nullable=False),  # when the first of its messages was written
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("baseline", Float, nullable=False),  # shares, 0..1
    Column("now", Float, nullable=False),
    Column("n", Integer, nullable=False),  # messages `now` is the share of
    link_column("first_message_id", "messages", nullable=False),
    link_column("last_message_id", "messages", nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("posted_at", UtcDateTime),  # in the staff group
    Column("open_as", Text, unique=True),  # "dimension:value" until it is resolved: one is open at a time
    sqlite_autoincrement=True,
)
