"""The order of messages in a fine-tuning."""

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler

IN_A_GROUP = 4  # messages of an intent that come together, so that each has others to be drawn to
LENGTH_NOISE = 1.0  # doublings by which a length may seem longer or shorter, so that no two epochs are alike


class IntentGroups(Sampler[int]):
    """Positions in groups of one intent, groups of like length one after another: padding is wasted time.

    An epoch's order depends on the seed and its number alone, so a training that is resumed goes on as it would have."""

    def __init__(self, intents: Sequence[int], lengths: Sequence[int], *, batch: int, seed: int) -> None:
        """`intents` (n,) are numbers, any below 0 for messages without; `lengths` (n,) are in tokens."""
        self._intents = list(intents)
        self._lengths = list(lengths)
        self._batch = batch
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by transformers' Trainer before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._intents)

    def __iter__(self) -> Iterator[int]:
        chance = random.Random(f"{self._seed} {self._epoch}")  # noqa: S311 - nothing secret
        seeming = [n * 2 ** chance.uniform(-LENGTH_NOISE, LENGTH_NOISE) for n in self._lengths]
        by_intent: dict[int, list[int]] = {}
        for position in sorted(range(len(self)), key=seeming.__getitem__):
            by_intent.setdefault(self._intents[position], []).append(position)
        groups = [
            members[start : start + IN_A_GROUP]
            for members in by_intent.values()
            for start in range(0, len(members), IN_A_GROUP)
        ]
        groups.sort(key=lambda group: max(seeming[position] for position in group))
        order = [position for group in groups for position in group]
        batches = [order[start : start + self._batch] for start in range(0, len(order), self._batch)]
        last = batches.pop() if batches and len(batches[-1]) < self._batch else []
        chance.shuffle(batches)
        return iter([position for batch in [*batches, last] for position in batch])
