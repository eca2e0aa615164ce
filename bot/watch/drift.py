"""Whether customers still write what the release was made for: pure functions over counts.

Each measure (length, language, intent, distance to the training set, share sure enough to be answered) is a split of
messages into bins, and a week of live ones is tested against the held-out ones of the training by a two-sample chi-square
test of homogeneity. Messages of one conversation are alike, so each conversation counts as one, its messages in equal
parts: the variance of such counts is that of independent ones at most. Five measures are looked
at every day; by Bonferroni's correction a single test has LEVEL / (5 * 30). A difference that is beyond noise but small
is no reason to worry anybody: it takes LEAST_DISTANCE as well."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nlu.profile import LENGTHS, MEASURES, NEARNESS, Measure, Profile

LEVEL = 1.0  # false warnings a month, at most, by the bound
LOOKS = 30
MIN_DIALOGUES = 50.0  # of both
MIN_EXPECTED = 5.0  # in a bin; rarer ones are put together
BORDERS: dict[str, tuple[float, ...]] = {"length": (0, *LENGTHS, 800), "distance": (0, *NEARNESS, 1)}
LEAST_DISTANCE = 0.08  # total variation: the share of messages that would have to be others


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of live traffic beside the baseline: the p of the test, the share of messages that would have to be others
    for both to be the same (total variation distance), and the bins that gained and lost most, by share."""

    measure: Measure
    n: int  # live messages
    p: float
    distance: float
    shares: tuple[tuple[str, float, float], ...]  # bin, share before, share now; the largest changes first

    @property
    def middles(self) -> tuple[float, float] | None:
        """The median before and now of a length in characters or a nearness, the share that is sure; None for names."""
        if self.measure == "sure":
            return next(((before, now) for name, before, now in self.shares if name == "1"), (0.0, 0.0))
        borders = BORDERS.get(self.measure)
        if borders is None:
            return None
        return _median(self.shares, 1, borders), _median(self.shares, 2, borders)

    @property
    def is_drift(self) -> bool:
        return self.p < LEVEL / (LOOKS * len(MEASURES)) and self.distance >= LEAST_DISTANCE


def compare(baseline: Profile, live: Profile) -> tuple[Compared, ...]:
    """All measures for which there are enough dialogues."""
    found = []
    for measure in MEASURES:
        before, after = baseline.counts[measure], live.counts[measure]
        if min(sum(before.values()), sum(after.values())) >= MIN_DIALOGUES:
            shares = _shares(before, after)
            distance = sum(abs(now - then) for _, then, now in shares) / 2
            found.append(Compared(measure, live.n, homogeneity(before, after), distance, shares))
    return tuple(found)


def homogeneity(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The p of the chi-square test that both counts are of one distribution."""
    cells = _pooled(one, other)
    if len(cells) < 2:
        return 1.0
    sums = [sum(column) for column in zip(*cells, strict=True)]
    statistic = sum(
        (met - expected) ** 2 / expected
        for cell in cells
        for met, expected in zip(cell, (sum(cell) * size / sum(sums) for size in sums), strict=True)
    )
    return chi_square_tail(statistic, len(cells) - 1)


def _pooled(one: Mapping[str, float], other: Mapping[str, float]) -> list[tuple[float, float]]:
    """Counts of both by bin, those with too few expected in one."""
    pairs = sorted(((one.get(name, 0.0), other.get(name, 0.0)) for name in {**one, **other}), key=sum)
    sizes = [sum(pair[i] for pair in pairs) for i in (0, 1)]
    least = min(sizes) / sum(sizes)
    rare = [pair for pair in pairs if sum(pair) * least < MIN_EXPECTED]
    cells = pairs[len(rare) :]
    rest = sum(pair[0] for pair in rare), sum(pair[1] for pair in rare)
    if sum(rest) * least < MIN_EXPECTED and cells:
        rest, cells = (rest[0] + cells[0][0], rest[1] + cells[0][1]), cells[1:]
    return [*cells, rest]


def _shares(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[tuple[str, float, float], ...]:
    sizes = sum(one.values()), sum(other.values())
    found = [
        (name, one.get(name, 0.0) / sizes[0], other.get(name, 0.0) / sizes[1])
        for name in sorted({**one, **other})
    ]
    return tuple(sorted(found, key=lambda share: -abs(share[2] - share[1])))


def _median(shares: tuple[tuple[str, float, float], ...], which: int, borders: tuple[float, ...]) -> float:
    """Where half of the messages lie below, on a straight line through its bin."""
    below = 0.0
    for name, *share in sorted(shares, key=lambda one: int(one[0])):
        here, place = share[which - 1], int(name)
        if here and below + here >= 0.5:
            return borders[place] + (0.5 - below) / here * (borders[place + 1] - borders[place])
        below += here
    return 0.0


def chi_square_tail(x: float, freedom: int) -> float:
    """The probability that a chi-square variable exceeds x: the regularised upper incomplete gamma function.

    By its series below the mean, else by its continued fraction (Lentz's method; Press et al. 2007, section 6.2)."""
    a, x = freedom / 2, x / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while term > total * 1e-12:
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b = x + 1 - a
    c, d = 1e300, 1 / b
    fraction = d
    for i in range(1, 1000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        fraction *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return front * fraction
