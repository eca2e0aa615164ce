"""A period in figures, beside the one before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.console.insights.periods import Period
from bot.console.insights.rising import rising
from bot.store.insights.figures import Figures, total
from bot.store.insights.insights import Insights
from bot.store.insights.opinions import Ratings


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two periods."""

    period: Period
    days: tuple[tuple[date, Figures], ...]
    all: Figures
    ratings: Ratings
    n_uncounted: int

    @property
    def resolved_share(self) -> float | None:
        return self.all.resolved / self.all.conversations if self.all.conversations else None

    @property
    def helpful_share(self) -> float | None:
        said = self.all.helpful + self.all.not_helpful
        return self.all.helpful / said if said else None


@dataclass(frozen=True, slots=True)
class Report:
    """Both, and the intents that are asked more than chance explains."""

    now: Side
    before: Side
    rising: frozenset[str]

    @property
    def n_uncounted(self) -> int:
        """Days whose figures are missing for now."""
        return self.now.n_uncounted + self.before.n_uncounted

    @property
    def n_days(self) -> int:
        return len(self.now.days) + len(self.before.days)

    @property
    def is_empty(self) -> bool:
        return not (self.now.all.messages or self.before.all.messages)


async def read_report(insights: Insights, period: Period, *, patience_s: float = math.inf) -> Report:
    """Everything but examples and alerts; days that aren't counted yet are counted until `patience_s` is over."""
    now, before = await _side(insights, period, patience_s), await _side(insights, period.before, patience_s)
    counts = now.all.conversations, before.all.conversations
    if now.n_uncounted or before.n_uncounted:
        return Report(now, before, frozenset())  # nothing is told of what is compared with half a period
    return Report(now, before, rising(now.all.intents, counts[0], before.all.intents, counts[1]))


async def _side(insights: Insights, period: Period, patience_s: float) -> Side:
    whole = period.days if period.is_whole else period.days[:-1]
    figures = await insights.days(whole, period.zone, patience_s=patience_s)
    n_uncounted = len(whole) - len(figures)
    if not period.is_whole:
        figures[period.last] = await insights.day(period.last, period.zone, end=period.end)
    days = tuple((day, figures.get(day, Figures())) for day in period.days)
    summed = total(figures for _, figures in days)
    ratings = await insights.ratings(period.begin, period.end)
    return Side(period, days, summed, ratings, n_uncounted)


def quantile(seconds: Sequence[float], share: float) -> float | None:
    """The value that `share` of them don't exceed, between neighbours in proportion; None of nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def by_weekday(days: Sequence[tuple[date, Figures]]) -> tuple[tuple[int, ...], ...]:
    """Messages by weekday, Monday first, and hour."""
    counts = [[0] * 24 for _ in range(7)]
    for day, figures in days:
        line = counts[day.weekday()]
        for hour, n in enumerate(figures.hours):
            line[hour] += n
    return tuple(tuple(line) for line in counts)
