"""The log as dialogues, for the export: conversations cut where they fell silent."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from bot.store.inbox.search import wording_of
from bot.store.labels.entities import as_entities, found_in
from bot.store.labels.rules import TrainingLabels
from bot.store.records import LoggedDialogue, LoggedEntity, LoggedTurn
from bot.store.tables.labels import entity_labels, feedback
from bot.store.tables.log import conversations, customers, decisions, messages, understandings

NOT_SAID = ("button", "command")  # what a customer pressed is no example of how customers write


def conversation_ids(connection: Connection, since: datetime | None) -> Sequence[int]:
    query = select(conversations.c.id).order_by(conversations.c.id)
    if since is not None:
        query = query.where(conversations.c.last_at >= since)
    return connection.execute(query).scalars().all()


def dialogues_of(
    connection: Connection,
    conversation_id: int,
    labels: TrainingLabels,
    *,
    silent_before: datetime,
    gap: timedelta,
) -> list[LoggedDialogue]:
    """The dialogues of one conversation in which nothing can be said any more.

    A silence of `gap` ends a dialogue; one whose last word is not older than `silent_before` is left
    for a later export, so that a dialogue is the same in every export that has it."""
    rows = connection.execute(_said_in(conversation_id)).all()
    opinions = connection.execute(_feedback_in(conversation_id)).all()
    stretches = [stretch for stretch in _stretches(rows, gap) if stretch[-1].at < silent_before]
    made = [_dialogue(stretch, opinions, labels) for stretch in stretches]
    return [dialogue for dialogue in made if any(turn.speaker == "customer" for turn in dialogue.turns)]


def _said_in(conversation_id: int) -> Any:
    decided, answered = decisions.alias("decided"), decisions.alias("answered")
    return (
        select(
            messages,
            understandings.c.intent,
            understandings.c.entities.label("found"),
            understandings.c.sentiment,
            decided.c.kind.label("decision_kind"),
            answered.c.answer_id,
            customers.c.name,
            entity_labels.c.entities.label("marked"),
        )
        .join(customers, customers.c.id == messages.c.customer_id)
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .outerjoin(entity_labels, entity_labels.c.message_id == messages.c.id)
        .outerjoin(decided, decided.c.message_id == messages.c.id)
        .outerjoin(answered, answered.c.message_id == messages.c.in_reply_to)
        .where(messages.c.conversation_id == conversation_id, messages.c.text != "")
        .order_by(messages.c.id)
    )


def _feedback_in(conversation_id: int) -> Any:
    return (
        select(feedback.c.message_id, feedback.c.value)
        .join(messages, messages.c.id == feedback.c.message_id)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(feedback.c.at, feedback.c.id)
    )


def _stretches(rows: Iterable[Row[Any]], gap: timedelta) -> Iterator[list[Row[Any]]]:
    stretch: list[Row[Any]] = []
    for row in rows:
        if stretch and row.at - stretch[-1].at > gap:
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _dialogue(
    stretch: Sequence[Row[Any]], opinions: Sequence[Row[Any]], labels: TrainingLabels
) -> LoggedDialogue:
    said = [row for row in stretch if row.speaker != "customer" or row.kind not in NOT_SAID]
    return LoggedDialogue(
        id=f"{stretch[0].channel}-{stretch[0].conversation_id}-{stretch[0].id}",
        channel=stretch[0].channel,
        started_at=stretch[0].at,
        ended_at=stretch[-1].at,
        outcome=_outcome(stretch, opinions),
        turns=tuple(_turn(row, labels) for row in said),
        names=tuple(sorted({row.name for row in stretch if row.name})),
    )


def _turn(row: Row[Any], labels: TrainingLabels) -> LoggedTurn:
    if row.speaker != "customer":
        return LoggedTurn(row.speaker, row.text, row.at, answer_id=row.answer_id)
    return LoggedTurn(
        speaker="customer",
        text=row.text,
        at=row.at,
        intent=labels.intent_of(row.id, wording_of(row.text)),
        predicted_intent=row.intent,
        entities=_entities(row),
        sentiment=row.sentiment,
    )


def _entities(row: Row[Any]) -> tuple[LoggedEntity, ...]:
    """What staff marked, else what was found."""
    found = found_in(row)
    if row.marked is not None:
        return as_entities(row.marked, row.text, found)
    return tuple(
        LoggedEntity(one["label"], one["start"], one["end"], one["text"], one["value"]) for one in found
    )


def _outcome(
    stretch: Sequence[Row[Any]], opinions: Sequence[Row[Any]]
) -> Literal["resolved", "handed_over", "unresolved"] | None:
    """Handed over where a person was called; else what the customer last said of the answers."""
    if any(row.decision_kind == "hand_over" for row in stretch):
        return "handed_over"
    ids = {row.id for row in stretch}
    values = [
        row.value for row in opinions if row.message_id in ids and row.value in ("helpful", "not_helpful")
    ]
    if not values:
        return None
    return "resolved" if values[-1] == "helpful" else "unresolved"
