"""What else is wrong with labelled messages: said twice with two meanings, too close, too few, personal, leaked."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from training.checking.cross_reading import CrossRead
from training.dataset import LabelledText, near_duplicate_key
from training.dialogues import OUT_OF_SCOPE
from training.features import Progress, no_progress
from training.redact import FOUND, placeholder, redact

FEW = 10  # examples of an intent, below which each more is worth much
CLOSE_SHARE = 0.15  # of an intent's messages read as one other intent
CLOSE_MESSAGES = 3


@dataclass(frozen=True, slots=True)
class Clash:
    """Messages that say the same, in other letters at most, and have several intents."""

    rows: tuple[LabelledText, ...]

    @property
    def intents(self) -> tuple[str, ...]:
        """Theirs, the commonest first."""
        return tuple(str(intent) for intent, _ in Counter(row.intent for row in self.rows).most_common())


@dataclass(frozen=True, slots=True)
class Close:
    """Two intents that are hard to tell apart: `n` of the `n_of` messages of `intent` are read as `other`, the clearest
    first."""

    intent: str
    other: str
    n: int
    n_of: int
    rows: tuple[LabelledText, ...]


@dataclass(frozen=True, slots=True)
class Personal:
    """A message that still holds personal data of these kinds."""

    row: LabelledText
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """A message of a test set that is among those learned from, in other letters at most."""

    text: str
    row: LabelledText


def clashes(rows: Iterable[LabelledText]) -> list[Clash]:
    """Those with the most messages first."""
    alike: dict[str, list[LabelledText]] = {}
    for row in rows:
        if row.intent:
            alike.setdefault(near_duplicate_key(row.text), []).append(row)
    found = [Clash(tuple(some)) for some in alike.values() if len({row.intent for row in some}) > 1]
    return sorted(found, key=lambda clash: -len(clash.rows))


def too_close(read: CrossRead) -> list[Close]:
    """Pairs of which one is often read as the other, the largest share first."""
    gold, others = read.gold, read.others
    taken = others.argmax(axis=1)
    is_other = others.max(axis=1) == read.probs.max(axis=1)
    counts = Counter(gold.tolist())
    pairs = Counter(zip(gold[is_other].tolist(), taken[is_other].tolist(), strict=True))
    found = []
    for (own, other), n in pairs.items():
        if n < CLOSE_MESSAGES or n < CLOSE_SHARE * counts[own]:
            continue
        at = np.flatnonzero(is_other & (gold == own) & (taken == other))
        at = at[np.argsort(-read.probs[at, other], kind="stable")]
        rows = tuple(read.rows[i] for i in at)
        found.append(Close(read.labels[own], read.labels[other], n, counts[own], rows))
    return sorted(found, key=lambda close: -close.n / close.n_of)


def too_few(rows: Iterable[LabelledText]) -> list[tuple[str, int]]:
    """Intents with fewer than FEW examples, the poorest first."""
    counts = Counter(intent for row in rows for intent in row.intents)
    return sorted(
        ((name, n) for name, n in counts.items() if n < FEW and name != OUT_OF_SCOPE),
        key=lambda one: one[::-1],
    )


def personal(
    rows: Sequence[LabelledText], *, country: str, progress: Progress = no_progress
) -> list[Personal]:
    """Messages in which e-mail addresses, phone numbers, cards or bank accounts stand as they were written."""
    found = []
    for i, row in enumerate(rows):
        masked = redact(row.text, country=country).text
        kinds = tuple(
            kind for kind in FOUND if masked.count(placeholder(kind)) > row.text.count(placeholder(kind))
        )
        if kinds:
            found.append(Personal(row, kinds))
        if i % 100 == 0:
            progress("looking for personal data", i, len(rows))
    return found


def leaks(rows: Iterable[LabelledText], tests: Iterable[LabelledText]) -> list[Leak]:
    """Test messages that were learned from."""
    known = {near_duplicate_key(row.text): row for row in rows}
    keyed = ((row.text, near_duplicate_key(row.text)) for row in tests)
    return [Leak(text, known[key]) for text, key in keyed if key in known]
