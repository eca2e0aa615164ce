"""Two releases on the same past requests: what changed, for better or worse, and whether it is more than noise."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.paired import Difference, bootstrap_difference, mcnemar, mean_difference
from training.replay import Judged, Request

N_CHANGES = 20  # shown of each kind

Verdict = Literal["better", "worse", "unclear"]
Change = Literal["now answered", "no longer answered", "answered otherwise"]
CHANGES: tuple[Change, ...] = ("now answered", "no longer answered", "answered otherwise")


@dataclass(frozen=True, slots=True)
class Changed:
    """Requests with which the second release does something else than the first; the counts are of all of them, the
    requests are the first of each verdict."""

    change: Change
    counts: dict[str, int]
    requests: tuple[tuple[Verdict, Request], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """From the first release to the second. `well`: answered so that it is right by its label, or, without a label, agrees
    with the person's reply; `n_only` are the requests that only the first, and only the second, answers well, `p` is that
    of McNemar's test on them. Differences come with their interval, whole dialogues drawn; None without answers."""

    names: tuple[str, str]
    n_requests: int
    n_changed: int
    coverage: Difference | None
    agreement: Difference | None
    n_well: tuple[int, int]
    n_only: tuple[int, int]
    p: float
    changes: tuple[Changed, ...]

    @property
    def verdict(self) -> str:
        """In words."""
        only_first, only_second = self.n_only
        if self.p >= 0.05:
            return "No difference beyond noise in the requests answered well."
        better = self.names[1] if only_second > only_first else self.names[0]
        return f"{better} answers more requests well, by more than noise (McNemar, p = {self.p:.2g})."


@dataclass
class Pairs:
    """Takes in requests that both releases met; keeps a few numbers of each, and the words of some."""

    names: tuple[str, str]
    _dialogues: list[int] = field(default_factory=list)
    _answered: "tuple[array[int], array[int]]" = field(default_factory=lambda: (array("b"), array("b")))
    _agrees: "tuple[array[int], array[int]]" = field(default_factory=lambda: (array("b"), array("b")))
    _well: "tuple[array[int], array[int]]" = field(default_factory=lambda: (array("b"), array("b")))
    _counts: dict[Change, Counter[str]] = field(default_factory=lambda: {one: Counter() for one in CHANGES})
    _kept: dict[Change, list[tuple[Verdict, Request]]] = field(
        default_factory=lambda: {one: [] for one in CHANGES}
    )
    _last: str = ""

    def add(self, request: Request) -> None:
        """Take a request into account; those of a dialogue come one after the other."""
        number = self._dialogues[-1] if self._dialogues else -1
        self._dialogues.append(number + (request.dialogue != self._last))
        self._last = request.dialogue
        for which, judged in enumerate(request.judged):
            self._answered[which].append(is_answered(judged))
            self._agrees[which].append(-1 if judged.agrees is None else judged.agrees)
            self._well[which].append(is_well(judged))
        if (change := change_of(request)) is not None:
            verdict = verdict_of(request)
            self._counts[change][verdict] += 1
            if sum(one == verdict for one, _ in self._kept[change]) < N_CHANGES:
                self._kept[change].append((verdict, request))

    def compare(self) -> Comparison:
        """What all of them amount to."""
        first, second = (np.array(one, bool) for one in self._well)
        only = int((first & ~second).sum()), int((second & ~first).sum())
        groups = [str(number) for number in self._dialogues]
        answered = [np.array(one, bool) for one in self._answered]
        coverage = (
            mean_difference(*(one.astype(float) for one in answered), groups=groups) if groups else None
        )
        return Comparison(
            self.names,
            len(groups),
            sum(counts.total() for counts in self._counts.values()),
            coverage,
            self._agreement(answered, groups),
            (int(first.sum()), int(second.sum())),
            only,
            mcnemar(*only),
            tuple(
                Changed(change, dict(self._counts[change]), tuple(self._kept[change]))
                for change in CHANGES
                if self._counts[change]
            ),
        )

    def _agreement(self, answered: list[NDArray[np.bool_]], groups: list[str]) -> Difference | None:
        """Of the share of answers that agree, each release's among its own answers."""
        columns = [np.array(one, int) for one in self._agrees]
        judged = [given & (agrees >= 0) for given, agrees in zip(answered, columns, strict=True)]
        if not (judged[0].any() and judged[1].any()):
            return None

        def share(which: int, chosen: NDArray[np.int_]) -> float:
            of = chosen[judged[which][chosen]]
            return float(columns[which][of].mean()) if len(of) else 0.0

        return bootstrap_difference(
            lambda chosen: share(1, chosen) - share(0, chosen), len(groups), groups=groups
        )


def is_answered(judged: Judged) -> bool:
    return judged.deed.did == "answered"


def is_well(judged: Judged) -> bool:
    """Whether it is answered, and rightly as far as one can tell."""
    is_fine = judged.agrees if judged.is_right is None else judged.is_right
    return is_answered(judged) and bool(is_fine)


def change_of(request: Request) -> Change | None:
    """What the second release does otherwise; None where it does the same, or asks or hands over in another way."""
    first, second = request.judged
    if is_answered(first) != is_answered(second):
        return "now answered" if is_answered(second) else "no longer answered"
    is_other = first.deed.intent != second.deed.intent
    return "answered otherwise" if is_answered(first) and is_other else None


def verdict_of(request: Request) -> Verdict:
    """Whether the change is for the better: a good answer is better than none, and none is better than a bad one."""
    before, after = (_worth(judged) for judged in request.judged)
    if before is None or after is None or before == after:
        return "unclear"
    return "better" if after > before else "worse"


def _worth(judged: Judged) -> int | None:
    if not is_answered(judged):
        return 0
    is_fine = judged.agrees if judged.is_right is None else judged.is_right
    return None if is_fine is None else 1 if is_fine else -1
