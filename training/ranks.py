"""Several processes in one training, as torchrun starts them."""

import os


class OtherRank(Exception):
    """This process only helped with the training; rank 0 evaluates and writes."""


def rank() -> int:
    """This process's number under torchrun, 0 alone."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together, 1 alone."""
    return int(os.environ.get("WORLD_SIZE", "1"))
