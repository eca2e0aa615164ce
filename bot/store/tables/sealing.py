"""Which keys words are sealed with: a database isn't opened without them."""

from sqlalchemy import Column, Table, Text

from bot.store.tables.columns import UtcDateTime, metadata

sealing_keys = Table(
    "sealing_keys",
    metadata,
    Column("key_id", Text, primary_key=True),  # tells which key, and nothing of it
    Column("since", UtcDateTime, nullable=False),
)
