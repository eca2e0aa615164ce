"""What a candidate must hold against the release that serves, each with the figures and the reason in words.

"Beyond noise" is, for shares of messages, McNemar's exact test on those that only one of the two has right (1947), and for
other figures a paired bootstrap of dialogues (Efron and Tibshirani 1993, chapter 13), both one-sided at 2.5 %. Over many
intents Holm's correction (1979) keeps that for all of them together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from training.curves import expected_calibration_error, interval
from training.gate.verdict import Check
from training.paired import Difference, bootstrap_difference, mcnemar
from training.predictions import IntentPredictions

Flags = NDArray[np.bool_]

ALPHA = 0.025
LOST_FROM = 3  # messages of an intent that were right, from which none right is no chance
ECE_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Reported:
    """What the release that serves says of itself, where it has learned from the test messages: of `n` messages `right`,
    and the same of each intent."""

    n: int
    right: int
    intents: dict[str, tuple[int, int]]  # messages, right


def is_worse(n_only_before: int, n_only_after: int) -> float:
    """The one-sided p that what only one of two has right speaks against the second by chance; 1 where it doesn't."""
    return mcnemar(n_only_before, n_only_after) / 2 if n_only_before > n_only_after else 1.0


def holm(p_values: dict[str, float], alpha: float = ALPHA) -> list[str]:
    """The names that are beyond noise when all are looked at together, the clearest first."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    found = []
    for rank, name in enumerate(ordered):
        if p_values[name] > alpha / (len(ordered) - rank):
            break
        found.append(name)
    return found


def accuracy(before: IntentPredictions, after: IntentPredictions) -> Check:
    """Of the messages in scope, how many are understood."""
    inside = before.in_scope
    was, now = before.right[inside], after.right[inside]
    lost, gained = int((was & ~now).sum()), int((~was & now).sum())
    p = is_worse(lost, gained)
    return Check(
        "intents right",
        p > ALPHA,
        f"{was.mean():.1%} before, {now.mean():.1%} now of {len(now)} messages: {lost} were lost, {gained} gained"
        + _beyond(p),
    )


def reported_accuracy(before: Reported, after: IntentPredictions) -> Check:
    """The same beside the other release's own report: Fisher's exact test, as the messages are others."""
    now = after.right[after.in_scope]
    p = _fisher((before.n, before.right), (len(now), int(now.sum())))
    share = before.right / before.n
    return Check(
        "intents right",
        p > ALPHA,
        f"{share:.1%} of {before.n} other messages by the report of the release that serves, {now.mean():.1%} of {len(now)} now"
        + _beyond(p),
    )


def macro_f1(before: IntentPredictions, after: IntentPredictions, groups: Sequence[str]) -> Check:
    """The mean of the intents' F1."""
    at = np.flatnonzero(before.in_scope)
    names = sorted({*before.gold, *before.best, *after.best})
    number = {name: i for i, name in enumerate(names)}
    gold, was, now = (
        np.array([number[label] for label in labels])[at] for labels in (before.gold, before.best, after.best)
    )
    found = bootstrap_difference(
        lambda chosen: (
            _macro(gold[chosen], now[chosen], len(names)) - _macro(gold[chosen], was[chosen], len(names))
        ),
        len(at),
        groups=[groups[i] for i in at.tolist()],
    )
    return of_difference("macro F1", found, _macro(gold, now, len(names)), len(at))


def _macro(gold: NDArray[np.int_], said: NDArray[np.int_], n: int) -> float:
    right = np.bincount(gold[gold == said], minlength=n)
    meant, taken = np.bincount(gold, minlength=n), np.bincount(said, minlength=n)
    occurs = meant > 0
    return float((2 * right[occurs] / (meant + taken)[occurs]).mean())


def of_difference(name: str, found: Difference, now: float, n: int) -> Check:
    """A figure that is `now` and changed by what was found, on n messages."""
    return Check(
        name,
        found.high >= 0,
        f"{now - found.value:.1%} before, {now:.1%} now of {n} messages: a change of {100 * found.value:+.1f} points, "
        f"95 % interval {100 * found.low:+.1f} to {100 * found.high:+.1f}",
    )


def each_intent(before: IntentPredictions, after: IntentPredictions) -> Check:
    """No intent's messages, nor those that either release took for it, got worse beyond noise."""
    gold = np.array(before.gold)
    was, now = np.array(before.best), np.array(after.best)
    inside, was_right, now_right = before.in_scope, before.right, after.right
    p_values, told = {}, {}
    for name in sorted(set(gold[inside].tolist())):
        concerned = inside & ((gold == name) | (was == name) | (now == name))
        lost = int((was_right & ~now_right & concerned).sum())
        gained = int((~was_right & now_right & concerned).sum())
        p_values[name] = is_worse(lost, gained)
        own = inside & (gold == name)
        if was_right[own].sum() >= LOST_FROM and not now_right[own].any():
            p_values[name] = 0.0
        told[name] = (
            f"{name} ({was_right[own].sum()} of its {own.sum()} messages right before, {now_right[own].sum()} now)"
        )
    return _of_intents(p_values, told)


