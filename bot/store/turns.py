"""Turns: saved whole, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Row, ScalarResult, bindparam, func, insert, or_, select, update

from bot.messages import ConversationStatus, Decision, Draft, Message, Reply, Turn
from bot.store.arrivals import ensure_customer, make_conversation, turn_before
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.inbox.custody import lock_conversation, log_move
from bot.store.inbox.drafts import add_draft, settle_open
from bot.store.insights.days import SETTLED_AFTER, drop_days
from bot.store.rewording import put_words
from bot.store.tables.log import conversations, customers, decisions, messages, understandings
from bot.store.updates import finish_update
from bot.store.values import FORGOTTEN, button_rows, now, storable
from nlu.understanding import Understanding
from retrieval.candidates import Findings

_MESSAGE_ID = select(messages.c.id).where(
    messages.c.conversation_id == bindparam("conversation_id"),
    messages.c.external_id == bindparam("external_id"),
)
_AUTHOR = select(customers).where(customers.c.key == bindparam("customer_key"))
_NAMED = update(customers).where(customers.c.id == bindparam("customer_id"))
_OF_DECISION = tuple(one.name for one in fields(Decision))
_UNDERSTOOD = insert(understandings)
_DECIDED = insert(decisions)
_REPLIED = insert(messages).returning(messages.c.id)
_REMEMBERED = update(conversations).where(conversations.c.id == bindparam("conversation_id"))


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
    is_as_met = _is_as_met(stored, outcome)
    if not is_as_met and _said(connection, stored.id, message.external_id).first() is None:
        return None
    conversation_id = stored.id
    customer_id = _greet_customer(connection, message)
    values = _message_row(message, conversation_id, customer_id)
    values["quotes"] = _quoted(connection, conversation_id, message.quotes)
    message_id = insert_new(connection, messages, values, ("conversation_id", "external_id"))
    finish_update(connection, message.channel, message.update_id)
    if message_id is None:
        earlier = _said(connection, conversation_id, message.external_id).one()
        return turn_before(connection, message, conversation_id, earlier, stored.status)
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
        status=outcome.status,
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


def _said(connection: Connection, conversation_id: int, external_id: str) -> ScalarResult[int]:
    said = {"conversation_id": conversation_id, "external_id": storable(external_id)}
    return connection.scalars(_MESSAGE_ID, said)


def _greet_customer(connection: Connection, message: Message) -> int:
    """The author's id. Who writes has not blocked the bot, and goes by the name they have now."""
    row = connection.execute(_AUTHOR, {"customer_key": storable(message.customer_key)}).one_or_none()
    if row is None:
        return ensure_customer(connection, message.customer_key, storable(message.customer_name))
    name = storable(message.customer_name) or row.name
    if name != row.name or row.blocked_at is not None:
        connection.execute(_NAMED, {"customer_id": row.id, "name": name, "blocked_at": None})
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
        connection.execute(_UNDERSTOOD, values)
    if outcome.decision is not None:
        values = {name: getattr(outcome.decision, name) for name in _OF_DECISION}
        values |= {"message_id": message_id, "timings_ms": dict(outcome.timings_ms)}
        connection.execute(_DECIDED, values)


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
            "kind": "document" if reply.attachment else "text",
            "text": storable(reply.text),
            "attachment": reply.attachment,
            "versions": [],
            "at": now(),
            "in_reply_to": message_id,
            "buttons": button_rows(reply.buttons),
            "delivery": "pending",
        }
        stored.append(replace(reply, message_id=int(connection.execute(_REPLIED, values).scalar_one())))
    return tuple(stored)


def _save_state(connection: Connection, stored: Row[Any], outcome: Outcome) -> None:
    values: dict[str, Any] = {"state": outcome.state, "last_at": now()}
    if outcome.status != stored.status:
        # Customers' messages never give it to a person: who has it is what staff decide.
        values |= {"status": outcome.status, "status_since": now(), "assignee_id": None}
        log_move(connection, stored.id, status=outcome.status, reason=outcome.moved)
        settle_open(connection, stored.id, "dropped", None)
    connection.execute(_REMEMBERED, {"conversation_id": stored.id} | values)
