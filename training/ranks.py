"""Several processes in one training, as torchrun starts them."""

import os
import time

LET_GO_S = 1.0


class OtherRank(Exception):
    """This process only helped with the training; rank 0 evaluates and writes."""


def rank() -> int:
    """This process's number under torchrun, 0 alone."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together, 1 alone."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leave_group() -> None:
    """Part from the other processes once all have come this far; nothing where there are none."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.barrier()
        # Gloo's thread takes the GIL to let go of its last tensors; the group's end waits for that thread with the
        # GIL in hand. Whoever goes on at once may hang for good.
        time.sleep(LET_GO_S)
        distributed.destroy_process_group()