def each_reported_intent(before: Reported, after: IntentPredictions) -> Check:
    """The same beside the other release's own report."""
    gold = np.array(after.gold)
    p_values, told = {}, {}
    for name, (n_before, right_before) in sorted(before.intents.items()):
        own = gold == name
        n, right = int(own.sum()), int(after.right[own].sum())
        if n and n_before:
            p_values[name] = _fisher((n_before, right_before), (n, right))
            told[name] = f"{name} ({right_before} of {n_before} messages right before, {right} of {n} now)"
    return _of_intents(p_values, told)


def _of_intents(p_values: dict[str, float], told: dict[str, str]) -> Check:
    worse = [told[name] for name in holm(p_values)]
    reason = (
        f"worse beyond noise: {', '.join(worse)}" if worse else f"none of {len(told)} is worse beyond noise"
    )
    return Check("each intent", not worse, reason)


def known_intents(before: Iterable[str], after: Iterable[str], answered: Iterable[str]) -> Check:
    """What the desk answers and the release that serves knows, the candidate must know."""
    missing = sorted((set(before) & set(answered)) - set(after))
    told = (
        f"it doesn't know {', '.join(missing)}"
        if missing
        else "it knows all that was known and has an answer"
    )
    return Check("known intents", not missing, told)


def useful(
    before: IntentPredictions, after: IntentPredictions, thresholds: tuple[float, float], max_wrong: float
) -> Check:
    """Of all messages, how many are answered, and rightly. A release that keeps no budget is not held against it."""
    was_given, now_given = before.confidence >= thresholds[0], after.confidence >= thresholds[1]
    was, now = was_given & before.right, now_given & after.right
    n_wrong, n_given = int((was_given & ~before.right).sum()), int(was_given.sum())
    is_over = bool(n_given) and interval(n_wrong, n_given)[0] > max_wrong
    lost, gained = int((was & ~now).sum()), int((~was & now).sum())
    p = is_worse(lost, gained)
    reason = f"{was.mean():.1%} before, {now.mean():.1%} now of {len(now)} messages" + _beyond(p)
    if is_over and p <= ALPHA:
        return Check("answered rightly", True, f"{reason}, but the release that serves was over its budget")
    return Check("answered rightly", p > ALPHA, reason)


def budget(after: IntentPredictions, threshold: float, max_wrong: float) -> Check:
    """Of the answers given at most that share may be wrong, as far as so many messages can tell."""
    given = after.confidence >= threshold
    n, wrong = int(given.sum()), int((given & ~after.right).sum())
    low, high = interval(wrong, n) if n else (0.0, 1.0)
    return Check(
        "wrong-answer budget",
        low <= max_wrong,
        f"{wrong} of {n} answers wrong, 95 % interval {low:.1%} to {high:.1%}; wanted at most {max_wrong:.0%}",
    )


def calibration(before: IntentPredictions | None, after: IntentPredictions, max_ece: float) -> Check:
    """The expected calibration error: within the bar, as far as so many messages can tell, or no larger than it was.

    What chance adds is the error that perfectly calibrated confidences would show (Broecker and Smith 2007)."""
    met = expected_calibration_error(after.confidence, after.right)
    chance = _error_by_chance(after.confidence)
    was = expected_calibration_error(before.confidence, before.right) if before else 0.0
    told = f", {was:.3f} before" if before else ""
    return Check(
        "calibration",
        met <= max(max_ece + chance, was),
        f"expected calibration error {met:.3f} on {len(after.confidence)} messages{told}; "
        f"wanted at most {max_ece:.3f}, and {chance:.3f} for chance",
    )


def _error_by_chance(confidence: NDArray[np.float64]) -> float:
    """What all but ALPHA of samples of so many messages stay below, were every confidence true."""
    rng = np.random.default_rng(0)
    drawn = rng.random((ECE_SAMPLES, len(confidence))) < confidence
    return float(np.quantile([expected_calibration_error(confidence, right) for right in drawn], 1 - ALPHA))


def _fisher(before: tuple[int, int], after: tuple[int, int]) -> float:
    """The one-sided p that the second share (of n, right) is lower by chance."""
    (n, right), (m, now) = before, after
    return float(fisher_exact([[right, n - right], [now, m - now]], alternative="greater").pvalue)


def _beyond(p: float) -> str:
    return f", worse beyond noise (p = {p:.2g})" if p <= ALPHA else ""
