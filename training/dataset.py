"""Dialogues become training examples, split so that nothing of a test dialogue was seen before."""

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nlu.rules import EntityRules
from nlu.text import clean
from training.dialogues import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel
from training.errors import TrainingError

NOT_LETTERS = re.compile(r"[\W\d_]+")
MIN_EXAMPLES = 2  # an intent needs one to learn from and one to be checked with


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A customer text with what is known of it; None where the dialogues say nothing.

    `group` is the dialogue it came from; a split keeps a dialogue together, see `split` for the exception.
    `intent` is the first or only intent, `further` are those asked for beside it.
    `entities` is None when the dialogue's set has no entity labels at all, () when there are none here.
    `shown` is the text as the encoder is to see it, as long as the text itself; None: as it is."""

    text: str
    group: str
    intent: str | None = None
    entities: tuple[EntityLabel, ...] | None = None
    sentiment: str | None = None
    shown: str | None = None
    further: tuple[str, ...] = ()

    @property
    def intents(self) -> tuple[str, ...]:
        """All intents in scope, each once."""
        named = dict.fromkeys((self.intent, *self.further))
        return tuple(intent for intent in named if intent is not None and intent != OUT_OF_SCOPE)

    @property
    def for_encoder(self) -> str:
        return clean(self.text if self.shown is None else self.shown)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The customer texts of a workspace, and how many customer turns had no text."""

    rows: tuple[LabelledText, ...]
    n_dialogues: int = 0
    n_without_text: int = 0

    @property
    def intents(self) -> tuple[str, ...]:
        """Labels in scope, sorted."""
        return tuple(sorted({row.intent for row in self.rows if row.intent and row.intent != OUT_OF_SCOPE}))

    @property
    def entity_types(self) -> tuple[str, ...]:
        return tuple(sorted({entity.label for row in self.rows for entity in row.entities or ()}))

    def labelled(self) -> tuple[LabelledText, ...]:
        """Rows with an intent, out-of-scope ones included."""
        return tuple(row for row in self.rows if row.intent)


def build_dataset(dialogues: Iterable[Dialogue]) -> Dataset:
    """Take the customers' turns of dialogues.

    Raises TrainingError if there is nothing to learn from."""
    dataset = read_dataset(dialogues)
    check(dataset)
    return dataset


def read_dataset(dialogues: Iterable[Dialogue]) -> Dataset:
    """The same without looking whether a model can be trained on it."""
    rows: list[LabelledText] = []
    n_dialogues = n_without_text = 0
    for dialogue in dialogues:
        n_dialogues += 1
        for turn in dialogue.turns:
            if turn.speaker != "customer":
                continue
            if not turn.text.strip():
                n_without_text += 1
                continue
            rows.append(of_turn(turn, dialogue.id))
    has_entities = any(row.entities for row in rows)
    if not has_entities:
        rows = [replace(row, entities=None) for row in rows]
    return Dataset(tuple(rows), n_dialogues, n_without_text)


def of_turn(turn: DialogueTurn, group: str) -> LabelledText:
    """What a customer's turn teaches."""
    first = turn.intents[0] if turn.intents else None
    return LabelledText(turn.text, group, first, turn.entities, turn.sentiment, further=turn.intents[1:])


def show(dataset: Dataset, rules: EntityRules) -> Dataset:
    """The dataset as serving with these rules shows its texts to the encoder."""
    rows = tuple(replace(row, shown=rules.for_encoder(row.text)) for row in dataset.rows)
    return replace(dataset, rows=rows)


