"""The processor's cores, and threads that leave them to others."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

NICENESS = 10


def n_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def n_threads() -> int:
    """Those of the process that reads: a core is left to the desk."""
    return max(1, n_cores() - 1)


def reading_threads(*, in_background: bool = False) -> ThreadPoolExecutor:
    """Threads that read messages: by default one a core, as the encoder's passes leave Python's lock to others; one that gives
    way to all else `in_background`."""
    return ThreadPoolExecutor(
        1 if in_background else n_cores(), "reading", give_way if in_background else None
    )


def give_way() -> None:
    """Let others have the processor before this thread; on Linux a thread has a niceness of its own."""
    if sys.platform == "linux":
        ours = threading.get_native_id()
        usual = os.getpriority(os.PRIO_PROCESS, ours)  # only root may go below it
        os.setpriority(os.PRIO_PROCESS, ours, max(NICENESS, usual))
