"""The frozen test part: dialogues of a workspace that no retraining learns from, so that releases can be compared.

A dialogue is put to one side or the other once, when a retraining meets it first, by a hash of its id; dialogues.jsonl may
grow for years and what was frozen stays so."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from training.dataset import Dataset, LabelledText, Split, near_duplicate_key
from training.errors import TrainingError
from training.whole_files import write_whole

SHARE = 0.15  # of the dialogues
MIN_LEFT = 5  # examples of an intent that stay to learn from
MIN_LETTERS = 20  # of a text that is told apart from small talk by its words


@dataclass(frozen=True, slots=True)
class Frozen:
    """Ids of dialogues: `test` are never learned from; `kept` would be, had their intents examples enough without them."""

    test: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


def frozen_file(workspace: Path) -> Path:
    return workspace / "dialogues" / "frozen.json"


def read_frozen(workspace: Path) -> Frozen:
    """What was frozen so far; nothing before the first retraining.

    Raises TrainingError for a file that can't be read: without it everything would be learned from."""
    path = frozen_file(workspace)
    if not path.exists():
        return Frozen()
    try:
        content = json.loads(path.read_text("utf-8"))
        return Frozen(frozenset(map(str, content["test"])), frozenset(map(str, content["kept"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{path}: can't be read: {error!r}; it says what is never learned from"
        ) from error


def write_frozen(frozen: Frozen, workspace: Path) -> None:
    """In one step, so that a crash leaves the old file or the new one."""
    content = {"test": sorted(frozen.test), "kept": sorted(frozen.kept)}
    write_whole(frozen_file(workspace), [json.dumps(content, indent=1, ensure_ascii=False), "\n"])


def freeze(dataset: Dataset, frozen: Frozen, *, share: float = SHARE) -> Frozen:
    """The test part grown by the dialogues that came since; an intent keeps MIN_LEFT examples, the test part never shrinks."""
    intents: dict[str, Counter[str]] = {}
    for row in dataset.rows:
        intents.setdefault(row.group, Counter()).update(row.intents)
    left: Counter[str] = Counter()
    for group, counts in intents.items():
        if group not in frozen.test:
            left.update(counts)
    test, kept = set(frozen.test), set(frozen.kept)
    new = [group for group in intents if group not in test | kept and _chance(group) < share]
    for group in sorted(new, key=_chance):
        if all(left[intent] - n >= MIN_LEFT for intent, n in intents[group].items()):
            test.add(group)
            left.subtract(intents[group])
        else:
            kept.add(group)
    return Frozen(frozenset(test), frozenset(kept))


def split_frozen(dataset: Dataset, test: frozenset[str]) -> Split:
    """Learn from all dialogues but those of the test part. What stands in both in nearly the same words is not measured
    on: to know it proves nothing."""
    train = tuple(row for row in dataset.rows if row.group not in test)
    known = {near_duplicate_key(row.text) for row in train}
    held_back = (row for row in dataset.rows if row.group in test)
    return Split(
        train, tuple(row for row in held_back if near_duplicate_key(row.text) not in known), 0, is_frozen=True
    )


def is_telling(row: LabelledText) -> bool:
    """Whether it is long enough to say that two texts in nearly the same words are a copy, or a wish that many have."""
    return len(near_duplicate_key(row.text)) >= MIN_LETTERS


def usual_repeats(dataset: Dataset, test: frozenset[str]) -> float:
    """How many of the longer messages that are learned from another dialogue of these says too, 0..1: as many of the test
    part stand among them by themselves, without a leak."""
    learned = [row for row in dataset.rows if row.group not in test]
    asked = {near_duplicate_key(row.text) for row in learned if row.intent}
    groups: dict[str, set[str]] = {}
    said = [(near_duplicate_key(row.text), row.group) for row in learned if is_telling(row)]
    for key, group in said:
        groups.setdefault(key, set()).add(group)
    # What lost its label as one more copy counts too; what never had one is no request.
    repeated = [len(groups[key]) > 1 for key, _ in said if key in asked]
    return sum(repeated) / len(repeated) if repeated else 0.0


def _chance(group: str) -> float:
    """A number of a dialogue, 0..1, the same whenever it is asked for."""
    return int.from_bytes(hashlib.sha256(f"frozen:{group}".encode()).digest()[:8], "big") / 2**64
