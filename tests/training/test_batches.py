"""In which order messages are learned from."""

import random

from training.batches import IN_A_GROUP, IntentGroups

CHANCE = random.Random(1)
INTENTS = [i % 7 for i in range(200)]
LENGTHS = [CHANCE.randint(3, 60) for _ in INTENTS]


def groups(*, seed: int = 0, epoch: int = 0) -> list[int]:
    sampler = IntentGroups(INTENTS, LENGTHS, batch=32, seed=seed)
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_message_comes_once() -> None:
    assert sorted(groups()) == list(range(200))


def test_epochs_differ_and_a_resumed_one_does_not() -> None:
    assert groups(epoch=1) != groups(epoch=0) == groups(epoch=0) != groups(seed=1)


def test_most_messages_stand_beside_others_of_their_intent() -> None:
    order = groups()
    batches = [order[start : start + 32] for start in range(0, 200, 32)]
    alone = sum(
        all(INTENTS[p] != INTENTS[other] for other in batch if other != p) for batch in batches for p in batch
    )
    assert alone <= 7 + len(batches)  # an intent's rest, and a group that the end of a batch parts
    assert IN_A_GROUP > 1


def test_batches_hold_texts_of_like_length() -> None:
    def padded(order: list[int]) -> int:
        batches = [order[start : start + 32] for start in range(0, 200, 32)]
        return sum(len(batch) * max(LENGTHS[p] for p in batch) for batch in batches)

    by_chance = random.Random(2).sample(range(200), 200)
    assert padded(groups()) < 0.95 * padded(by_chance)
