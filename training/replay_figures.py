"""Replayed requests add up to figures: coverage against agreement, for all and intent by intent, with examples."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.budget import Budget
from training.curves import Points, interval, thin
from training.replay import Judged, Request

N_EXAMPLES = 3  # of each kind, for each intent
N_SUREST = 12
UNKNOWN = -1  # in place of 0 or 1
LEAST_ON_CURVE = 10  # answers; the share of fewer jumps about
NO_INTENT = "(articles and others)"

Kind = Literal["agreed", "disagreed", "unjudged", "asked", "handed_over"]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n`, with the 95 % interval of the share (Wilson 1927)."""

    count: int
    n: int

    @property
    def value(self) -> float | None:
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return interval(self.count, self.n) if self.n else (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """What a budget's threshold does to the requests: the share answered, of the answers that have a person's reply
    beside them those that agree with it, and of those with a label those that are right."""

    budget: Budget
    answered: Share
    agreed: Share
    right: Share


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """The requests that are taken for an intent, right or not; `mostly` is what people's replies to the answers that
    don't agree are most like, and how often."""

    name: str
    n: int
    answered: Share
    agreed: Share
    right: Share
    mostly: tuple[tuple[str, int], ...]
    examples: tuple[tuple[Kind, tuple[Request, ...]], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of one release. `by_reason` counts (what it did, its word for why); `unseen` is the point of the chosen
    budget without requests that the release learned from."""

    release: str
    n_dialogues: int
    n_requests: int
    n_known: int
    first_at: datetime | None
    last_at: datetime | None
    by_did: dict[str, int]
    by_reason: tuple[tuple[str, str, int], ...]
    n_systems: int
    point: Point
    unseen: Point
    budgets: tuple[Point, ...]
    agreement: Points  # (coverage, share that agrees)
    rightness: Points  # (coverage, share that is right); () with too few labels
    intents: tuple[IntentFigures, ...]
    surest: tuple[Request, ...]  # answers that don't agree, the surest first


@dataclass
class _Kept:
    """A sample of bounded size, every request as likely as any other (reservoir sampling, Vitter 1985)."""

    n_met: int = 0
    requests: list[Request] = field(default_factory=list)

    def offer(self, request: Request, chance: np.random.Generator) -> None:
        self.n_met += 1
        if len(self.requests) < N_EXAMPLES:
            self.requests.append(request)
        elif (place := int(chance.integers(self.n_met))) < N_EXAMPLES:
            self.requests[place] = request


@dataclass
class Tally:
    """Takes in requests one by one; keeps a few numbers of each, and the words of some. `which` of the releases."""

    release: str
    budget: Budget
    budgets: Sequence[Budget]
    which: int = 0
    _confidence: "array[float]" = field(default_factory=lambda: array("d"))
    _answered: "array[int]" = field(default_factory=lambda: array("b"))
    _agrees: "array[int]" = field(default_factory=lambda: array("b"))
    _right: "array[int]" = field(default_factory=lambda: array("b"))
    _known: "array[int]" = field(default_factory=lambda: array("b"))
    _intent: "array[int]" = field(default_factory=lambda: array("l"))
    _names: dict[str, int] = field(default_factory=dict)
    _dids: Counter[tuple[str, str]] = field(default_factory=Counter)
    _mostly: dict[str, Counter[str]] = field(default_factory=dict)
    _examples: dict[tuple[str, Kind], _Kept] = field(default_factory=dict)
    _surest: list[Request] = field(default_factory=list)
    _span: list[datetime] = field(default_factory=list)
    _n_systems: int = 0
    _chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def add(self, request: Request) -> None:
        """Take a request into account."""
        judged = request.judged[self.which]
        deed, name = judged.deed, judged.deed.intent or NO_INTENT
        is_answered = deed.did == "answered"
        self._confidence.append(deed.confidence)
        self._answered.append(is_answered)
        self._agrees.append(_flag(judged.agrees))
        self._right.append(_flag(judged.is_right))
        self._known.append(request.is_known)
        self._intent.append(self._names.setdefault(name, len(self._names)))
        self._dids[deed.did, deed.reason] += 1
        self._n_systems += is_answered and deed.needs_system
        kind = kind_of(judged)
        self._examples.setdefault((name, kind), _Kept()).offer(request, self._chance)
        if request.at is not None:
            self._span = [min([*self._span[:1], request.at]), max([*self._span[1:], request.at])]
        if kind == "disagreed" and judged.agreement is not None:
            self._mostly.setdefault(name, Counter())[judged.agreement.nearest] += 1
            self._surest.append(request)
            if len(self._surest) > 4 * N_SUREST:
                self._surest = self._the_surest()

    def figures(self, n_dialogues: int) -> Figures:
        """What all of them amount to."""
        columns = _Columns(
            np.array(self._confidence),
            np.array(self._answered, bool),
            np.array(self._agrees, np.int8),
            np.array(self._right, np.int8),
        )
        intents, known = np.array(self._intent, int), np.array(self._known, bool)
        did = Counter(dict.fromkeys(("answered", "asked", "handed_over"), 0))
        for (one, _), n in self._dids.items():
            did[one] += n
        return Figures(
            release=self.release,
            n_dialogues=n_dialogues,
            n_requests=len(known),
            n_known=int(known.sum()),
            first_at=self._span[0] if self._span else None,
            last_at=self._span[1] if self._span else None,
            by_did=dict(did),
            by_reason=tuple((*pair, n) for pair, n in self._dids.most_common()),
            n_systems=self._n_systems,
            point=columns.point(self.budget, columns.answered),
            unseen=columns.only(~known).point(self.budget, columns.answered[~known]),
            budgets=tuple(self._point(columns, budget) for budget in self.budgets),
            agreement=columns.curve(columns.agrees),
            rightness=columns.curve(columns.right),
            intents=tuple(
                self._of_intent(name, columns.only(intents == place), columns.answered[intents == place])
                for name, place in sorted(self._names.items(), key=lambda one: -(intents == one[1]).sum())
            ),
            surest=tuple(self._the_surest()[:N_SUREST]),
        )

    def _point(self, columns: "_Columns", budget: Budget) -> Point:
        """The chosen budget as it was; another by its threshold."""
        is_chosen = budget.max_wrong_answers == self.budget.max_wrong_answers
        given = columns.answered if is_chosen else columns.confidence >= budget.answer_threshold
        return columns.point(budget, given)

    def _of_intent(self, name: str, columns: "_Columns", answered: Flags) -> IntentFigures:
        point = columns.point(self.budget, answered)
        kinds: tuple[Kind, ...] = ("disagreed", "agreed", "unjudged", "asked", "handed_over")
        kept = ((kind, self._examples.get((name, kind))) for kind in kinds)
        return IntentFigures(
            name,
            len(answered),
            point.answered,
            point.agreed,
            point.right,
            tuple(self._mostly.get(name, Counter()).most_common(2)),
            tuple((kind, tuple(found.requests)) for kind, found in kept if found),
        )

    def _the_surest(self) -> list[Request]:
        surest = sorted(self._surest, key=lambda one: -one.judged[self.which].deed.confidence)
        return surest[:N_SUREST]


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """One place for each request; `agrees` and `right` are 1, 0, or UNKNOWN."""

    confidence: NDArray[np.float64]
    answered: Flags
    agrees: NDArray[np.int8]
    right: NDArray[np.int8]

    def only(self, chosen: Flags) -> "_Columns":
        return _Columns(
            self.confidence[chosen], self.answered[chosen], self.agrees[chosen], self.right[chosen]
        )

    def point(self, budget: Budget, given: Flags) -> Point:
        return Point(
            budget,
            Share(int(given.sum()), len(given)),
            _share(self.agrees[given]),
            _share(self.right[given]),
        )

    def curve(self, flags: NDArray[np.int8]) -> Points:
        """The share of 1 among the flags that are known, as more and more requests are answered, the surest first."""
        order = np.argsort(-self.confidence, kind="stable")
        order = order[self.confidence[order] > -math.inf]
        found = flags[order]
        n = np.cumsum(found != UNKNOWN)
        if not len(n) or n[-1] < LEAST_ON_CURVE:
            return ()
        kept = n >= LEAST_ON_CURVE
        share = np.cumsum(found == 1)[kept] / n[kept]
        coverage = (np.arange(len(order)) + 1)[kept] / len(self.confidence)
        return thin(coverage, share) if len(share) > 1 else ((float(coverage[0]), float(share[0])),)


def kind_of(judged: Judged) -> Kind:
    """What an example is an example of."""
    did = judged.deed.did
    if did != "answered":
        return "asked" if did == "asked" else "handed_over"
    return "unjudged" if judged.agrees is None else "agreed" if judged.agrees else "disagreed"


def _flag(value: bool | None) -> int:
    return UNKNOWN if value is None else int(value)


def _share(flags: NDArray[np.int8]) -> Share:
    return Share(int((flags == 1).sum()), int((flags != UNKNOWN).sum()))