def check(dataset: Dataset) -> None:
    """Refuse what no model can be trained on.

    Raises TrainingError with the counts met and wanted."""
    if not dataset.rows:
        raise TrainingError(
            f"{dataset.n_dialogues} dialogues hold no customer turn with a text; nothing to train on"
        )
    counts = Counter(row.intent for row in dataset.labelled() if row.intent != OUT_OF_SCOPE)
    if not counts:
        raise TrainingError(
            f"none of the {len(dataset.rows)} customer turns has an intent; label some: "
            '{"speaker": "customer", "text": "...", "intent": "order_status"}'
        )
    if len(counts) == 1:
        raise TrainingError(
            f"all {counts.total()} labelled turns have the intent {next(iter(counts))!r}; wanted two or more intents"
        )
    everywhere = Counter(intent for row in dataset.rows for intent in row.intents)
    rare = sorted(str(intent) for intent in counts if everywhere[str(intent)] < MIN_EXAMPLES)
    if rare:
        common = [intent for intent, count in everywhere.items() if count >= MIN_EXAMPLES]
        named = ", ".join(_named(intent, common) for intent in rare[:5]) + (" ..." if len(rare) > 5 else "")
        raise TrainingError(
            f"{named}: one example; wanted {MIN_EXAMPLES} or more of each intent: add some or drop the intent"
        )


def _named(intent: str, common: Sequence[str]) -> str:
    near = difflib.get_close_matches(intent, common, 1, cutoff=0.8)
    return f"{intent!r} (did you mean {near[0]!r}?)" if near else repr(intent)


def near_duplicate_key(text: str) -> str:
    """The same for texts that differ only in case, digits, punctuation and spacing."""
    return NOT_LETTERS.sub(" ", text.casefold()).strip() or text.strip()


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from and rows to test on; `n_moved` near-duplicates went over to training.

    `is_frozen`: the test rows are never learned from, not in the last fit either."""

    train: tuple[LabelledText, ...]
    test: tuple[LabelledText, ...]
    n_moved: int
    is_frozen: bool = False


def split(dataset: Dataset, *, test_share: float = 0.15, seed: int = 0) -> Split:
    """Split by dialogue; single texts of a test dialogue go over to training where a near-duplicate of them is there.

    An intent never loses its last two examples to the test side."""
    groups = sorted({row.group for row in dataset.rows}, key=lambda group: _hash(group, seed))
    chosen = set(groups[: round(test_share * len(groups))])
    names = [near_duplicate_key(row.text) for row in dataset.rows]
    at_home = {i for i, row in enumerate(dataset.rows) if row.group not in chosen}
    keys = {names[i] for i in at_home}
    kept = Counter(dataset.rows[i].intent for i in at_home)
    moved: set[int] = set()
    is_settled = False
    while not is_settled:  # what was moved may have near-duplicates of its own
        is_settled = True
        for i, row in enumerate(dataset.rows):
            if i in at_home or i in moved:
                continue
            if names[i] in keys or (row.intent and kept[row.intent] < MIN_EXAMPLES):
                moved.add(i)
                keys.add(names[i])
                kept[row.intent] += 1
                is_settled = False
    train = tuple(row for i, row in enumerate(dataset.rows) if i in at_home or i in moved)
    test = tuple(row for i, row in enumerate(dataset.rows) if i not in at_home and i not in moved)
    return Split(train, test, len(moved))


def folds(rows: Sequence[LabelledText], n_folds: int, *, seed: int = 0) -> list[int]:
    """The fold of each row: balanced within each intent, groups kept together unless there is only one.

    Greedy: the largest groups first, each to the fold that has least of its intents."""
    is_one = len({row.group for row in rows}) == 1
    members: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        members.setdefault(str(i) if is_one else row.group, []).append(i)
    filled: list[Counter[str | None]] = [Counter() for _ in range(n_folds)]
    sizes = [0] * n_folds
    fold_of = [0] * len(rows)
    order = sorted(members, key=lambda group: (-len(members[group]), _hash(group, seed)))
    for group in order:
        intents = Counter(rows[i].intent for i in members[group])
        best = min(
            range(n_folds),
            key=lambda f: (sum(filled[f][intent] * n for intent, n in intents.items()), sizes[f]),
        )
        filled[best].update(intents)
        sizes[best] += len(members[group])
        for i in members[group]:
            fold_of[i] = best
    return fold_of


def _hash(text: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()


def fingerprint(dataset: Dataset) -> str:
    """A hash of all that is trained on; the same dialogues give the same, in any order."""
    lines = sorted(repr(row) for row in dataset.rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
