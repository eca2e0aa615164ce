"""The dialogues of a workspace become one set to learn from: each wording a few times, with one meaning, no intent too large.

Texts are never taken out, only labels: a message without an intent is still context, and its entities are learned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

from training.dataset import MIN_EXAMPLES, near_duplicate_key
from training.turns import Dialogue, DialogueTurn

MAX_COPIES = 3  # of a wording with its intent: a rush of one question must not outvote all else
LARGEST = 20  # times the median intent is as large as an intent may be
ALWAYS_ALLOWED = 300  # examples of an intent, however few the others have
NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A wording that was labelled with several intents; `kept` is what it means from now on."""

    text: str
    kept: str
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The dialogues, and how many labels were left out and why: further copies of a wording, the older label of a
    `conflicts` wording, the oldest of an intent that is too large, those of an intent with too few to learn from."""

    dialogues: tuple[Dialogue, ...]
    n_labels: int
    n_copies: int
    n_in_conflict: int
    n_over: int
    n_rare: int
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A labelled message: which dialogue and turn, its wording, its intents, and when it was said."""

    dialogue: int
    turn: int
    key: str
    intents: tuple[str, ...]
    at: datetime


def merge(dialogues: Iterable[Dialogue], *, test: frozenset[str] = frozenset()) -> Merged:
    """Merge the dialogues but those of the `test` part, which stay as they are.

    Of several labels for one wording the newest holds; without times the commonest, and among equals the first."""
    read = tuple(dialogues)
    places = [place for place in _places(read) if read[place.dialogue].id not in test]
    by_wording: dict[str, list[Place]] = {}
    for place in places:
        by_wording.setdefault(place.key, []).append(place)
    conflicts, agreed = [], []
    for group in by_wording.values():
        meant = _meant(group)
        agreed.append([place for place in group if place.intents == meant])
        others = {place.intents for place in group} - {meant}
        if others:
            text = read[group[0].dialogue].turns[group[0].turn].text
            dropped = tuple(sorted("+".join(one) for one in others))
            conflicts.append(Conflict(text, "+".join(meant), dropped))
    few = [place for group in agreed for place in _newest_first(group)[:MAX_COPIES]]
    balanced = _balanced(few)
    kept = _learnable(balanced)
    n_agreed = sum(map(len, agreed))
    return Merged(
        _relabelled(read, test, {(place.dialogue, place.turn) for place in kept}),
        len(kept),
        n_agreed - len(few),
        len(places) - n_agreed,
        len(few) - len(balanced),
        len(balanced) - len(kept),
        tuple(conflicts),
    )


def _places(dialogues: Sequence[Dialogue]) -> Iterable[Place]:
    for i, dialogue in enumerate(dialogues):
        for j, turn in enumerate(dialogue.turns):
            if turn.speaker == "customer" and turn.intents and turn.text.strip():
                at = turn.at or dialogue.started_at or NO_TIME
                yield Place(i, j, near_duplicate_key(turn.text), turn.intents, at)


def _meant(group: Sequence[Place]) -> tuple[str, ...]:
    counts = Counter(place.intents for place in group)
    return max(group, key=lambda place: (place.at, counts[place.intents])).intents


def _newest_first(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (place.at, -place.dialogue), reverse=True)


def _balanced(places: Sequence[Place]) -> list[Place]:
    """Without the oldest of intents that are far larger than the others."""
    sizes = Counter(place.intents[0] for place in places)
    most = max(ALWAYS_ALLOWED, LARGEST * int(median(sizes.values()))) if sizes else 0
    taken: Counter[str] = Counter()
    kept = []
    for place in _newest_first(places):
        taken[place.intents[0]] += 1
        if taken[place.intents[0]] <= most:
            kept.append(place)
    return kept


def _learnable(places: Sequence[Place]) -> list[Place]:
    """Without intents of which there are too few: until there are more, the memory alone knows them."""
    counts = Counter(intent for place in places for intent in place.intents)
    return [place for place in places if all(counts[one] >= MIN_EXAMPLES for one in place.intents)]


def _relabelled(
    dialogues: Sequence[Dialogue], test: frozenset[str], kept: set[tuple[int, int]]
) -> tuple[Dialogue, ...]:
    def turn_of(i: int, j: int, turn: DialogueTurn) -> DialogueTurn:
        return turn if (i, j) in kept or not turn.intents else replace(turn, intents=())

    return tuple(
        dialogue
        if dialogue.id in test
        else replace(dialogue, turns=tuple(turn_of(i, j, turn) for j, turn in enumerate(dialogue.turns)))
        for i, dialogue in enumerate(dialogues)
    )
