"""Times and memory."""

import resource
from collections.abc import Sequence

import numpy as np


def percentiles(values: Sequence[float], *wanted: float) -> list[float]:
    """Percentiles, rounded to hundredths."""
    return [round(float(np.percentile(values, percent)), 2) for percent in wanted]


def peak_rss_mb() -> float:
    """The largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
