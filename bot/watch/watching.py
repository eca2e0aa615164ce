"""The sentiment watch at work: looks every minute, keeps alerts, tells of them."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.looking import now_and_then
from bot.outgoing.webhook import Webhook
from bot.settings import Settings
from bot.store.insights.alerts import Alert, Felt, NewAlert
from bot.store.insights.days import midnight
from bot.store.insights.figures import Series, total
from bot.store.store import Store
from bot.watch.watch import Chart, Plan, observe, plans, replanned

LOOK_EVERY_S = 60.0
REPLAY_DAYS = 7  # that are read again after a start; the usual share is that of the weeks before
BASELINE_DAYS = 28
logger = logging.getLogger(__name__)


@dataclass
class Watching:
    """Follows the log message by message; after a start it catches up, and finds itself where it was."""

    store: Store
    settings: Settings
    webhook: Webhook
    charts: dict[Series, Chart] = field(default_factory=dict)
    plans: dict[Series, Plan] = field(default_factory=dict)
    _day: date | None = None
    _last_id: int | None = None
    _upset: set[tuple[int, date]] = field(default_factory=set)

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        await now_and_then(self.look, LOOK_EVERY_S, logger, "the sentiment watch could not look")

    async def look(self, now: datetime | None = None) -> None:
        """Take in what was said since the last time; raise and resolve alerts."""
        today = (now or datetime.now(UTC)).astimezone(self.settings.desk.zone).date()
        if self._day != today:
            await self._plan(today)
        while True:
            assert self._last_id is not None  # noqa: S101 - set with the plan
            felt, last_id = await self.store.alerts.felt_after(self._last_id)
            for message in felt:
                self._take_in(message)
            if last_id == self._last_id:
                break
            self._last_id = last_id
        await self._compare()

    async def _plan(self, today: date) -> None:
        """The shares that are usual, anew each day."""
        zone = self.settings.desk.zone
        begin = today - timedelta(days=REPLAY_DAYS)
        days = [begin - timedelta(days=back) for back in range(1, BASELINE_DAYS + 1)]
        figures = await self.store.insights.days(days, zone)
        n_days = sum(1 for one in figures.values() if one.messages)
        found = await asyncio.to_thread(plans, total(figures.values()).moods, n_days)
        self.charts = {
            series: replanned(self.charts.get(series, Chart()), self.plans.get(series), found[series])
            for series in found
        }
        self.plans, self._day = found, today
        self._upset = {one for one in self._upset if one[1] >= today - timedelta(days=1)}
        if self._last_id is None:
            self._last_id = await self.store.alerts.last_before(midnight(begin, zone))

    def _take_in(self, message: Felt) -> None:
        whose = message.conversation_id, message.at.astimezone(self.settings.desk.zone).date()
        if whose in self._upset:
            return  # one who stays upset counts once
        if message.is_unhappy:
            self._upset.add(whose)
        for series in message.series:
            if series in self.plans:
                chart, plan = self.charts[series], self.plans[series]
                self.charts[series] = observe(
                    chart, plan, message.id, message.at, is_unhappy=message.is_unhappy
                )

    async def _compare(self) -> None:
        """What the charts say with what is stored: each alert is raised and resolved once, whoever looks."""
        stored = {alert.series: alert for alert in await self.store.alerts.open()}
        for series, chart in self.charts.items():
            if chart.alarm is not None and series not in stored:
                run = chart.alarm
                share, usual = run.unhappy / run.n, self.plans[series].baseline
                alert = NewAlert(series, run.since, usual, share, run.n, run.first_id, run.last_id)
                self._tell(await self.store.alerts.raise_alert(alert))
        for series, open_alert in stored.items():
            if self.charts.get(series, Chart()).alarm is None:
                await self.store.alerts.resolve(open_alert.id)
                logger.info("alert %d is over", open_alert.id)

    def _tell(self, alert: Alert | None) -> None:
        """None: another process was first."""
        if alert is None:
            return
        # A product's name is the customer's own word: the console shows it.
        logger.warning(
            "alert %d: unhappy messages of a series by %s: %.0f %% of %d, usually %.0f %%",
            alert.id,
            alert.dimension,
            100 * alert.now,
            alert.n,
            100 * alert.baseline,
        )
        self.webhook.post(as_json(alert, self.settings))


def as_json(alert: Alert, settings: Settings) -> dict[str, Any]:
    """What the webhook gets."""
    return {
        "event": "unhappy_customers",
        "desk": settings.desk.name,
        "alert": alert.id,
        "dimension": alert.dimension,
        "value": alert.value,
        "since": alert.since.isoformat(timespec="seconds"),
        "baseline": round(alert.baseline, 4),
        "now": round(alert.now, 4),
        "n": alert.n,
        "first_message_id": alert.first_message_id,
        "last_message_id": alert.last_message_id,
    }
