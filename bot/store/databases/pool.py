"""How the connections of a process to its database are used at a moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolUse:
    """`limit` is how many there may be at a time, `n_waiting` the transactions that wait for one to be free or made."""

    n_in_use: int
    limit: int
    n_waiting: int
