"""How long customers waited for a person, and until it was done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, func, select

from bot.store.tables.log import custody_changes, messages

moves = custody_changes.c
REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds, one for each reply or closing, in the order of the conversations."""

    replies_s: tuple[float, ...]
    closings_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    """A conversation changed hands, `what` being the status after it; or a person replied."""

    conversation_id: int
    at: datetime
    what: str


def count_handovers(connection: Connection, begin: datetime, end: datetime) -> int:
    """Conversations that came to wait for a person; what staff give back to the team is none."""
    query = select(func.count()).where(
        moves.at >= begin, moves.at < end, moves.status == "waiting", moves.reason != "unassigned"
    )
    return int(connection.execute(query).scalar_one())


def waits(connection: Connection, begin: datetime, end: datetime) -> Waits:
    """From each hand-over to the first reply of a person, and from when people came to have a conversation until
    they closed it: of the replies given and the conversations closed in this time."""
    replies: list[float] = []
    closings: list[float] = []
    events = _events(connection, begin, end)
    for _, of_one in groupby(events, attrgetter("conversation_id")):
        for what, at, seconds in _walk(of_one):
            if begin <= at < end:
                (replies if what == REPLY else closings).append(seconds)
    return Waits(tuple(replies), tuple(closings))


def _events(connection: Connection, begin: datetime, end: datetime) -> list[_Event]:
    """All up to `end` of the conversations in which a person replied, or that were closed."""
    replied = select(messages.c.conversation_id).where(
        messages.c.speaker == "person", messages.c.at >= begin, messages.c.at < end
    )
    closed = select(moves.conversation_id).where(moves.status == "closed", moves.at >= begin, moves.at < end)
    ids = set(connection.execute(replied.union(closed)).scalars())
    events: list[_Event] = []
    for part in _parts(sorted(ids)):
        changed = select(moves.conversation_id, moves.at, moves.status)
        said = select(messages.c.conversation_id, messages.c.at).where(messages.c.speaker == "person")
        rows = connection.execute(
            changed.where(moves.conversation_id.in_(part), moves.at < end).order_by(moves.id)
        )
        events += [_Event(row.conversation_id, row.at, row.status) for row in rows]
        spoken = connection.execute(
            said.where(messages.c.conversation_id.in_(part), messages.c.at < end).order_by(messages.c.id)
        )
        events += [_Event(row.conversation_id, row.at, REPLY) for row in spoken]
    # Who answers takes it first, at the same moment: the sort is stable.
    return sorted(events, key=attrgetter("conversation_id", "at"))


def _parts(ids: list[int], size: int = 500) -> Iterator[list[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _walk(events: Iterable[_Event]) -> Iterator[tuple[str, datetime, float]]:
    """The first replies and closings of a conversation, with when they were and after how many seconds."""
    began: datetime | None = None
    waits_since: datetime | None = None
    for event in events:
        if event.what == REPLY and waits_since is not None:
            yield REPLY, event.at, (event.at - waits_since).total_seconds()
            waits_since = None
        elif event.what in {"waiting", "person"} and began is None:
            began = event.at
            waits_since = event.at if event.what == "waiting" else None
        elif event.what in {"bot", "closed"}:
            if event.what == "closed" and began is not None:
                yield "closed", event.at, (event.at - began).total_seconds()
            began = waits_since = None
