"""The drift watch at work: counts days that are over, compares the last week with the release's baseline, warns."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.looking import now_and_then
from bot.outgoing.webhook import Webhook
from bot.settings import Settings
from bot.store.insights.days import midnight
from bot.store.insights.drift import Far
from bot.store.store import Store
from bot.watch.drift import Compared, compare
from nlu.files import BadRelease, ReleaseFiles
from nlu.profile import UNKNOWN_LANGUAGE, Baseline, Profile

LOOK_EVERY_S = 600.0
PAUSE_S = 0.2  # after each day that was counted, so that customers come first
WINDOW_DAYS = 7
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How live traffic stands to a release's baseline; `baseline` is None where the release has none. `first` and `last` are
    the days looked at."""

    release: str
    baseline: Profile | None
    live: Profile
    measures: tuple[Compared, ...]
    first: date
    last: date


def baseline_of(settings: Settings, release: str) -> Baseline | None:
    """A release's own baseline, its messages that say too little of their language taken for the desk's, as live ones are;
    None where it has none."""
    try:
        found = Baseline.load(ReleaseFiles(settings.folder / "releases" / release).baseline)
    except BadRelease as error:
        logger.warning("drift is not watched: %s", error)
        return None
    if found is None:
        return None
    profile = found.profile
    languages, own = dict(profile.counts["language"]), settings.desk.language
    languages[own] = languages.get(own, 0.0) + languages.pop(UNKNOWN_LANGUAGE, 0.0)
    return replace(found, profile=replace(profile, counts={**profile.counts, "language": languages}))


def window(settings: Settings, now: datetime) -> list[date]:
    """The last days that are over, oldest first."""
    today = now.astimezone(settings.desk.zone).date()
    return [today - timedelta(days=back) for back in range(WINDOW_DAYS, 0, -1)]


async def standing(store: Store, settings: Settings, release: str, now: datetime | None = None) -> Standing:
    """What is counted so far of the last days beside the baseline."""
    days = window(settings, now or datetime.now(UTC))
    baseline = await asyncio.to_thread(baseline_of, settings, release)
    if baseline is None:
        return Standing(release, None, Profile(), (), days[0], days[-1])
    live = await store.drift.profile(days, settings.desk.zone, release, baseline.sure_from)
    return Standing(release, baseline.profile, live, compare(baseline.profile, live), days[0], days[-1])


async def farthest(store: Store, settings: Settings, found: Standing, *, limit: int) -> list[Far]:
    """The messages of those days that are farthest from what the release learned from."""
    zone = settings.desk.zone
    begin, end = midnight(found.first, zone), midnight(found.last + timedelta(days=1), zone)
    return await store.drift.farthest(begin, end, found.release, limit=limit)


@dataclass
class Drifting:
    """Follows the release that serves; does no harm where several processes do it at once."""

    store: Store
    settings: Settings
    webhook: Webhook
    release: Callable[[], str]
    pause_s: float = PAUSE_S

    async def run(self) -> None:
        """Look every ten minutes, until cancelled."""
        await now_and_then(self.look, LOOK_EVERY_S, logger, "the drift watch could not look")

    async def look(self, now: datetime | None = None) -> None:
        """Count what is to be counted; warn of what moved, and take back what no longer holds."""
        await self.count(now)
        found = await standing(self.store, self.settings, self.release(), now)
        moved = {one.measure: one for one in found.measures if one.is_drift}
        for warning in await self.store.drift.open():
            if warning.release != found.release or warning.measure not in moved:
                await self.store.drift.resolve(warning.id)
        for measure, one in moved.items():
            await self._warn(found.release, measure, one)

    async def count(self, now: datetime | None = None) -> None:
        """Count the last days, one after the other."""
        release = self.release()
        baseline = await asyncio.to_thread(baseline_of, self.settings, release)
        if baseline is None:
            return
        days, zone = window(self.settings, now or datetime.now(UTC)), self.settings.desk.zone
        is_more = True
        while is_more:
            is_more = await self.store.drift.count_next(days, zone, release, baseline.sure_from)
            await asyncio.sleep(self.pause_s if is_more else 0)

    async def _warn(self, release: str, measure: str, one: Compared) -> None:
        warning = await self.store.drift.warn(release, measure, p=one.p, distance=one.distance, n=one.n)
        if warning is None:
            return  # it is known, or another process was first
        logger.warning(
            "drift of %s: %.0f %% of messages are unlike those release %s was made with",
            measure,
            100 * one.distance,
            release,
        )
        self.webhook.post(as_json(warning.id, release, one, self.settings))


def as_json(warning_id: int, release: str, one: Compared, settings: Settings) -> dict[str, Any]:
    """What the webhook gets."""
    return {
        "event": "drift",
        "desk": settings.desk.name,
        "warning": warning_id,
        "release": release,
        "measure": one.measure,
        "distance": round(one.distance, 4),
        "p": one.p,
        "n": one.n,
    }
