"""Garbage collections of what comes and goes only, and memory given back."""

import ctypes
import gc
from collections.abc import Callable


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


def _find_trim() -> Callable[[], object]:
    """The C library keeps freed memory for itself; glibc can be told to give it back."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return lambda: None
    return lambda: trim(0)


_trim = _find_trim()
