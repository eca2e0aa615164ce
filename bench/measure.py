"""Times and memory."""

import resource
from collections.abc import Sequence

import numpy as np
import psutil


def percentiles(values: Sequence[float], *wanted: float) -> list[float]:
    """Percentiles, rounded to hundredths."""
    return [round(float(np.percentile(values, percent)), 2) for percent in wanted]


def peak_rss_mb() -> float:
    """The largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def desk_rss_mb(process: psutil.Process) -> float:
    """The resident set of a desk and of what reads for it, in MB."""
    return sum(float(one.memory_info().rss) for one in _with_children(process)) / 2**20


def desk_cpu_s(process: psutil.Process) -> float:
    """The seconds of processor that a desk took, and what reads for it."""
    times = [one.cpu_times() for one in _with_children(process)]
    return sum(float(one.user + one.system) for one in times)


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]
