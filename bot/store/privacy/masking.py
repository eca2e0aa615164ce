"""Personal data in conversations that are over give way to placeholders; what can be counted and learned stays.

Conversation by conversation: read, masked elsewhere, written back where nothing was changed meanwhile."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, func, select, update

from bot.messages import WITH_PEOPLE
from bot.store.databases.database import Database
from bot.store.inbox.search import reindex
from bot.store.labels.entities import as_entities, found_in
from bot.store.peers.news import tell
from bot.store.privacy.emptying import is_emptied
from bot.store.records import LoggedEntity
from bot.store.tables.labels import corrections, entity_labels
from bot.store.tables.log import conversations, customers, messages, ratings, understandings
from bot.store.tables.staff_work import drafts, notes, topic_posts, topics
from bot.store.values import entities_from, now

PERSON = "person"  # the entity type of names

Place = Literal["messages", "versions", "notes", "ratings", "drafts", "corrections", "topics"]
Entities = tuple[LoggedEntity, ...]
# (text, its entities, what is known to be personal in the conversation: text -> entity type) -> the same masked; an
# entity that was masked lies on its placeholder and has no value.
Mask = Callable[[str, Entities, Mapping[str, str]], tuple[str, Entities]]


@dataclass(frozen=True, slots=True)
class Words:
    """A text of a conversation and where it stands; `nth` of several in a row."""

    place: Place
    id: int
    text: str
    entities: Entities = ()
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """All texts of a conversation, and what is known to be personal in them; `last_at` is when the last was said."""

    conversation_id: int
    last_at: datetime
    words: tuple[Words, ...]
    known: Mapping[str, str]

    def masked(self, mask: Mask) -> tuple[Words, ...]:
        found = []
        for one in self.words:
            text, entities = mask(one.text, one.entities, self.known)
            found.append(replace(one, text=text, entities=entities))
        return tuple(found)


class Masking:
    """Conversations over since `before` that are to be masked; `Store.masking`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, before: datetime) -> int:
        query = select(func.count()).select_from(conversations).where(_is_due(before))
        return await self._database.read(lambda found: int(found.execute(query).scalar_one()))

    async def next(self, before: datetime) -> Told | None:
        """A conversation that is to be masked; None where all are."""
        return await self._database.read(_next, before)

    async def put(self, told: Told, masked: Sequence[Words]) -> None:
        """Write the masked texts in place of those told, unless the conversation went on meanwhile; where a text of it
        was changed, that stays, and the conversation is the next again."""
        await self._database.write(_put, told, masked)


def _is_due(before: datetime) -> ColumnElement[bool]:
    is_masked = and_(
        conversations.c.masked_at.is_not(None), conversations.c.masked_at >= conversations.c.last_at
    )
    is_over = and_(conversations.c.last_at < before, conversations.c.status.not_in(WITH_PEOPLE))
    return and_(is_over, ~is_emptied(conversations), ~is_masked)


def _next(connection: Connection, before: datetime) -> Told | None:
    query = select(conversations.c.id, conversations.c.last_at).where(_is_due(before))
    row = connection.execute(query.order_by(conversations.c.id).limit(1)).one_or_none()
    return None if row is None else _told_in(connection, row.id, row.last_at)


def _told_in(connection: Connection, conversation_id: int, last_at: datetime) -> Told:
    words: list[Words] = []
    known: dict[str, str] = {}
    for row in connection.execute(_said(conversation_id)):
        found = entities_from(list(found_in(row)))
        marked = as_entities(row.marked, row.text, found_in(row)) if row.marked is not None else found
        # The marks are of the words as they are now; what was found is of the first ones.
        known |= {one.text: one.label for one in (*entities_from(row.found or []), *marked)}
        words.append(Words("messages", row.id, row.text, marked))
        versions = enumerate(row.versions)
        words += [Words("versions", row.id, version["text"], nth=nth) for nth, version in versions]
    names = select(customers.c.name).where(
        customers.c.id.in_(select(messages.c.customer_id).where(_in(messages, conversation_id)))
    )
    for name in connection.execute(names).scalars():
        known |= dict.fromkeys((name, *name.split()), PERSON)
    for place, column, which in _beside(conversation_id):
        query = select(column.table.primary_key.columns[0].label("id"), column.label("text"))
        words += [Words(place, row.id, row.text) for row in connection.execute(query.where(which))]
    return Told(conversation_id, last_at, tuple(one for one in words if one.text), known)


