"""Removes what is older than [retention] keeps: every night, or when `kefu retention` is typed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.looking import now_and_then
from bot.settings import Retention, Settings
from bot.store.privacy.masking import Mask
from bot.store.privacy.retention import Kind
from bot.store.store import Store
from bot.timetable import parse_timetable

LOOK_EVERY_S = 60.0
MASKED = "masked"  # conversations, beside the kinds that go
PAUSE_S = 0.2  # after each step, so that customers come first

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retaining:
    """The work of one process; broken off, it goes on where it was at the next look."""

    store: Store
    settings: Settings
    mask: Mask | None = None  # needed where [retention] mask_days is set
    pause_s: float = PAUSE_S

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        await now_and_then(
            lambda: self.look(datetime.now(UTC)), LOOK_EVERY_S, logger, "retention was interrupted"
        )

    async def look(self, moment: datetime) -> None:
        """Remove what is due, unless that was done since the last time of the timetable; a missed one is made up for."""
        table = parse_timetable(self.settings.retention.every, self.settings.desk.zone)
        if table is None or not does_something(self.settings.retention):
            return
        last = await self.store.retention.last_run()
        if last is None or last < table.last(moment):
            async for _, _ in self.remove(moment):
                await asyncio.sleep(self.pause_s)

    async def remove(self, moment: datetime) -> AsyncIterator[tuple[str, int]]:
        """Remove in steps, then mask; yields the kind and how many of it went so far. The end is noted in the audit
        log."""
        removed: dict[str, int] = {}
        for kind, before in cutoffs(self.settings.retention, moment).items():
            removed[kind] = 0
            while n_rows := await self.store.retention.step(kind, before):
                removed[kind] += n_rows
                yield kind, removed[kind]
        async for count in self._mask_over(moment):
            removed[MASKED] = count
            yield MASKED, count
        await self.store.retention.end(removed)
        told = ", ".join(f"{number} {kind}" for kind, number in removed.items() if number) or "nothing"
        logger.info("retention removed %s", told)

    async def _mask_over(self, moment: datetime) -> AsyncIterator[int]:
        days, count = self.settings.retention.mask_days, 0
        if not days or self.mask is None:
            return
        before = moment - timedelta(days=days)
        while (told := await self.store.masking.next(before)) is not None:
            await self.store.masking.put(told, await asyncio.to_thread(told.masked, self.mask))
            count += 1
            yield count


def does_something(kept: Retention) -> bool:
    """Whether anything is kept for a time only."""
    return bool(kept.mask_days or cutoffs(kept, datetime.now(UTC)))


def cutoffs(kept: Retention, moment: datetime) -> dict[Kind, datetime]:
    """Until when each kind goes, in the order they go; those that are kept for good are left out."""
    days: dict[Kind, int] = {
        "labels": kept.labels_days,
        "attachments": kept.attachments_days,
        "messages": kept.conversations_days,
        "notes": kept.conversations_days,
        "conversations": kept.conversations_days,
        "customers": kept.conversations_days,
        "updates": kept.updates_days,
        "alerts": kept.alerts_days,
        "warnings": kept.alerts_days,
        "audit": kept.audit_days,
    }
    return {kind: moment - timedelta(days=number) for kind, number in days.items() if number}
