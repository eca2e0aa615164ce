"""What is asked more than before, where chance doesn't explain it.

Fisher's exact test, one-sided (R. A. Fisher, Statistical Methods for Research Workers, 1935), over all intents of a
page with Holm's correction (S. Holm, A simple sequentially rejective multiple test procedure, 1979)."""

from collections.abc import Mapping
from math import exp, lgamma

LEVEL = 0.01  # that anything on a page is called rising by chance
NEGLIGIBLE = 1e-9


def rising(now: Mapping[str, int], n_now: int, before: Mapping[str, int], n_before: int) -> frozenset[str]:
    """The intents with a larger share of `n_now` conversations than of `n_before`; none without a period before."""
    if not n_before:
        return frozenset()
    probs = {intent: rise_prob(now[intent], n_now, before.get(intent, 0), n_before) for intent in now}
    found = set()
    for place, intent in enumerate(sorted(probs, key=lambda one: probs[one])):
        if probs[intent] > LEVEL / (len(probs) - place):
            break
        found.add(intent)
    return frozenset(found)


def rise_prob(k: int, n: int, k_before: int, n_before: int) -> float:
    """How probable it is that chance alone puts `k` or more of all k + k_before into the n of now."""
    if not n or not n_before or k * n_before <= k_before * n:
        return 1.0
    marked, total = k + k_before, n + n_before

    log_prob = _log_choose(n, k) + _log_choose(n_before, k_before) - _log_choose(total, marked)
    prob = tail = exp(log_prob)
    for count in range(k, min(marked, n)):  # each from the one before: the quotient is short
        prob *= (n - count) * (marked - count) / ((count + 1) * (n_before - marked + count + 1))
        tail += prob
        if prob < NEGLIGIBLE * tail:  # above the mean they only get smaller
            break
    return min(1.0, tail)


def _log_choose(n: int, k: int) -> float:
    return float("-inf") if k < 0 or k > n else lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
