"""Releases on trial: one at a time, what a shadow would have done, and what a canary did; one transaction a call."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from bot.store.audit import write_audit
from bot.store.candidates.canary import rates
from bot.store.candidates.records import (
    Deed,
    Disagreement,
    Rate,
    ReleaseRates,
    ShadowCounts,
    ShadowDecision,
    Trial,
    TrialKind,
    TrialOutcome,
)
from bot.store.databases.database import Database
from bot.store.databases.upsert import insert_if_new, insert_new
from bot.store.errors import StoreError
from bot.store.peers.news import tell
from bot.store.tables.accounts import staff
from bot.store.tables.log import customers, decisions, messages
from bot.store.tables.trials import trial_decisions, trials
from bot.store.values import now, storable

OPEN = "trial"


class Trials:
    """Releases on trial; `Store.trials`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(
        self, kind: TrialKind, release: str, beside: str, *, share: float | None = None, by: int | None = None
    ) -> Trial:
        """Put a release on trial beside the one that serves; `by` is a member of staff, None the command line.

        Raises StoreError where another is on trial."""
        return await self._database.write(_start, kind, release, beside, share, by)

    async def open(self) -> Trial | None:
        """The one that is going on."""
        return await self._database.read(_open)

    async def end(
        self, trial_id: int, outcome: TrialOutcome = "ended", reason: str = "", *, by: int | None = None
    ) -> bool:
        """Somebody ends it, `by` as of `start`; False where it had ended already."""
        return await self._database.write(_end, trial_id, outcome, reason, by, is_audited=True)

    async def close(self, trial_id: int, outcome: TrialOutcome, reason: str) -> bool:
        """It ends by itself; False where it had ended already."""
        return await self._database.write(_end, trial_id, outcome, reason, None, is_audited=False)

    async def find(self, trial_id: int) -> Trial | None:
        return await self._database.read(_find, trial_id)

    async def latest(self, limit: int = 1) -> list[Trial]:
        """The newest first, going on or over."""
        return await self._database.read(_latest, limit)

    async def record(self, trial_id: int, found: Sequence[ShadowDecision], *, dropped: int = 0) -> None:
        """Keep what a shadow would have done, once a message, unless the trial has ended or the customer was forgotten."""
        await self._database.write(_record, trial_id, found, dropped)

    async def counts(self, trial_id: int) -> ShadowCounts:
        """How a shadow compares so far."""
        return await self._database.read(_counts, trial_id)

    async def disagreements(
        self, trial_id: int, *, limit: int = 20, before_id: int | None = None, intent: str | None = None
    ) -> list[Disagreement]:
        """The newest first, those of messages with ids below `before_id`, of one intent of the serving release."""
        return await self._database.read(_disagreements, trial_id, limit, before_id, intent)

    async def rates(self, trial: Trial) -> tuple[ReleaseRates, ReleaseRates]:
        """What the serving release and the one on trial did since it began."""
        return await self._database.read(rates, trial)


def _start(
    connection: Connection, kind: TrialKind, release: str, beside: str, share: float | None, by: int | None
) -> Trial:
    if (kind == "canary") != (share is not None) or (share is not None and not 0 < share < 1):
        raise StoreError(f"a {kind} with the share {share}; a canary has one between 0 and 1, a shadow none")
    values = {
        "kind": kind, "release": storable(release), "beside": storable(beside), "share": share,
        "started_at": now(), "staff_id": by, "dropped": 0, "after_message_id": _newest(connection), "open_as": OPEN,
    }  # fmt: skip
    number = insert_new(connection, trials, values, ("open_as",))
    if number is None:
        met = _open(connection)
        raise StoreError(f"{met.release if met else 'another release'} is on trial; end that first")
    tell(connection, "trial")
    write_audit(connection, by, "trial_started", release, kind=kind, **({"share": share} if share else {}))
    started = _find(connection, number)
    assert started is not None  # noqa: S101 - just written
    return started


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.max(messages.c.id))).scalar() or 0)


def _end(
    connection: Connection, trial_id: int, outcome: str, reason: str, by: int | None, *, is_audited: bool
) -> bool:
    values = {
        "ended_at": now(), "outcome": outcome, "reason": storable(reason), "open_as": None,
        "last_message_id": _newest(connection),
    }  # fmt: skip
    is_open = trials.c.id == trial_id, trials.c.ended_at.is_(None)
    ended = update(trials).where(*is_open).values(values).returning(trials.c.kind, trials.c.release)
    row = connection.execute(ended).one_or_none()
    tell(connection, "trial")
    if row is not None and is_audited:
        write_audit(connection, by, "trial_ended", row.release, kind=row.kind, outcome=outcome)
    return row is not None


def end_trial_of(connection: Connection, release: str, reason: str) -> None:
    """End the trial of a release, where it is on one."""
    met = _open(connection)
    if met is not None and met.release == release:
        _end(connection, met.id, "ended", reason, None, is_audited=False)


