"""What a turn is in the log: the values of its rows, but for the ids that lead from one to the other."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Table

from bot.messages import Decision, Message, Reply
from bot.store.tables.log import decisions, understandings
from bot.store.turns.outcome import Outcome
from bot.store.values import button_rows, now, storable
from nlu.understanding import Understanding
from retrieval.candidates import Findings

_OF_DECISION = tuple(one.name for one in fields(Decision))


def message_row(message: Message) -> dict[str, Any]:
    """What the customer said."""
    return {
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


def reply_row(message: Message, reply: Reply) -> dict[str, Any]:
    """What the desk says to it, on its way."""
    return {
        "channel": message.channel,
        "speaker": "bot",
        "kind": "document" if reply.attachment else "text",
        "text": storable(reply.text),
        "attachment": reply.attachment,
        "versions": [],
        "at": now(),
        "buttons": button_rows(reply.buttons),
        "delivery": "pending",
    }


def rows_beside(outcome: Outcome) -> Iterator[tuple[Table, dict[str, Any]]]:
    """What was made of the message: one row each of tables whose key it is."""
    if outcome.understanding is not None:
        row = _understanding_row(outcome.understanding, outcome.findings)
        yield understandings, {"release": outcome.release} | row
    if outcome.decision is not None:
        row = {name: getattr(outcome.decision, name) for name in _OF_DECISION}
        yield decisions, row | {"timings_ms": dict(outcome.timings_ms)}


def _understanding_row(understanding: Understanding, findings: Findings | None) -> dict[str, Any]:
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
