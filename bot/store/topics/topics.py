"""The staff group's topics: which conversations they show, and how far."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.messages import WITH_PEOPLE
from bot.store.ages import is_older
from bot.store.databases.upsert import insert_if_new
from bot.store.tables.log import conversations, custody_changes, messages
from bot.store.tables.staff_work import notes, topic_posts, topics
from bot.store.topics.records import FORGOTTEN_TOPIC, FROM_TOPIC, Cursors, Post, Topic, Undelivered
from bot.store.values import FORGOTTEN, now

LEFT_AFTER = timedelta(seconds=120)  # a process that writes nothing for so long counts as dead
UNREACHED = ("failed", "blocked")

Writing = tuple[str, bool]  # which process writes, and whether it is the only one


def due(connection: Connection, chat_id: int) -> list[int]:
    """Conversations whose topic doesn't show how they are, those that people have first, the longest waiting first."""
    query = (
        select(conversations.c.id)
        .outerjoin(topics, topics.c.conversation_id == conversations.c.id)
        .where(conversations.c.status.in_(WITH_PEOPLE), ~conversations.c.key.startswith(FORGOTTEN))
        .where(_is_behind(chat_id))
        .order_by(conversations.c.status_since, conversations.c.id)
    )
    behind = list(connection.execute(query).scalars())
    left = (
        select(topics.c.conversation_id)
        .join(conversations, conversations.c.id == topics.c.conversation_id)
        .where(topics.c.chat_id == chat_id)
        .where(_was_left() | (topics.c.status == FORGOTTEN_TOPIC))
    )
    return list(dict.fromkeys([*behind, *connection.execute(left).scalars()]))


def claim(connection: Connection, conversation_id: int, chat_id: int, writing: Writing) -> Topic | None:
    """Take a conversation's topic in hand; None where another process has it."""
    fresh = asdict(Topic(conversation_id, chat_id))
    insert_if_new(connection, topics, fresh, ("conversation_id",))
    own = topics.c.conversation_id == conversation_id
    taken = update(topics).where(own, _is_free(writing))
    if connection.execute(taken.values(in_hand_by=writing[0], in_hand_since=now())).rowcount == 0:
        return None
    # The settings name another group now: what was opened in the one before stays there.
    connection.execute(update(topics).where(own, topics.c.chat_id != chat_id).values(fresh))
    return _topic(connection, own)


def newest(connection: Connection, conversation_id: int) -> Cursors:
    """What a conversation has by now."""
    tables = (messages, notes, custody_changes)
    found = (select(_newest(table)).where(conversations.c.id == conversation_id) for table in tables)
    return Cursors(*(int(connection.execute(query).scalar_one()) for query in found))


def save(connection: Connection, topic: Topic, post: Post | None) -> None:
    """Keep how far a topic is, and what was just posted there; it stays in hand."""
    own = topics.c.conversation_id == topic.conversation_id
    # A customer who is forgotten meanwhile stays so.
    stands = update(topics).where(own, topics.c.status != FORGOTTEN_TOPIC)
    connection.execute(stands.values(asdict(topic) | {"in_hand_since": now()}))
    if post is not None:
        add_post(connection, post)


def add_post(connection: Connection, post: Post) -> None:
    """Keep what was posted, unless the customer was forgotten meanwhile."""
    own = topics.c.conversation_id == post.conversation_id
    status = connection.execute(select(topics.c.status).where(own).with_for_update()).scalar_one_or_none()
    if status not in {None, FORGOTTEN_TOPIC}:
        values = asdict(post) | {"suggestions": list(post.suggestions)}
        connection.execute(insert(topic_posts).values(values))


def release(connection: Connection, conversation_id: int) -> None:
    own = topics.c.conversation_id == conversation_id
    connection.execute(update(topics).where(own).values(in_hand_by=None))


def drop(connection: Connection, conversation_id: int) -> None:
    """The topic is gone, as its customer is."""
    connection.execute(delete(topics).where(topics.c.conversation_id == conversation_id))


def conversation_in(connection: Connection, chat_id: int, thread_id: int) -> int | None:
    """Whose topic that is; None where it is none of ours."""
    query = select(topics.c.conversation_id).where(
        topics.c.chat_id == chat_id, topics.c.thread_id == thread_id, topics.c.status != FORGOTTEN_TOPIC
    )
    return connection.execute(query).scalar_one_or_none()


