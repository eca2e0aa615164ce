"""What a release was trained and tested on, counted, and what was left out and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.dataset import Dataset, LabelledText, Split
from training.fast import MIN_OUTSIDE_CLASS
from training.several import MIN_SEVERAL, has_several
from training.turns import OUT_OF_SCOPE


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How often a label stands in the messages trained on and in those held back."""

    label: str
    train: int
    test: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of something were not used, and why."""

    count: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class DataSummary:
    """Counts of the dataset. `moved` messages of held-back dialogues went over to training."""

    dialogues: int
    dialogues_held_back: int
    messages: int
    messages_train: int
    messages_test: int
    moved: int
    intents: tuple[LabelCount, ...]
    out_of_scope: LabelCount
    entities: tuple[LabelCount, ...]
    sentiments: tuple[LabelCount, ...]
    left_out: tuple[LeftOut, ...]


def summarize(dataset: Dataset, parts: Split) -> DataSummary:
    """Count a dataset and its split."""
    intents = _counts(_intents(parts.train), _intents(parts.test))
    outside = next((row for row in intents if row.label == OUT_OF_SCOPE), LabelCount(OUT_OF_SCOPE, 0, 0))
    return DataSummary(
        dialogues=dataset.n_dialogues,
        dialogues_held_back=len({row.group for row in parts.test}),
        messages=len(dataset.rows),
        messages_train=len(parts.train),
        messages_test=len(parts.test),
        moved=parts.n_moved,
        intents=tuple(row for row in intents if row.label != OUT_OF_SCOPE),
        out_of_scope=outside,
        entities=_counts(_entities(parts.train), _entities(parts.test)),
        sentiments=_counts(_sentiments(parts.train), _sentiments(parts.test)),
        left_out=tuple(one for one in _left_out(dataset, outside) if one.count),
    )


def _left_out(dataset: Dataset, outside: LabelCount) -> Iterable[LeftOut]:
    yield LeftOut(dataset.n_without_text, "customer turns without a text", "there is nothing to learn from")
    yield LeftOut(
        len(dataset.rows) - len(dataset.labelled()),
        "messages without an intent",
        "intents can't be learned from them; entities and sentiment labelled in them are",
    )
    if not has_several(dataset.rows):
        yield LeftOut(
            sum(len(row.further) for row in dataset.rows),
            "second and further intents of a message",
            f"with fewer than {MIN_SEVERAL} messages that have several, a message is learned with its first",
        )
    if dataset.entity_types:
        yield LeftOut(
            sum(row.entities is None for row in dataset.rows),
            "messages in which nobody looked for entities",
            "entities are learned where somebody did, even if there were none",
        )
    if outside.train < MIN_OUTSIDE_CLASS:
        yield LeftOut(
            outside.train,
            "out-of-scope messages for training",
            f"fewer than {MIN_OUTSIDE_CLASS} are no class of their own; being far from all that is known still counts",
        )


def _counts(train: Iterable[str], test: Iterable[str]) -> tuple[LabelCount, ...]:
    before, after = Counter(train), Counter(test)
    return tuple(LabelCount(label, before[label], after[label]) for label in sorted({*before, *after}))


def _intents(rows: Sequence[LabelledText]) -> Iterable[str]:
    return (row.intent for row in rows if row.intent)


def _entities(rows: Sequence[LabelledText]) -> Iterable[str]:
    return (entity.label for row in rows for entity in row.entities or ())


def _sentiments(rows: Sequence[LabelledText]) -> Iterable[str]:
    return (row.sentiment for row in rows if row.sentiment)
