"""Conversations and their turns: found, made, and saved in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from bot.messages import ConversationStatus, Decision, Draft, Message, Reply, Turn
from bot.store.custody import lock_conversation, log_move
from bot.store.days import SETTLED_AFTER, drop_days
from bot.store.drafts import add_draft, settle_open
from bot.store.errors import StoreError
from bot.store.records import Conversation
from bot.store.rewording import put_words
from bot.store.tables.log import conversations, customers, decisions, messages, understandings
from bot.store.updates import finish_update
from bot.store.upsert import insert_new
from bot.store.values import FORGOTTEN, button_rows, buttons_from, decision_from, now, storable
from nlu.understanding import Understanding
from retrieval.candidates import Findings


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that came of one message, ready to be saved; `decision` is None while a person has the conversation."""

    understanding: Understanding | None
    findings: Findings | None
    decision: Decision | None
    replies: Sequence[Reply]
    state: dict[str, Any]
    status: ConversationStatus
    met: ConversationStatus
    met_state: Mapping[str, Any] | None
    release: str
    timings_ms: Mapping[str, float]
    moved: str
    draft: Draft | None


def find_conversation(connection: Connection, message: Message) -> Conversation | None:
    """The conversation of a message, None unless both it and the customer were seen before."""
    query = (
        select(conversations, customers.c.id.label("author_id"), customers.c.language)
        .join(customers, customers.c.key == storable(message.customer_key))
        .where(conversations.c.key == storable(message.conversation_key))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _conversation_from(row)


def make_conversation(connection: Connection, message: Message) -> Conversation:
    """Insert what is missing of customer and conversation; safe beside another process doing the same."""
    customer_id = ensure_customer(connection, message.customer_key, storable(message.customer_name))
    values = {
        "key": storable(message.conversation_key),
        "channel": message.channel,
        "customer_id": customer_id,
        "status": "bot",
        "status_since": now(),
        "state": {},
        "created_at": now(),
    }
    insert_new(connection, conversations, values, ("key",))
    made = find_conversation(connection, message)
    if made is None:
        raise StoreError(f"conversation {values['key']!r} was removed while it was made; try again")
    return made


def ensure_customer(connection: Connection, key: str, name: str = "") -> int:
    """The id of the customer with this key, who is added where unknown."""
    values = {"key": storable(key), "name": name, "created_at": now()}
    insert_new(connection, customers, values, ("key",))
    query = select(customers.c.id).where(customers.c.key == values["key"])
    return int(connection.execute(query).scalar_one())


def set_language(connection: Connection, customer_key: str, language: str) -> None:
    customer_id = ensure_customer(connection, customer_key)
    chosen = update(customers).where(customers.c.id == customer_id).values(language=storable(language))
    connection.execute(chosen)


def find_turn(connection: Connection, message: Message) -> Turn | None:
    """The turn this message already had, with its stored replies; understanding and findings are not rebuilt."""
    query = (
        select(messages.c.id, messages.c.conversation_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(conversations.c.key == storable(message.conversation_key))
        .where(messages.c.external_id == storable(message.external_id))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _repeat(connection, message, row.conversation_id, row.id)


def save_turn(
    connection: Connection, message: Message, conversation_id: int, outcome: Outcome
) -> Turn | None:
    """Write a turn, or give back the one that was written for this message before; None where the conversation
    changed hands meanwhile."""
    if not message.external_id:
        raise StoreError(
            f"a message of {message.channel} has no external_id; wanted the channel's own id of it"
        )
    stored = lock_conversation(connection, conversation_id)
    if stored.key.startswith(
        FORGOTTEN
    ):  # meanwhile: what the customer writes now starts anew, knowing nothing
        stored = lock_conversation(connection, make_conversation(connection, message).id)
        outcome = replace(outcome, state={}, met=stored.status, met_state=None)
    if not _is_as_met(stored, outcome) and not _is_stored(connection, stored.id, message.external_id):
        return None
    conversation_id = stored.id
    customer_id = _greet_customer(connection, message)
    values = _message_row(message, conversation_id, customer_id)
    values["quotes"] = _quoted(connection, conversation_id, message.quotes)
    message_id = insert_new(connection, messages, values, ("conversation_id", "external_id"))
    finish_update(connection, message.channel, message.update_id)
    if message_id is None:
        earlier = _message_id(connection, conversation_id, message.external_id)
        return _repeat(connection, message, conversation_id, earlier)
    if now() - message.received_at > SETTLED_AFTER:  # its day may have been counted without it
        drop_days(connection, [message.received_at])
    _save_outcome(connection, message_id, outcome)
    replies = _save_replies(connection, message_id, values, outcome.replies)
    _save_state(connection, stored, outcome)
    if outcome.draft is not None:
        add_draft(connection, conversation_id, message_id, outcome.draft)
    return Turn(
        message=message,
        conversation_id=conversation_id,
        message_id=message_id,
        replies=replies,
        decision=outcome.decision,
        understanding=outcome.understanding,
        findings=outcome.findings,
        timings_ms=dict(outcome.timings_ms),
    )


def _is_as_met(stored: Row[Any], outcome: Outcome) -> bool:
    """Whether nobody had the conversation between the reading of it and now: not staff, nor a process that went on
    with it while the database was away from this one."""
    is_known = outcome.met_state is None or dict(stored.state) == outcome.met_state
    return bool(stored.status == outcome.met and is_known)


def replace_message(connection: Connection, message: Message) -> int | None:
    """Put the edited text in place, keeping the old one; None when the original was never stored."""
    query = (
        select(messages.c.id, messages.c.text, messages.c.versions)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(conversations.c.key == storable(message.conversation_key))
        .where(messages.c.external_id == storable(message.replaces))
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    put_words(connection, row, message.text, message.received_at)
    return int(row.id)


def _message_id(connection: Connection, conversation_id: int, external_id: str) -> int:
    return int(connection.execute(_with_external_id(conversation_id, external_id)).scalar_one())


def _is_stored(connection: Connection, conversation_id: int, external_id: str) -> bool:
    return connection.execute(_with_external_id(conversation_id, external_id)).first() is not None


def _with_external_id(conversation_id: int, external_id: str) -> Select[Any]:
    return select(messages.c.id).where(
        messages.c.conversation_id == conversation_id, messages.c.external_id == storable(external_id)
    )


def _greet_customer(connection: Connection, message: Message) -> int:
    """The author's id. Who writes has not blocked the bot, and goes by the name they have now."""
    query = select(customers).where(customers.c.key == storable(message.customer_key))
    row = connection.execute(query).one_or_none()
    if row is None:
        return ensure_customer(connection, message.customer_key, storable(message.customer_name))
    name = storable(message.customer_name) or row.name
    if name != row.name or row.blocked_at is not None:
        change = update(customers).where(customers.c.id == row.id).values(name=name, blocked_at=None)
        connection.execute(change)
    return int(row.id)


def _message_row(message: Message, conversation_id: int, customer_id: int) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "customer_id": customer_id,
        "channel": message.channel,
        "speaker": "customer",
        "kind": message.kind,
        "text": storable(message.text),
        "versions": [],
        "attachment": storable(message.attachment),
        "at": message.received_at,
        "external_id": storable(message.external_id),
        "buttons": [],
    }


def _quoted(connection: Connection, conversation_id: int, external_id: str) -> int | None:
    """The message that the channel calls so, whoever wrote it."""
    if not external_id:
        return None
    called = or_(messages.c.external_id == external_id, messages.c.delivered_as == external_id)
    query = select(func.max(messages.c.id)).where(messages.c.conversation_id == conversation_id, called)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _save_outcome(connection: Connection, message_id: int, outcome: Outcome) -> None:
    if outcome.understanding is not None:
        row = understanding_row(outcome.understanding, outcome.findings)
        values = {"message_id": message_id, "release": outcome.release} | row
        connection.execute(insert(understandings).values(values))
    if outcome.decision is not None:
        values = asdict(outcome.decision) | {"choices": list(outcome.decision.choices)}
        values |= {"message_id": message_id, "timings_ms": dict(outcome.timings_ms)}
        connection.execute(insert(decisions).values(values))


def understanding_row(understanding: Understanding, findings: Findings | None) -> dict[str, Any]:
    """What is kept of an understanding and the search: everything but the vectors."""
    class_intents = [[ranked.intent, ranked.prob] for ranked in understanding.intents[:5]]
    intents = class_intents
    if findings is not None:
        intents = [[ranked.intent, ranked.prob] for ranked in findings.intents[:5]]
    found = [] if findings is None else [*findings.answers, *findings.passages]
    return {
        "intent": intents[0][0] if intents else None,
        "prob": intents[0][1] if intents else None,
        "intents": intents,
        "class_intents": class_intents,
        "confidence": None if findings is None else findings.confidence,
        "scope_prob": None if findings is None else findings.scope_prob,
        "nearest": findings.neighbours[0].similarity if findings and findings.neighbours else None,
        "candidates": [[candidate.id, candidate.prob] for candidate in found],
        "entities": [asdict(entity) for entity in understanding.entities],
        "sentiment": understanding.sentiment,
        "language": understanding.language,
    }


def _save_replies(
    connection: Connection, message_id: int, asked: Mapping[str, Any], replies: Sequence[Reply]
) -> tuple[Reply, ...]:
    stored = []
    for reply in replies:
        values = {name: asked[name] for name in ("conversation_id", "customer_id", "channel")} | {
            "speaker": "bot",
            "kind": "text",
            "text": storable(reply.text),
            "versions": [],
            "at": now(),
            "in_reply_to": message_id,
            "buttons": button_rows(reply.buttons),
            "delivery": "pending",
        }
        result = connection.execute(insert(messages).values(values).returning(messages.c.id))
        stored.append(replace(reply, message_id=int(result.scalar_one())))
    return tuple(stored)


def _save_state(connection: Connection, stored: Row[Any], outcome: Outcome) -> None:
    values: dict[str, Any] = {"state": outcome.state, "last_at": now()}
    if outcome.status != stored.status:
        # Customers' messages never give it to a person: who has it is what staff decide.
        values |= {"status": outcome.status, "status_since": now(), "assignee_id": None}
        log_move(connection, stored.id, status=outcome.status, reason=outcome.moved)
        settle_open(connection, stored.id, "dropped", None)
    connection.execute(update(conversations).where(conversations.c.id == stored.id).values(values))


def _repeat(connection: Connection, message: Message, conversation_id: int, message_id: int) -> Turn:
    query = select(messages).where(messages.c.in_reply_to == message_id, messages.c.speaker == "bot")
    replies = connection.execute(query.order_by(messages.c.id)).all()
    decided = select(decisions).where(decisions.c.message_id == message_id)
    decision = connection.execute(decided).one_or_none()
    return Turn(
        message=message,
        conversation_id=conversation_id,
        message_id=message_id,
        replies=tuple(Reply(row.text, buttons_from(row.buttons), row.id) for row in replies),
        decision=None if decision is None else decision_from(decision),
        is_repeat=True,
        timings_ms={} if decision is None else dict(decision.timings_ms),
    )


def _conversation_from(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        customer_id=row.author_id,
        status=row.status,
        status_since=row.status_since,
        state=dict(row.state),
        assignee_id=row.assignee_id,
        language=row.language,
        channel=row.channel,
        key=row.key,
        last_at=row.last_at,
    )