def find_post(connection: Connection, chat_id: int, post_id: int) -> Post | None:
    """What the bot posted under that number."""
    query = select(topic_posts).where(topic_posts.c.chat_id == chat_id, topic_posts.c.post_id == post_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Post(row.conversation_id, row.chat_id, row.post_id, row.message_id, tuple(row.suggestions))


def message_shown(connection: Connection, conversation_id: int, chat_id: int, post_id: int) -> int | None:
    """The message that stands in a topic under that number, whoever wrote it there."""
    post = find_post(connection, chat_id, post_id)
    if post is not None:
        return post.message_id
    query = select(messages.c.id).where(
        messages.c.conversation_id == conversation_id, messages.c.external_id == f"{FROM_TOPIC}{post_id}"
    )
    return connection.execute(query).scalar_one_or_none()


def post_showing(connection: Connection, chat_id: int, message_id: int) -> int | None:
    """The number under which a message stands in its topic."""
    query = select(func.max(topic_posts.c.post_id)).where(
        topic_posts.c.chat_id == chat_id, topic_posts.c.message_id == message_id
    )
    shown: int | None = connection.execute(query).scalar_one_or_none()
    if shown is not None:
        return shown
    written = select(messages.c.external_id).where(messages.c.id == message_id)
    return _post_id(connection.execute(written).scalar_one_or_none())


def unreported(connection: Connection, conversation_id: int) -> list[Undelivered]:
    """What staff wrote in the topic, can't reach the customer, and nobody told them of."""
    query = select(messages.c.id, messages.c.external_id, messages.c.delivery).where(
        messages.c.conversation_id == conversation_id, _is_unreported()
    )
    return [
        Undelivered(row.id, _post_id(row.external_id) or 0, row.delivery == "blocked")
        for row in connection.execute(query.order_by(messages.c.id))
    ]


def _post_id(external_id: str | None) -> int | None:
    """Of what staff wrote in a topic; a suggestion they sent has the post's number before a dot."""
    number = (external_id or "").removeprefix(FROM_TOPIC).partition(".")[0]
    is_from_topic = external_id is not None and external_id.startswith(FROM_TOPIC)
    return int(number) if is_from_topic and number.isascii() and number.isdecimal() else None


def _is_behind(chat_id: int) -> ColumnElement[bool]:
    own = conversations.c.id
    of_it = exists().where(messages.c.conversation_id == own, _is_unreported())
    return or_(
        topics.c.conversation_id.is_(None),
        topics.c.chat_id != chat_id,
        topics.c.thread_id.is_(None),
        topics.c.status != conversations.c.status,
        topics.c.message_id < _newest(messages),
        topics.c.note_id < _newest(notes),
        topics.c.change_id < _newest(custody_changes),
        of_it,
    )


def _newest(table: Table) -> ScalarSelect[Any]:
    query: Select[Any] = select(func.coalesce(func.max(table.c.id), 0))
    return query.where(table.c.conversation_id == conversations.c.id).scalar_subquery()


def _was_left() -> ColumnElement[bool]:
    """It shows people at work, and none are any more."""
    return topics.c.status.in_(WITH_PEOPLE) & conversations.c.status.not_in(WITH_PEOPLE)


def _is_unreported() -> ColumnElement[bool]:
    told = exists().where(topic_posts.c.message_id == messages.c.id)
    written_there = messages.c.external_id.startswith(FROM_TOPIC, autoescape=True)
    return and_(messages.c.delivery.in_(UNREACHED), messages.c.speaker == "person", written_there, ~told)


def _is_free(writing: Writing) -> ColumnElement[bool]:
    sender, is_alone = writing
    free = topics.c.in_hand_by.is_(None) | (topics.c.in_hand_by == sender)
    return free | (True if is_alone else is_older(topics.c.in_hand_since, LEFT_AFTER))


def _topic(connection: Connection, which: ColumnElement[bool]) -> Topic:
    row = connection.execute(select(topics).where(which)).one()
    values = {name: value for name, value in row._mapping.items() if not name.startswith("in_hand")}
    return Topic(**values)
