"""Turns: saved whole, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Row, ScalarResult, bindparam, func, insert, or_, select, update

from bot.messages import ConversationStatus, Decision, Draft, Message, Reply, Turn
from bot.store.arrivals import ensure_customer, make_conversation, turn_before
from bot.store.databases.together import Added, Changed, change_together
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
_NAMED = update(customers).where(customers.c.id == bindparam("customer_id"))
_OF_DECISION = tuple(one.name for one in fields(Decision))
_REPLIED = insert(messages).returning(messages.c.id)


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
    author_key = storable(message.customer_key)
    stored = lock_conversation(connection, conversation_id, author_key=author_key)
    if stored.key.startswith(
        FORGOTTEN
    ):  # meanwhile: what the customer writes now starts anew, knowing nothing
        conversation_id = make_conversation(connection, message).id
        stored = lock_conversation(connection, conversation_id, author_key=author_key)
        outcome = replace(outcome, state={}, met=stored.status, met_state=None)
    is_as_met = _is_as_met(stored, outcome)
    if not is_as_met and _said(connection, stored.id, message.external_id).first() is None:
        return None
    conversation_id = stored.id
    customer_id = _greet_customer(connection, message, stored)
    values = _message_row(message, conversation_id, customer_id)
    values["quotes"] = _quoted(connection, conversation_id, message.quotes)
    message_id = insert_new(connection, messages, values, ("conversation_id", "external_id"))
    finish_update(connection, message.channel, message.update_id)
    if message_id is None:
        earlier = _said(connection, conversation_id, message.external_id).one()
        return turn_before(connection, message, conversation_id, earlier, stored.status)
    if now() - message.received_at > SETTLED_AFTER:  # its day may have been counted without it
        drop_days(connection, [message.received_at])
    replies = _save_outcome(connection, message_id, values, stored, outcome)
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


def _greet_customer(connection: Connection, message: Message, stored: Row[Any]) -> int:
    """The author's id. Who writes has not blocked the bot, and goes by the name they have now."""
    if stored.author_id is None:
        return ensure_customer(connection, message.customer_key, storable(message.customer_name))
    name = storable(message.customer_name) or stored.author_name
    if name != stored.author_name or stored.author_blocked_at is not None:
        connection.execute(_NAMED, {"customer_id": stored.author_id, "name": name, "blocked_at": None})
    return int(stored.author_id)


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


def _save_outcome(
    connection: Connection, message_id: int, asked: Mapping[str, Any], stored: Row[Any], outcome: Outcome
) -> tuple[Reply, ...]:
    """All but the message itself; the replies with their ids, which rise in the order in which they are said."""
    changes: list[Added | Changed] = [*_outcome_rows(message_id, outcome)]
    changes.append(_state(connection, stored, outcome))
    rows = [_reply_row(message_id, asked, reply) for reply in outcome.replies]
    ids = [int(connection.execute(_REPLIED, row).scalar_one()) for row in rows[:-1]]
    changes += [Added(messages, row) for row in rows[-1:]]
    last_id = change_together(connection, changes)
    if last_id is not None:
        ids.append(last_id)
    return tuple(replace(reply, message_id=one) for reply, one in zip(outcome.replies, ids, strict=True))


def _outcome_rows(message_id: int, outcome: Outcome) -> Iterator[Added]:
    if outcome.understanding is not None:
        row = understanding_row(outcome.understanding, outcome.findings)
        yield Added(understandings, {"message_id": message_id, "release": outcome.release} | row)
    if outcome.decision is not None:
        values = {name: getattr(outcome.decision, name) for name in _OF_DECISION}
        values |= {"message_id": message_id, "timings_ms": dict(outcome.timings_ms)}
        yield Added(decisions, values)


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


def _reply_row(message_id: int, asked: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    return {name: asked[name] for name in ("conversation_id", "customer_id", "channel")} | {
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


def _state(connection: Connection, stored: Row[Any], outcome: Outcome) -> Changed:
    """What the conversation is after it; where that is another status, the change is kept at once."""
    values: dict[str, Any] = {"state": outcome.state, "last_at": now()}
    if outcome.status != stored.status:
        # Customers' messages never give it to a person: who has it is what staff decide.
        values |= {"status": outcome.status, "status_since": now(), "assignee_id": None}
        log_move(connection, stored.id, status=outcome.status, reason=outcome.moved)
        settle_open(connection, stored.id, "dropped", None)
    return Changed(conversations, stored.id, values)
