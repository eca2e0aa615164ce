"""What the labels given are worth: which are learned from, and where people disagree."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.store.labels.given import GivenLabel

# What only customers said is learned from where so many of them said it of the same words, nobody of them said
# otherwise, and the release took it for the same: it confirms what is known and can't turn it.
MIN_CUSTOMERS = 3
MAX_OF_CUSTOMERS = 5  # wordings an intent


@dataclass(frozen=True, slots=True)
class TrainingLabels:
    """The intents to learn: of a message, or of a wording wherever it is said."""

    by_message: dict[int, str]
    by_wording: dict[str, str]

    def intent_of(self, message_id: int, wording: str) -> str | None:
        return self.by_message.get(message_id) or self.by_wording.get(wording)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the intents in a disagreement, and who stands for it, the oldest first."""

    intent: str
    labels: tuple[GivenLabel, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Words that people disagree about; the side that staff took last comes first."""

    text: str
    sides: tuple[Side, ...]

    @property
    def labels(self) -> tuple[GivenLabel, ...]:
        """All that was said of it, the oldest first."""
        return tuple(sorted((one for side in self.sides for one in side.labels), key=lambda one: one.at))

    @property
    def newest(self) -> GivenLabel:
        """The correction of staff that was made last."""
        return next(one for one in reversed(self.labels) if one.correction_id is not None)


def training_labels(given: Iterable[GivenLabel]) -> TrainingLabels:
    """What is learned from: the newest word of staff; else what their deeds imply, where nothing speaks against it;
    else what customers agree on with the release."""
    by_message: dict[int, str] = {}
    by_wording: dict[str, str] = {}
    rest: dict[str, list[GivenLabel]] = defaultdict(list)
    for one in sorted(given, key=lambda one: one.at):
        if one.trust != "staff":
            rest[one.wording].append(one)
            continue
        by_wording[one.wording] = one.intent
        if one.message_id is not None:
            by_message[one.message_id] = one.intent
    counts: Counter[str] = Counter()
    for wording, labels in rest.items():
        if wording in by_wording:
            continue
        implied, of_customers = implied_intent(labels), customers_intent(labels)
        if implied is not None:
            by_wording[wording] = implied
        elif of_customers is not None and counts[of_customers] < MAX_OF_CUSTOMERS:
            counts[of_customers] += 1
            by_wording[wording] = of_customers
    return TrainingLabels(by_message, by_wording)


def implied_intent(labels: Iterable[GivenLabel]) -> str | None:
    """What staff's deeds say of a wording; None where they say nothing, or not the same."""
    deeds = [one for one in labels if one.trust == "implied"]
    refused = {one.intent for one in deeds if one.is_against}
    meant = {one.intent for one in deeds if not one.is_against}
    return meant.pop() if len(meant) == 1 and not meant & refused else None


def customers_intent(labels: Sequence[GivenLabel]) -> str | None:
    """What customers say of a wording, where it may be learned from."""
    if any(one.trust != "customer" for one in labels):
        return None
    chosen = [one for one in labels if one.origin == "chosen"]
    meant = {one.intent for one in chosen}
    refused = {one.intent for one in labels if one.is_against}
    is_one = len(meant) == 1 and not meant & refused
    confirms = all(one.taken_for == one.intent for one in chosen)
    return meant.pop() if is_one and confirms and len({one.by for one in chosen}) >= MIN_CUSTOMERS else None


def conflicts(given: Iterable[GivenLabel]) -> list[Conflict]:
    """Where members of staff disagree, or customers with what staff said before; the newest first.

    What was said before a disagreement was settled counts no longer, nor what a customer said before staff looked."""
    by_wording: dict[str, list[GivenLabel]] = defaultdict(list)
    for one in sorted(given, key=lambda one: one.at):
        by_wording[one.wording].append(one)
    found = [conflict for labels in by_wording.values() if (conflict := _conflict(labels)) is not None]
    return sorted(found, key=lambda one: one.labels[-1].at, reverse=True)


def _conflict(labels: Sequence[GivenLabel]) -> Conflict | None:
    settled = max((place for place, one in enumerate(labels) if one.origin == "settled"), default=0)
    counted = labels[settled:]
    told = [one for one in counted if one.trust == "staff"]
    if not told:
        return None
    voices = [one for one in counted if _speaks_up(one, told, counted)]
    sides: dict[str, list[GivenLabel]] = defaultdict(list)
    for one in voices:
        sides[one.intent].append(one)
    last = told[-1].intent
    refused = any(one.is_against and one.intent == last for one in voices)
    if len(sides) < 2 and not refused:
        return None
    order = sorted(sides, key=lambda intent: (intent != last, -len(sides[intent]), intent))
    return Conflict(told[-1].text, tuple(Side(intent, tuple(sides[intent])) for intent in order))


def _speaks_up(one: GivenLabel, told: Sequence[GivenLabel], labels: Sequence[GivenLabel]) -> bool:
    """Whether a label takes part in a disagreement."""
    if one.trust == "staff":
        return True
    if one.at <= told[-1].at or one.origin == "helpful":
        return False
    if one.origin == "not_helpful":
        displeased = {
            each.by for each in labels if each.origin == "not_helpful" and each.intent == one.intent
        }
        return len(displeased) >= MIN_CUSTOMERS
    return True
