"""The wrong-answer budget becomes thresholds, with a guarantee where the data allow one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.isotonic import IsotonicRegression

from retrieval.budget import Budget

Array = NDArray[np.float64]

LEVEL = 0.1  # chance that the bound fails, over draws of the held-out messages
STEPS = 60
START_COVERAGE = 0.15  # the sequence of tests begins with the surest 15 % of the messages
CORRECTED = 1.0  # the confidence of a message that staff have labelled, and of no other
DEFAULT_PASSAGE_THRESHOLD = 0.55
LEAST_PASSAGE_THRESHOLD = 0.40


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Held-out messages: `confidence` (n,), whether the answer would be right, `choice` (n,), whether the right
    intent is among the choices offered when the desk asks back, and weights."""

    confidence: Array
    is_right: NDArray[np.bool_]
    choice: Array
    is_among_choices: NDArray[np.bool_]
    weight: Array


def upper_bound(wrong: float, n: float) -> float:
    """Clopper and Pearson's (1934) one-sided upper bound of an error rate at LEVEL."""
    return 1.0 if wrong >= n else float(beta.ppf(1 - LEVEL, wrong + 1, n - wrong))


def answer_threshold(
    held_out: HeldOut, max_wrong_answers: float, *, least: float = 0.0
) -> tuple[float, bool]:
    """The least confidence at which the answers given stay within the budget, and whether that is guaranteed.

    Fixed-sequence testing (Angelopoulos et al. 2021, Learn then Test, section 4): from the surest messages
    downwards, each threshold is tested by the exact binomial bound, and the last one before the first
    failure is taken. Where not even the first passes (few messages, a tight budget), the least threshold
    from `least` up is taken whose observed share of wrong answers is half the budget; where there is none,
    nothing but what was corrected by hand is sure enough."""
    order = np.argsort(-held_out.confidence, kind="stable")
    confidence, weight = held_out.confidence[order], held_out.weight[order]
    given = np.cumsum(weight)
    wrong = np.cumsum(weight * ~held_out.is_right[order])
    effective = given**2 / np.cumsum(weight**2)  # Kish's effective sample size
    # A threshold lets in all messages of like confidence, so each is judged by the last of its equals.
    ends = np.searchsorted(-confidence, -confidence, side="right") - 1
    best: float | None = None
    for share in np.linspace(START_COVERAGE, 1, STEPS):
        last = ends[min(int(np.searchsorted(given, share * given[-1])), len(order) - 1)]
        rate = wrong[last] / given[last]
        if upper_bound(rate * effective[last], effective[last]) > max_wrong_answers:
            break
        best = float(confidence[last])
    if best is not None:
        return best, True
    within = np.flatnonzero(((wrong / given)[ends] <= max_wrong_answers / 2) & (confidence >= least))
    return (float(confidence[within[-1]]) if len(within) else CORRECTED), False


def clarify_threshold(held_out: HeldOut, answer_threshold: float) -> float:
    """Where asking back pays: the least probability at which the choices hold the right intent as often as not.

    That share is estimated by isotonic regression (Barlow et al. 1972) over the messages not answered."""
    below = held_out.confidence < answer_threshold
    if not below.any():
        return 1.0
    choice = held_out.choice[below]
    helped = held_out.is_among_choices[below].astype(float)
    fitted = IsotonicRegression().fit(choice, helped, sample_weight=held_out.weight[below])
    pays = choice[fitted.predict(choice) >= 0.5]
    return float(pays.min()) if len(pays) else 1.0


def passage_threshold(passage_scores: Array | None, max_wrong_answers: float) -> float:
    """The score that only `max_wrong_answers` of the messages no article is for would reach.

    `passage_scores`: the best passage's score for each such message; None where there are no articles."""
    if passage_scores is None or len(passage_scores) < 10:
        return DEFAULT_PASSAGE_THRESHOLD
    return max(LEAST_PASSAGE_THRESHOLD, float(np.quantile(passage_scores, 1 - max_wrong_answers)))


def fit_budgets(
    held_out: HeldOut,
    max_wrong_answers: Sequence[float],
    passage_scores: Array | None = None,
    several: HeldOut | None = None,
) -> list[Budget]:
    """All thresholds of a release, for several budgets, the smallest first.

    `several` are the messages in which several intents are found, by the least probable of these.
    A smaller budget never answers more than a larger one, though each is judged by itself: where few messages
    allow no guarantee the rule of thumb may be bolder than the guarantee of the next."""
    found: list[Budget] = []
    least, least_of_several = 0.0, 0.0 if several and len(several.confidence) else CORRECTED
    for max_wrong in sorted(max_wrong_answers, reverse=True):
        least, is_guaranteed = answer_threshold(held_out, max_wrong, least=least)
        if several and least_of_several < CORRECTED:
            least_of_several, _ = answer_threshold(several, max_wrong, least=least_of_several)
        found.append(
            Budget(
                max_wrong,
                least,
                clarify_threshold(held_out, least),
                passage_threshold(passage_scores, max_wrong),
                is_guaranteed,
                least_of_several,
            )
        )
    return found[::-1]
