"""What people say of messages: opinions of customers, corrections of staff."""

from sqlalchemy import (
    JSON,
    Column,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.sealing.columns import sealed_text
from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

feedback = Table(
    "feedback",
    metadata,
    id_column(),
    link_column("message_id", "messages", nullable=False),
    Column("value", Text, nullable=False),  # helpful | not_helpful | the intent chosen in a clarification
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("message_id", "by"),
    sqlite_autoincrement=True,
)

# Only ever appended to while nobody is forgotten: an undo is a row of its own, so that whoever follows
# the ids sees it. `undoes` is no foreign key, for the row it names is deleted when a customer is forgotten.
corrections = Table(
    "corrections",
    metadata,
    id_column(),
    sealed_text("corrections.text"),
    text_column("intent"),
    text_column("by"),
    sealed_text("corrections.note"),
    link_column("message_id", "messages", index=True),
    Column("answer_id", Text),  # where not just any answer of the intent is right
    Column("at", UtcDateTime, nullable=False),
    Column("undoes", Integer, index=True),
    sqlite_autoincrement=True,
)

# The right entities of a message, where staff marked them; offsets are those of its text.
entity_labels = Table(
    "entity_labels",
    metadata,
    link_column("message_id", "messages", primary_key=True, autoincrement=False),
    Column("entities", JSON, nullable=False),  # [{"start", "end", "label"}]
    text_column("by"),
    Column("at", UtcDateTime, nullable=False),
)

# Messages staff passed over in the review: nothing is to be learned from them.
reviewed = Table(
    "reviewed",
    metadata,
    id_column(),
    link_column("message_id", "messages", nullable=False, unique=True),
    link_column("staff_id", "staff"),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Disagreements that somebody settled: what was said of the text of that correction before then counts no longer. No
# foreign key, for corrections are deleted when a customer is forgotten.
settled_labels = Table(
    "settled_labels",
    metadata,
    id_column(),
    Column("correction_id", Integer, nullable=False, index=True),
    link_column("staff_id", "staff"),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Clusters that staff would not have as a new intent; numbers of messages only, so that no words are kept.
dismissed_proposals = Table(
    "dismissed_proposals",
    metadata,
    id_column(),
    Column("message_ids", JSON, nullable=False),
    link_column("staff_id", "staff"),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
