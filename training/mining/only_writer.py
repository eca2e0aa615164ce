"""One process at a time changes a proposal."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from training.mining.proposal import ProposalError

LOCK = ".lock"
PATIENCE_S = 3.0  # the console's database waits as long
POLL_S = 0.02


@contextlib.contextmanager
def only_writer(folder: Path, lock: str = LOCK) -> Iterator[None]:
    """Be the only one of all processes who changes the proposal, or holds another `lock`. Raises ProposalError after
    PATIENCE_S."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gate = (folder / lock).open("a")
    except OSError as error:
        raise ProposalError(f"{folder / lock}: can't be written: {error.strerror}") from error
    with gate:
        deadline = time.monotonic() + PATIENCE_S
        while not _take(gate.fileno()):
            if time.monotonic() > deadline:
                raise ProposalError(f"{folder}: another change doesn't end; try again")
            time.sleep(POLL_S)
        yield  # closing the file gives the lock back


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
