"""Whether a shadow has shown enough to be made current."""

import math
from dataclasses import dataclass
from typing import Literal

from bot.store.candidates.records import ShadowCounts

CHANCE = 0.025  # that equal releases differ so much, one-sided


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a release on trial, and why, in words for the log and the command line."""

    word: Literal["promote", "refuse", "wait"]
    reason: str


def verdict(counts: ShadowCounts, *, messages: int, agreement: float) -> Verdict:
    """Judge a shadow once it decided on `messages` messages.

    It is good enough where the lower end of the 95 % interval of the agreement reaches `agreement`, and bad where the upper
    end stays below, or where it answers fewer messages than the serving release by more than chance explains. Messages
    count as independent, though those of one conversation are not quite."""
    if counts.messages < messages:
        return Verdict("wait", f"{counts.messages:,} of {messages:,} messages")
    low, high = counts.agreement.interval
    seen = f"agreement {counts.agreed / counts.messages:.1%} (95 % interval {low:.1%} to {high:.1%})"
    if high < agreement:
        return Verdict("refuse", f"{seen} is below {agreement:.1%}")
    if answers_less(counts):
        answered = f"{counts.shadow_answered:,} messages answered, {counts.live_answered:,} by the release that serves"
        return Verdict("refuse", f"{answered}: fewer, beyond chance")
    if low < agreement:
        return Verdict("wait", f"{seen} may be below {agreement:.1%}")
    return Verdict("promote", f"{seen} reaches {agreement:.1%}, and as many messages answered")


def answers_less(counts: ShadowCounts) -> bool:
    """Whether the shadow answers fewer of the same messages beyond chance: an exact one-sided test of those that only one of
    the two answers (McNemar 1947)."""
    n = counts.only_live + counts.only_shadow
    return binomial_tail(counts.only_live, n) < CHANCE


def binomial_tail(count: int, n: int) -> float:
    """The probability of `count` or more heads in `n` throws of a coin."""
    log_half = n * math.log(2)
    terms = (
        math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - log_half)
        for k in range(count, n + 1)
    )
    return min(1.0, math.fsum(terms))
