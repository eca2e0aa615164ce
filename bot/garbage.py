"""Garbage collections of what comes and goes only, and memory given back."""

import contextlib
import ctypes
import gc
import os
from collections.abc import Callable

M_ARENA_MAX = -8  # glibc's malloc.h
MAX_ARENAS = 4


def settle() -> None:
    """Leave out what there is from now on, once all that is garbage is gone: model, answers and pages stay for as long as
    the process, and to look through them takes 75 ms and more, in which nobody is served."""
    gc.unfreeze()
    settle_new()


def settle_new() -> None:
    """The same for what came since, in a few milliseconds; what was there and is replaced has no circles to be found."""
    gc.collect()
    gc.freeze()
    _trim()


def hold_little() -> None:
    """Have the C library keep its memory in few places, a process's first act: with one for each thread, weights of a release
    that is gone leave holes in many, and twenty releases with encoders of their own take a fifth more."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, min(MAX_ARENAS, os.cpu_count() or 1))


def _find_trim() -> Callable[[], object]:
    """The C library keeps freed memory for itself; glibc can be told to give it back."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return lambda: None
    return lambda: trim(0)


_trim = _find_trim()
