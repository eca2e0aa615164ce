"""The sums of a stretch of time: what a day's row holds, and what days add up to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

Dimension = Literal["all", "intent", "channel", "product"]
Series = tuple[Dimension, str]  # ("intent", "refund"); ("all", "") are all messages
HOURS = 24


class Mood(NamedTuple):  # there are thousands on a page; dataclasses take three times as long to make
    """How many messages of a series there were and how many of them unhappy: negative or angry.

    `counted` and `first_unhappy` leave out what follows a conversation's first unhappy message of the day: for
    whoever asks whether more customers are unhappy, one who is upset counts once."""

    n: int = 0
    unhappy: int = 0
    counted: int = 0
    first_unhappy: int = 0

    @property
    def share(self) -> float | None:
        """Of unhappy messages, 0..1; None without messages."""
        return self.unhappy / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a stretch of time; the definitions are those of docs/console.md.

    `outcomes`: messages by what became of them (answer, ask, clarify, hand_over, person, none); `unanswered`:
    messages by the reason they had no answer; `intents`: conversations in which each was asked; `waits_s` and
    `closings_s`: seconds, one for each; `hours`: messages by hour of the day."""

    messages: int = 0
    conversations: int = 0
    resolved: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    moods: dict[Series, Mood] = field(default_factory=dict)
    hours: tuple[int, ...] = (0,) * HOURS
    handovers: int = 0
    waits_s: tuple[float, ...] = ()
    closings_s: tuple[float, ...] = ()
    helpful: int = 0
    not_helpful: int = 0

    def share(self, *outcomes: str) -> float | None:
        """Of the messages with one of these outcomes, 0..1; None without messages."""
        return sum(self.outcomes[one] for one in outcomes) / self.messages if self.messages else None

    def mood(self, series: Series = ("all", "")) -> Mood:
        return self.moods.get(series, Mood())


def total(several: Iterable[Figures]) -> Figures:
    """All of them together."""
    found = list(several)
    moods: dict[Series, list[int]] = {}
    for figures in found:
        for series, mood in figures.moods.items():
            sums = moods.setdefault(series, [0, 0, 0, 0])
            sums[0] += mood.n
            sums[1] += mood.unhappy
            sums[2] += mood.counted
            sums[3] += mood.first_unhappy
    return Figures(
        messages=sum(one.messages for one in found),
        conversations=sum(one.conversations for one in found),
        resolved=sum(one.resolved for one in found),
        outcomes=_summed(one.outcomes for one in found),
        unanswered=_summed(one.unanswered for one in found),
        intents=_summed(one.intents for one in found),
        moods={series: Mood(*sums) for series, sums in moods.items()},
        hours=tuple(sum(hour) for hour in zip(*(one.hours for one in found), strict=True)) or (0,) * HOURS,
        handovers=sum(one.handovers for one in found),
        waits_s=tuple(wait for one in found for wait in one.waits_s),
        closings_s=tuple(closing for one in found for closing in one.closings_s),
        helpful=sum(one.helpful for one in found),
        not_helpful=sum(one.not_helpful for one in found),
    )


def _summed(counters: Iterable[Counter[str]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for counter in counters:
        summed.update(counter)
    return summed


def to_json(figures: Figures) -> dict[str, Any]:
    """As it is stored; JSON knows no tuples as keys."""
    moods = [
        [*series, mood.n, mood.unhappy, mood.counted, mood.first_unhappy]
        for series, mood in figures.moods.items()
    ]
    values = {one.name: getattr(figures, one.name) for one in fields(figures)}
    return values | {"moods": moods}


def from_json(stored: dict[str, Any]) -> Figures:
    """Back from to_json."""
    counters = {name: Counter(stored[name]) for name in ("outcomes", "unanswered", "intents")}
    lists = {name: tuple(stored[name]) for name in ("hours", "waits_s", "closings_s")}
    moods = {(one[0], one[1]): Mood(*one[2:]) for one in stored["moods"]}
    return Figures(**stored | counters | lists | {"moods": moods})
