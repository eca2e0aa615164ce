"""Which of the messages nobody has looked at are worth a person's minute."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log2

from bot.decide import NOT_IN_SCOPE, SMALL_TALK
from bot.store.views import ReviewItem

UNHELPFUL = 1.0  # a customer said that the answer was wrong
DISAGREEMENT = 0.5  # classifier and memory took it for different things
OUTSIDE = 0.6  # of what an uncertain message is worth: many of those are rightly not answered
SURE = 0.97  # a confident answer nobody complained of teaches nothing


@dataclass(frozen=True, slots=True)
class Worth:
    """An item with what it is worth, and why: fixed words."""

    item: ReviewItem
    worth: float
    why: tuple[str, ...]


def most_valuable_first(items: Iterable[ReviewItem]) -> list[Worth]:
    """In the order to look at them, those that teach nothing left out.

    Worth is how probable it is that the bot was wrong, more where something speaks for it, and grows with the
    logarithm of how many said the same."""
    rated = [_rate(item) for item in items]
    return sorted((one for one in rated if one.why), key=lambda one: -one.worth)


def _rate(item: ReviewItem) -> Worth:
    why: list[str] = []
    doubt = 1 - item.confidence
    if item.reason in NOT_IN_SCOPE:
        why.append("out_of_scope")
        doubt *= OUTSIDE
    elif item.decision in {"clarify", "hand_over"} or item.confidence < SURE:
        why.append("uncertain")
    best = item.intents[0][0] if item.intents else None
    if best in SMALL_TALK and not item.is_unhelpful:
        why, doubt = [], 0.0
    is_split = item.class_intent is not None and best is not None and item.class_intent != best
    if is_split:
        why.append("disagreement")
    if item.is_unhelpful:
        why.append("unhelpful")
    doubt += DISAGREEMENT * is_split + UNHELPFUL * item.is_unhelpful
    return Worth(item, doubt * log2(1 + len(item.message_ids)), tuple(why))
