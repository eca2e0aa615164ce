"""What customers and the desk said, what was made of it, and who has a conversation."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.sealing.columns import SealedJson, sealed_json, sealed_text
from bot.store.tables.columns import UtcDateTime, id_column, link_column, metadata, text_column

customers = Table(
    "customers",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    sealed_text("customers.name"),
    text_column("language"),  # what the customer chose; "" is no choice
    Column("created_at", UtcDateTime, nullable=False),
    Column("blocked_at", UtcDateTime),  # the customer blocked the bot; undone by their next message
    Column("forgotten_at", UtcDateTime),
    sqlite_autoincrement=True,  # an id is never given to somebody else
)

conversations = Table(
    "conversations",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    link_column("customer_id", "customers", nullable=False, index=True),  # who began it; a group has more
    Column("status", Text, nullable=False, index=True),  # bot | waiting | person | closed
    Column("status_since", UtcDateTime, nullable=False),
    link_column("assignee_id", "staff", index=True),  # who has it, or shall have it; kept when it is closed
    sealed_json("conversations.state"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, index=True),  # of the newest message
    Column("masked_at", UtcDateTime),  # what was said until then is masked
    sqlite_autoincrement=True,
)

# Each change of who has a conversation, and each assignment; `status` is the one after it.
custody_changes = Table(
    "custody_changes",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    link_column("staff_id", "staff"),  # who did it; NULL: the customer, the bot, or silence
    link_column("assignee_id", "staff"),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column(
        "after_answer", Text
    ),  # what the bot had answered last, an hour before at most, where one waits now
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    # Who wrote it, or for a reply whom it answers: a group has several customers, and each may be forgotten.
    link_column("customer_id", "customers", nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("speaker", Text, nullable=False),  # customer | bot | person
    link_column("staff_id", "staff"),  # which person
    Column("kind", Text, nullable=False),
    sealed_text("messages.text"),
    sealed_json("messages.versions"),  # what it said before each edit: [{"text", "until"}]
    text_column("attachment"),
    Column("at", UtcDateTime, nullable=False),
    Column("external_id", Text),  # of what came in, from customers or the staff group; NULL for replies
    link_column("in_reply_to", "messages", index=True),
    link_column("quotes", "messages"),  # the message that its author pointed at
    sealed_json("messages.buttons"),
    Column("delivery", Text),  # NULL | pending | sending | delivered | failed | blocked
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sender", Text),  # the serving process that has it in hand
    Column("sending_since", UtcDateTime),
    Column("delivered_as", Text),  # the channel's id of a reply that arrived
    sealed_text("messages.failure"),
    UniqueConstraint("conversation_id", "external_id"),
    Index(None, "channel", "delivery"),
    Index(None, "speaker", "at", "conversation_id", "kind"),  # what was said on a day, without the rows
    sqlite_autoincrement=True,
)

understandings = Table(
    "understandings",
    metadata,
    link_column("message_id", "messages", primary_key=True, autoincrement=False),
    text_column("release"),
    Column(
        "intent", Text
    ),  # the best after classifier and memory, or of the classifier where there was no search
    Column("prob", Float),
    Column("intents", JSON, nullable=False),  # the best five with their probability: [[intent, prob]]
    Column("class_intents", JSON, nullable=False),  # the same as the classifier alone has them
    Column("confidence", Float),
    Column("scope_prob", Float),
    Column("nearest", Float),  # the cosine of the nearest example of the memory
    Column("candidates", JSON, nullable=False),  # answers and passages found: [[id, prob]]
    sealed_json("understandings.entities"),
    Column("sentiment", Text),
    text_column("language"),
    Index(None, "intent", "message_id"),
    Index(None, "sentiment", "message_id"),
)

decisions = Table(
    "decisions",
    metadata,
    link_column("message_id", "messages", primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("intent", Text),
    Column("prob", Float, nullable=False),
    Column("answer_id", Text),
    Column("slot", Text),
    Column("choices", JSON, nullable=False),
    Column("timings_ms", JSON, nullable=False),
    Index(None, "kind", "message_id"),
    Index(None, "answer_id", "message_id"),
    Index(None, "reason", "message_id"),
)

# One row for each time a customer was asked how content they are.
ratings = Table(
    "ratings",
    metadata,
    id_column(),
    link_column("conversation_id", "conversations", nullable=False, index=True),
    link_column("message_id", "messages", nullable=False, unique=True),  # the question
    link_column("staff_id", "staff"),  # who had the conversation; NULL: the bot alone
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("score", Integer),  # 1 to 5; NULL until there is an answer
    sealed_text("ratings.comment"),
    Column("rated_at", UtcDateTime),
    sqlite_autoincrement=True,
)

updates = Table(
    "updates",
    metadata,
    id_column(),
    Column("channel", Text, nullable=False),
    Column("update_id", Text, nullable=False),
    Column("payload", SealedJson("updates.payload", none_as_null=True)),  # emptied once it is finished
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("channel", "update_id"),
    Index(None, "channel", "finished_at"),
    sqlite_autoincrement=True,
)
