"""Which of the messages nobody has looked at are worth a person's minute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from bot.dialogue.decide import NOT_IN_SCOPE, SMALL_TALK
from bot.dialogue.phrases import is_bare, is_no, is_yes
from bot.store.inbox.views import ReviewItem

UNHELPFUL = 1.0  # a customer said that the answer was wrong
DISAGREEMENT = 0.5  # classifier and memory took it for different things
CHOSEN = 0.3  # a customer who was asked meant something else than the bot thought likeliest
OUTSIDE = 0.6  # of what an uncertain message is worth: many of those are rightly not answered
LEAST_TOGETHER = 3  # messages
MOST_TOGETHER = 50  # items
SURE = 0.97  # a confident answer nobody complained of teaches nothing


@dataclass(frozen=True, slots=True)
class Worth:
    """An item with what it is worth, and why: fixed words; `others` mean the same in other words."""

    item: ReviewItem
    worth: float
    why: tuple[str, ...]
    others: tuple[ReviewItem, ...] = ()

    @property
    def items(self) -> tuple[ReviewItem, ...]:
        return self.item, *self.others

    @property
    def n_messages(self) -> int:
        return sum(len(one.message_ids) for one in self.items)


def most_valuable_first(items: Iterable[ReviewItem]) -> list[Worth]:
    """In the order to look at them, those that teach nothing left out.

    Worth is how near two intents came to each other, more where something speaks for a mistake, and grows with the
    logarithm of how many said the same."""
    rated = [_rate(item) for item in items]
    return sorted((one for one in rated if one.why), key=lambda one: -one.worth)


def lead_of(item: ReviewItem) -> float:
    """How far the likeliest intent is before the second, in probability."""
    probs = sorted((prob for _, prob in item.intents), reverse=True)
    return probs[0] - sum(probs[1:2]) if probs else 0.0


def untaught(queue: Iterable[Worth], taught: Mapping[int, float]) -> list[Worth]:
    """Each worth less the nearer it is to what staff labelled before; `taught` is how near, 0..1, by an item's newest
    message."""
    rated = (replace(one, worth=one.worth * (1 - taught.get(one.item.message_ids[0], 0.0))) for one in queue)
    return sorted(rated, key=lambda one: -one.worth)


def together(queue: Sequence[Worth], clusters: Iterable[Sequence[int]]) -> list[Worth]:
    """Put those that mean the same together, most valuable first; `clusters` are the newest message of each item, from
    the centre outwards.

    A cluster of LEAST_TOGETHER messages or more is one entry, MOST_TOGETHER items of it at a time. It is worth the mean
    doubt about one of its messages, times the logarithm of how many messages it has: to label them all takes one key."""
    by_id = {one.item.message_ids[0]: one for one in queue}
    joined = []
    for cluster in clusters:
        members = [by_id.pop(number) for number in cluster[:MOST_TOGETHER] if number in by_id]
        whole = _join(members) if len(members) > 1 else None
        joined += members if whole is None or whole.n_messages < LEAST_TOGETHER else [whole]
    return sorted([*joined, *by_id.values()], key=lambda one: -one.worth)


def _join(members: Sequence[Worth]) -> Worth:
    centre, *others = members
    n_messages = sum(one.n_messages for one in members)
    doubt = sum(one.worth / log2(1 + one.n_messages) for one in members) / len(members)
    why = tuple(dict.fromkeys(reason for one in members for reason in one.why))
    return Worth(centre.item, doubt * log2(1 + n_messages), why, tuple(one.item for one in others))


def _rate(item: ReviewItem) -> Worth:
    is_reply = is_bare(item.text, item.entities) or is_yes(item.text) or is_no(item.text)
    if is_reply and not item.is_unhelpful:
        return Worth(item, 0.0, ())  # a number that was asked for, or a yes, means nothing by itself
    why: list[str] = []
    doubt = 1 - lead_of(item)
    if item.reason in NOT_IN_SCOPE:
        why.append("out_of_scope")
        doubt *= OUTSIDE
    elif item.decision in {"clarify", "hand_over"} or item.confidence < SURE:
        why.append("uncertain")
    best = item.intent
    if best in SMALL_TALK and not item.is_unhelpful:
        why, doubt = [], 0.0
    is_split = item.class_intent is not None and best is not None and item.class_intent != best
    if is_split:
        why.append("disagreement")
    is_chosen = any(intent != best for intent in item.chosen)
    if is_chosen:
        why.append("chosen")
    if item.is_unhelpful:
        why.append("unhelpful")
    doubt += DISAGREEMENT * is_split + CHOSEN * is_chosen + UNHELPFUL * item.is_unhelpful
    return Worth(item, doubt * log2(1 + len(item.message_ids)), tuple(why))