def _said(conversation_id: int) -> Any:
    return (
        select(
            messages.c.id,
            messages.c.text,
            messages.c.versions,
            understandings.c.entities.label("found"),
            entity_labels.c.entities.label("marked"),
        )
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .outerjoin(entity_labels, entity_labels.c.message_id == messages.c.id)
        .where(_in(messages, conversation_id))
        .order_by(messages.c.id)
    )


def _beside(conversation_id: int) -> list[tuple[Place, Column[Any], ColumnElement[bool]]]:
    ids = select(messages.c.id).where(_in(messages, conversation_id))
    return [
        ("notes", notes.c.text, _in(notes, conversation_id)),
        ("ratings", ratings.c.comment, _in(ratings, conversation_id)),
        ("drafts", drafts.c.text, _in(drafts, conversation_id)),
        ("topics", topics.c.subject, _in(topics, conversation_id)),
        ("corrections", corrections.c.text, corrections.c.message_id.in_(ids)),
    ]


def _in(table: Table, conversation_id: int) -> ColumnElement[bool]:
    found: ColumnElement[bool] = table.c.conversation_id == conversation_id
    return found


def _put(connection: Connection, told: Told, masked: Sequence[Words]) -> None:
    query = select(conversations.c.last_at, conversations.c.status)
    held = query.where(conversations.c.id == told.conversation_id).with_for_update()
    row = connection.execute(held).one()
    if row.last_at != told.last_at or row.status in WITH_PEOPLE:
        return
    is_whole = True
    versions: dict[int, dict[int, str]] = defaultdict(dict)
    for before, after in zip(told.words, masked, strict=True):
        if after.place == "versions":
            versions[after.id][after.nth] = after.text
        elif after.place == "messages":
            is_whole &= _put_message(connection, before, after)
        elif before.text != after.text:
            column = next(one for place, one, _ in _beside(told.conversation_id) if place == after.place)
            is_whole &= _put_text(connection, column, before, after)
    _put_versions(connection, versions)
    _put_conversation(connection, told.conversation_id, is_whole=is_whole)


def _put_message(connection: Connection, before: Words, after: Words) -> bool:
    if not _is_still(connection, messages.c.text, before):
        return False
    # Buttons of a conversation that is over are pressed no longer; a failure may quote the channel's id.
    values = {"text": after.text, "buttons": [], "failure": ""}
    connection.execute(update(messages).where(messages.c.id == after.id).values(values))
    if before.text != after.text:
        reindex(connection, after.id, after.text)
        if before.text:
            tell(connection, "memory")
    found = [
        {
            "label": one.label,
            "start": one.start,
            "end": one.end,
            "text": one.text,
            "value": one.value,
        }
        for one in after.entities
    ]
    understood = update(understandings).where(understandings.c.message_id == after.id)
    connection.execute(understood.values(entities=found))
    marks = [{"start": one.start, "end": one.end, "label": one.label} for one in after.entities]
    marked = update(entity_labels).where(entity_labels.c.message_id == after.id)
    connection.execute(marked.values(entities=marks))
    return True


def _put_text(connection: Connection, column: Column[Any], before: Words, after: Words) -> bool:
    if not _is_still(connection, column, before):
        return False
    is_it = column.table.primary_key.columns[0] == after.id
    connection.execute(update(column.table).where(is_it).values({column.name: after.text}))
    return True


def _is_still(connection: Connection, column: Column[Any], before: Words) -> bool:
    """Whether nobody changed the text meanwhile, nor will until the end of the transaction."""
    query = select(column).where(column.table.primary_key.columns[0] == before.id).with_for_update()
    return bool(connection.execute(query).scalar_one_or_none() == before.text)


def _put_versions(connection: Connection, changed: Mapping[int, Mapping[int, str]]) -> None:
    query = select(messages.c.id, messages.c.versions).where(messages.c.id.in_(list(changed)))
    for row in connection.execute(query).all():
        texts = changed[row.id]
        versions = [one | {"text": texts.get(nth, "")} for nth, one in enumerate(row.versions)]
        connection.execute(update(messages).where(messages.c.id == row.id).values(versions=versions))


def _put_conversation(connection: Connection, number: int, *, is_whole: bool) -> None:
    connection.execute(update(drafts).where(_in(drafts, number)).values(buttons=[], state={}))
    connection.execute(update(topic_posts).where(_in(topic_posts, number)).values(suggestions=[]))
    over = update(conversations).where(conversations.c.id == number)
    connection.execute(over.values({"state": {}} | ({"masked_at": now()} if is_whole else {})))