def _record(connection: Connection, trial_id: int, found: Sequence[ShadowDecision], dropped: int) -> None:
    # Locked, so that it doesn't end meanwhile and show other figures than it ended with.
    locked = select(trials.c.id).where(trials.c.id == trial_id, trials.c.ended_at.is_(None)).with_for_update()
    if connection.execute(locked).one_or_none() is None:
        return
    if dropped:
        counted = update(trials).where(trials.c.id == trial_id).values(dropped=trials.c.dropped + dropped)
        connection.execute(counted)
    known = (
        select(messages.c.id)
        .join(customers, customers.c.id == messages.c.customer_id)
        .where(messages.c.id.in_([one.message_id for one in found]), customers.c.forgotten_at.is_(None))
        .with_for_update(
            of=customers, read=True
        )  # nobody is forgotten until this is written, and then goes with it
    )
    kept = set(connection.execute(known).scalars())
    for one in found:
        if one.message_id in kept:
            values = {
                "trial_id": trial_id, "message_id": one.message_id, "intent": one.intent, "confidence": one.confidence,
                "kind": one.kind, "reason": one.reason, "answer_id": one.answer_id, "agrees": one.agrees,
            }  # fmt: skip
            insert_if_new(connection, trial_decisions, values, ("trial_id", "message_id"))


def _counts(connection: Connection, trial_id: int) -> ShadowCounts:
    shadow, live = trial_decisions.c, decisions.c
    query = (
        select(live.intent, live.kind.label("live"), shadow.kind.label("shadow"), shadow.agrees, func.count().label("n"))
        .join(decisions, live.message_id == shadow.message_id)
        .where(shadow.trial_id == trial_id)
        .group_by(live.intent, live.kind, shadow.kind, shadow.agrees)
    )  # fmt: skip
    rows = connection.execute(query).all()
    by_intent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        by_intent[row.intent or ""][0] += row.n * row.agrees
        by_intent[row.intent or ""][1] += row.n

    def n(live: str | None = None, shadow: str | None = None) -> int:
        return sum(row.n for row in rows if live in {None, row.live} and shadow in {None, row.shadow})

    both = n("answer", "answer")
    return ShadowCounts(
        messages=n(),
        agreed=sum(row.n for row in rows if row.agrees),
        live_answered=n("answer"),
        shadow_answered=n(None, "answer"),
        only_live=n("answer") - both,
        only_shadow=n(None, "answer") - both,
        live_handed_over=n("hand_over"),
        shadow_handed_over=n(None, "hand_over"),
        by_intent={intent: Rate(*pair) for intent, pair in sorted(by_intent.items())},
    )


def _disagreements(
    connection: Connection, trial_id: int, limit: int, before_id: int | None, intent: str | None
) -> list[Disagreement]:
    shadow, live = trial_decisions.c, decisions.c
    query = (
        select(
            messages.c.id, messages.c.conversation_id, messages.c.at, messages.c.text,
            live.kind, live.reason, live.intent, live.answer_id,
            shadow.kind.label("its_kind"), shadow.reason.label("its_reason"),
            shadow.intent.label("its_intent"), shadow.answer_id.label("its_answer_id"),
        )
        .join(messages, messages.c.id == shadow.message_id)
        .join(decisions, live.message_id == shadow.message_id)
        .where(shadow.trial_id == trial_id, ~shadow.agrees)
        .order_by(shadow.message_id.desc())
        .limit(limit)
    )  # fmt: skip
    if before_id is not None:
        query = query.where(shadow.message_id < before_id)
    if intent is not None:
        query = query.where(live.intent == intent)
    return [
        Disagreement(
            row.id, row.conversation_id, row.at, row.text,
            Deed(row.kind, row.reason, row.intent, row.answer_id),
            Deed(row.its_kind, row.its_reason, row.its_intent, row.its_answer_id),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _open(connection: Connection) -> Trial | None:
    row = connection.execute(_select().where(trials.c.open_as == OPEN)).one_or_none()
    return None if row is None else _trial_from(row)


def _find(connection: Connection, trial_id: int) -> Trial | None:
    row = connection.execute(_select().where(trials.c.id == trial_id)).one_or_none()
    return None if row is None else _trial_from(row)


def _latest(connection: Connection, limit: int) -> list[Trial]:
    return [
        _trial_from(row) for row in connection.execute(_select().order_by(trials.c.id.desc()).limit(limit))
    ]


def _select() -> Select[Any]:
    return select(trials, staff.c.name, staff.c.email).outerjoin(staff, staff.c.id == trials.c.staff_id)


def _trial_from(row: Row[Any]) -> Trial:
    return Trial(
        id=row.id,
        kind=row.kind,
        release=row.release,
        beside=row.beside,
        share=row.share,
        started_at=row.started_at,
        by=row.name or row.email or "",
        dropped=row.dropped,
        after_message_id=row.after_message_id,
        last_message_id=row.last_message_id,
        ended_at=row.ended_at,
        outcome=row.outcome,
        reason=row.reason,
    )
