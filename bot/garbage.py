"""Garbage collections of what comes and goes only."""

import gc


def settle() -> None:
    """Leave out what there is from now on, once all that is garbage is gone: model, answers and pages stay for as long as
    the process, and to look through them takes 75 ms and more, in which nobody is served. An old model that was replaced
    is looked at once more with the next call."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
