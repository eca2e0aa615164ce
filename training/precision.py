"""Whether the int8 encoder understands as well as the fp32 one."""

from scipy.stats import binomtest

from training.predictions import IntentPredictions

MAX_LOSS = 0.003  # of accuracy, that three times the speed is worth
SURE = 0.05  # how probable so many more losses than gains may be by chance (sign test)


def int8_loss(int8: IntentPredictions, fp32: IntentPredictions) -> str | None:
    """Why int8 won't do, in words; None where it loses no more than MAX_LOSS, or maybe only by chance.

    Both are predictions for the same messages."""
    inside = int8.in_scope
    lost = int((fp32.right & ~int8.right)[inside].sum())
    gained = int((int8.right & ~fp32.right)[inside].sum())
    n = int(inside.sum())
    if lost - gained <= MAX_LOSS * n or binomtest(lost, lost + gained, alternative="greater").pvalue > SURE:
        return None
    return (
        f"Of {n} messages held back, the int8 encoder got {lost} wrong that fp32 got right, and {gained} right that "
        "fp32 got wrong."
    )
