"""The tables of the log. A change here needs a migration; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database (SQLite has no zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"met the time {value} without a zone; wanted one, e.g. datetime.now(UTC)")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _link(name: str, target: str, **options: Any) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{target}.id"), **options)


staff = Table(
    "staff",
    metadata,
    _id(),
    Column("email", Text, nullable=False, unique=True),  # in small letters
    _text("name"),
    Column("role", Text, nullable=False),  # admin | lead | agent
    Column("password_hash", Text),  # argon2; NULL before one is set
    Column("totp_secret", Text),  # NULL without a second factor
    Column("totp_step", Integer),  # the newest time step a code was taken of: none is taken twice
    Column("telegram_id", BigInteger, unique=True),  # who they are in the staff group
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    sqlite_autoincrement=True,
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    _id(),
    _link("staff_id", "staff", nullable=False, index=True),
    Column("token_hash", Text, nullable=False, unique=True),  # SHA-256 of what the cookie holds
    Column("csrf_token", Text, nullable=False),
    _text("client"),  # address and browser, to tell one's sessions apart
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    sqlite_autoincrement=True,
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    Column("token_hash", Text, nullable=False, unique=True),
    _text("email"),
    _text("name"),  # a proposal
    Column("role", Text, nullable=False),
    _link("staff_id", "staff"),  # whose password is set anew; NULL: somebody new
    _link("invited_by", "staff"),  # NULL: the command line
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

# With which somebody of the staff says on Telegram who they are: each good once, for a while.
telegram_codes = Table(
    "telegram_codes",
    metadata,
    _id(),
    _link("staff_id", "staff", nullable=False, index=True),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

sign_ins = Table(  # wrong passwords and codes, counted for the limits
    "sign_ins",
    metadata,
    _id(),
    Column("email", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "email", "at"),
    Index(None, "client", "at"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    _link("staff_id", "staff"),  # NULL: the command line
    Column("action", Text, nullable=False),
    _text("target"),
    Column("details", JSON, nullable=False),
    sqlite_autoincrement=True,
)

customers = Table(
    "customers",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _text("name"),
    _text("language"),  # what the customer chose; "" is no choice
    Column("created_at", UtcDateTime, nullable=False),
    Column("blocked_at", UtcDateTime),  # the customer blocked the bot; undone by their next message
    Column("forgotten_at", UtcDateTime),
    sqlite_autoincrement=True,  # an id is never given to somebody else
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    _link("customer_id", "customers", nullable=False, index=True),  # who began it; a group has more
    Column("status", Text, nullable=False, index=True),  # bot | waiting | person | closed
    Column("status_since", UtcDateTime, nullable=False),
    _link("assignee_id", "staff", index=True),  # who has it, or shall have it; kept when it is closed
    Column("state", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, index=True),  # of the newest message
    sqlite_autoincrement=True,
)

# Each change of who has a conversation, and each assignment; `status` is the one after it.
custody_changes = Table(
    "custody_changes",
    metadata,
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _link("staff_id", "staff"),  # who did it; NULL: the customer, the bot, or silence
    _link("assignee_id", "staff"),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column(
        "after_answer", Text
    ),  # what the bot had answered last, an hour before at most, where one waits now
    sqlite_autoincrement=True,
)

# What staff tell each other; apart from messages, so that no way to the customer can find them.
notes = Table(
    "notes",
    metadata,
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    _link("staff_id", "staff"),
    _text("text"),
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
    _id(),
    Column("shortcut", Text, nullable=False),
    _text("language"),  # "" for any
    _text("text"),
    UniqueConstraint("shortcut", "language"),
    sqlite_autoincrement=True,
)

# What the bot would have said where a person looks at it first.
drafts = Table(
    "drafts",
    metadata,
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    _link("message_id", "messages", nullable=False, index=True),  # what it answers
    Column("intent", Text),
    Column("answer_id", Text),
    _text("text"),
    Column("buttons", JSON, nullable=False),
    Column("state", JSON, nullable=False),  # what the conversation remembers once it is sent
    Column("created_at", UtcDateTime, nullable=False),
    Column("outcome", Text),  # NULL | sent | edited | rejected | replaced | superseded | dropped
    _link("staff_id", "staff"),
    _link("sent_id", "messages"),
    Column("settled_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)

# Messages staff passed over in the review: nothing is to be learned from them.
reviewed = Table(
    "reviewed",
    metadata,
    _id(),
    _link("message_id", "messages", nullable=False, unique=True),
    _link("staff_id", "staff"),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Lists and searches that staff keep under a name.
saved_views = Table(
    "saved_views",
    metadata,
    _id(),
    _link("staff_id", "staff", nullable=False),
    _text("name"),
    _text("view"),  # waiting | mine | open | closed
    _text("asked"),  # as it was typed into the search
    Column("filters", JSON, nullable=False),  # the parts of `asked` that were filters then
    Column("is_shared", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("staff_id", "name"),
    sqlite_autoincrement=True,
)

# One row for each time a customer was asked how content they are.
ratings = Table(
    "ratings",
    metadata,
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    _link("message_id", "messages", nullable=False, unique=True),  # the question
    _link("staff_id", "staff"),  # who had the conversation; NULL: the bot alone
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("score", Integer),  # 1 to 5; NULL until there is an answer
    _text("comment"),
    Column("rated_at", UtcDateTime),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    # Who wrote it, or for a reply whom it answers: a group has several customers, and each may be forgotten.
    _link("customer_id", "customers", nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("speaker", Text, nullable=False),  # customer | bot | person
    _link("staff_id", "staff"),  # which person
    Column("kind", Text, nullable=False),
    _text("text"),
    Column("versions", JSON, nullable=False),  # what it said before each edit: [{"text", "until"}]
    _text("attachment"),
    Column("at", UtcDateTime, nullable=False),
    Column("external_id", Text),  # of what came in, from customers or the staff group; NULL for replies
    _link("in_reply_to", "messages", index=True),
    _link("quotes", "messages"),  # the message that its author pointed at
    Column("buttons", JSON, nullable=False),
    Column("delivery", Text),  # NULL | pending | sending | delivered | failed | blocked
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sender", Text),  # the serving process that has it in hand
    Column("sending_since", UtcDateTime),
    Column("delivered_as", Text),  # the channel's id of a reply that arrived
    _text("failure"),
    UniqueConstraint("conversation_id", "external_id"),
    Index(None, "channel", "delivery"),
    Index(None, "speaker", "at", "conversation_id", "kind"),  # what was said on a day, without the rows
    sqlite_autoincrement=True,
)

understandings = Table(
    "understandings",
    metadata,
    _link("message_id", "messages", primary_key=True, autoincrement=False),
    _text("release"),
    Column(
        "intent", Text
    ),  # the best after classifier and memory, or of the classifier where there was no search
    Column("prob", Float),
    Column("intents", JSON, nullable=False),  # the best five with their probability: [[intent, prob]]
    Column("class_intents", JSON, nullable=False),  # the same as the classifier alone has them
    Column("confidence", Float),
    Column("scope_prob", Float),
    Column("candidates", JSON, nullable=False),  # answers and passages found: [[id, prob]]
    Column("entities", JSON, nullable=False),
    Column("sentiment", Text),
    _text("language"),
    Index(None, "intent", "message_id"),
    Index(None, "sentiment", "message_id"),
)

decisions = Table(
    "decisions",
    metadata,
    _link("message_id", "messages", primary_key=True, autoincrement=False),
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

feedback = Table(
    "feedback",
    metadata,
    _id(),
    _link("message_id", "messages", nullable=False),
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
    _id(),
    _text("text"),
    _text("intent"),
    _text("by"),
    _text("note"),
    _link("message_id", "messages", index=True),
    Column("answer_id", Text),  # where not just any answer of the intent is right
    Column("at", UtcDateTime, nullable=False),
    Column("undoes", Integer, index=True),
    sqlite_autoincrement=True,
)

# A conversation's topic in the staff group on Telegram, and how much of the conversation stands there.
topics = Table(
    "topics",
    metadata,
    _link("conversation_id", "conversations", primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),  # NULL until it is opened
    _text("title"),
    _text("subject"),
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
    _id(),
    _link("conversation_id", "conversations", nullable=False, index=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("post_id", Integer, nullable=False),  # Telegram's number of it
    _link("message_id", "messages", index=True),
    Column("suggestions", JSON, nullable=False),  # texts
    UniqueConstraint("chat_id", "post_id"),
    sqlite_autoincrement=True,
)

# The right entities of a message, where staff marked them; offsets are those of its text.
entity_labels = Table(
    "entity_labels",
    metadata,
    _link("message_id", "messages", primary_key=True, autoincrement=False),
    Column("entities", JSON, nullable=False),  # [{"start", "end", "label"}]
    _text("by"),
    Column("at", UtcDateTime, nullable=False),
)

updates = Table(
    "updates",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("update_id", Text, nullable=False),
    Column("payload", JSON(none_as_null=True)),  # emptied once it is finished
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("channel", "update_id"),
    Index(None, "channel", "finished_at"),
    sqlite_autoincrement=True,
)

# The figures of a day that is over, so that months need not be counted again; see bot/store/days.py.
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
    _id(),
    Column("dimension", Text, nullable=False),  # all | intent | channel | product
    Column("value", Text, nullable=False),  # which of them; "" for all
    Column("since", UtcDateTime, nullable=False),  # when the first of its messages was written
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("baseline", Float, nullable=False),  # shares, 0..1
    Column("now", Float, nullable=False),
    Column("n", Integer, nullable=False),  # messages `now` is the share of
    _link("first_message_id", "messages", nullable=False),
    _link("last_message_id", "messages", nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("posted_at", UtcDateTime),  # in the staff group
    Column("open_as", Text, unique=True),  # "dimension:value" until it is resolved: one is open at a time
    sqlite_autoincrement=True,
)

# What staff made of an answer; the words of an answer are the company's own, so forgetting a customer leaves them.
answer_changes = Table(
    "answer_changes",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    _link("staff_id", "staff"),
    Column("answer_id", Text, nullable=False),
    Column("file", Text, nullable=False),  # its name in answers/
    Column("before", Text),  # the entry's YAML; NULL: there was none
    Column("after", Text),  # NULL: it was deleted
    Index(None, "answer_id", "id"),
    sqlite_autoincrement=True,
)
