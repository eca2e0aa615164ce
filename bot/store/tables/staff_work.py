"""What staff keep and do: notes, drafts they settle, texts, views, topics of their group, changed answers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.sealing.columns import sealed_json, sealed_text
from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

# What staff tell each other; apart from messages, so that no way to the customer can find them.
notes = Table(
    "notes",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    link_column("staff_id", "staff"),
    sealed_text("notes.text"),
    Column("at", UtcDateTime, nullable=False),
    Column("external_id", Text),  # of what came in; NULL for those of the console
    UniqueConstraint("conversation_id", "external_id"),
    sqlite_autoincrement=True,
)

# How far the bot may go by itself, where that was set; "" stands for all other intents.
autonomy = Table(
    "autonomy",
    metadata,
    Column("intent", Text, primary_key=True),
    Column("level", Text, nullable=False),  # off | suggest | auto
)

# Texts that staff keep for their replies; names in braces are filled in.
canned_answers = Table(
    "canned_answers",
    metadata,
    id_column(),
    Column("shortcut", Text, nullable=False),
    text_column("language"),  # "" for any
    text_column("text"),
    UniqueConstraint("shortcut", "language"),
    sqlite_autoincrement=True,
)

# What the bot would have said where a person looks at it first.
drafts = Table(
    "drafts",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    link_column("message_id", "messages", nullable=False, index=True),  # what it answers
    Column("intent", Text),
    Column("answer_id", Text),
    sealed_text("drafts.text"),
    sealed_json("drafts.buttons"),
    sealed_json("drafts.state"),  # what the conversation remembers once it is sent
    Column("created_at", UtcDateTime, nullable=False),
    Column("outcome", Text),  # NULL | sent | edited | rejected | replaced | superseded | dropped
    link_column("staff_id", "staff"),
    link_column("sent_id", "messages"),
    Column("settled_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)

# Lists and searches that staff keep under a name.
saved_views = Table(
    "saved_views",
    metadata,
    id_column(),
    link_column("staff_id", "staff", nullable=False),
    text_column("name"),
    text_column("view"),  # waiting | mine | open | closed
    sealed_text("saved_views.asked"),  # as it was typed into the search
    sealed_json("saved_views.filters"),  # the parts of `asked` that were filters then
    Column("is_shared", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("staff_id", "name"),
    sqlite_autoincrement=True,
)

# A conversation's topic in the staff group on Telegram, and how much of the conversation stands there.
topics = Table(
    "topics",
    metadata,
    link_column("conversation_id", "conversations", primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),  # NULL until it is opened
    sealed_text("topics.title"),
    sealed_text("topics.subject"),
    Column("status", Text, nullable=False),  # as it was shown last; "forgotten": the topic is to be deleted
    Column("assignee_id", Integer),
    # The newest that was shown. No foreign keys: a cursor outlives what it points at.
    Column("message_id", Integer, nullable=False),
    Column("note_id", Integer, nullable=False),
    Column("change_id", Integer, nullable=False),
    Column("in_hand_by", Text),  # the serving process that writes to it
    Column("in_hand_since", UtcDateTime),
    Index(None, "chat_id", "thread_id"),
    Index(None, "status"),
)

# What the bot posted in a topic: the message it shows, and the suggestions it offers to send.
topic_posts = Table(
    "topic_posts",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("post_id", Integer, nullable=False),  # Telegram's number of it
    link_column("message_id", "messages", index=True),
    sealed_json("topic_posts.suggestions"),  # texts
    UniqueConstraint("chat_id", "post_id"),
    sqlite_autoincrement=True,
)

# What staff made of an answer; the words of an answer are the company's own, so forgetting a customer leaves them.
answer_changes = Table(
    "answer_changes",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    link_column("staff_id", "staff"),
    Column("answer_id", Text, nullable=False),
    Column("file", Text, nullable=False),  # its name in answers/
    Column("before", Text),  # the entry's YAML; NULL: there was none
    Column("after", Text),  # NULL: it was deleted
    Index(None, "answer_id", "id"),
    sqlite_autoincrement=True,
)
