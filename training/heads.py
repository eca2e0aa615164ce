"""The heads of the fast training: linear models on the frozen encoder's output, fitted in seconds."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nlu.heads import LinearHead, TagHead
from nlu.tagging import tags_of, transition_mask
from training.dialogues import EntityLabel

Array = NDArray[np.float32]

MAX_STEPS = 60  # of L-BFGS; BANKING77 needs about 40
TAG_EPOCHS = 12
TAG_BATCH_WORDS = 512
SMOOTHING = 0.1  # added to transition counts


def fit_linear(
    vectors: Array,
    labels: Sequence[str],
    *,
    strength: float,
    names: Sequence[str] | None = None,
    balanced: bool = False,
) -> LinearHead:
    """Multinomial logistic regression by L-BFGS: vectors (n, width), one label each.

    `strength` is the inverse of the L2 penalty, C in scikit-learn's words. `balanced` weighs rare labels up."""
    names = tuple(names or sorted(set(labels)))
    position = {name: i for i, name in enumerate(names)}
    targets = torch.tensor([position[label] for label in labels])
    inputs = torch.from_numpy(np.ascontiguousarray(vectors, np.float32))
    weight = torch.zeros(inputs.shape[1], len(names), requires_grad=True)
    bias = torch.zeros(len(names), requires_grad=True)
    class_weight = _balanced(labels, names) if balanced else None
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=MAX_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )
    penalty = 1 / (2 * strength * len(labels))

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(inputs @ weight + bias, targets, weight=class_weight)
        value = value + penalty * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return LinearHead(names, weight.detach().numpy(), bias.detach().numpy())


def _balanced(labels: Sequence[str], names: Sequence[str]) -> torch.Tensor:
    counts = Counter(labels)
    return torch.tensor([len(labels) / (len(names) * max(1, counts[name])) for name in names])


@dataclass(frozen=True, slots=True, eq=False)
class TaggedText:
    """One text for the tag head: word states (words, width), their offsets, and its entity spans."""

    states: Array
    words: tuple[tuple[int, int], ...]
    entities: tuple[EntityLabel, ...]

    def tags(self) -> list[str]:
        return tags_of(self.words, [(e.start, e.end, e.label) for e in self.entities])


def fit_tags(
    texts: Sequence[TaggedText], tags: Sequence[str], *, seed: int = 0, epochs: int = TAG_EPOCHS
) -> TagHead:
    """Fit word scores by Adam on cross-entropy, and transition scores by counting.

    Scores and log transition probabilities are added by Viterbi, as in a maximum-entropy Markov model."""
    position = {tag: i for i, tag in enumerate(tags)}
    sequences = [[position[tag] for tag in text.tags()] for text in texts]
    states = torch.from_numpy(np.concatenate([text.states for text in texts]).astype(np.float32))
    targets = torch.tensor([tag for sequence in sequences for tag in sequence])
    generator = torch.Generator().manual_seed(seed)
    weight = torch.zeros(states.shape[1], len(tags), requires_grad=True)
    bias = torch.zeros(len(tags), requires_grad=True)
    steps = epochs * -(-len(targets) // TAG_BATCH_WORDS)
    optimizer = torch.optim.Adam([weight, bias], lr=0.02)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=max(1, steps))
    for _ in range(epochs):
        shuffled = torch.randperm(len(targets), generator=generator)
        for batch in torch.split(shuffled, TAG_BATCH_WORDS):
            optimizer.zero_grad()
            loss = functional.cross_entropy(states[batch] @ weight + bias, targets[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    transitions, start = count_transitions(sequences, tags)
    return TagHead(
        LinearHead(tuple(tags), weight.detach().numpy(), bias.detach().numpy()), transitions, start
    )


def count_transitions(sequences: Sequence[Sequence[int]], tags: Sequence[str]) -> tuple[Array, Array]:
    """How much likelier each step is than its tag alone: log P(after | before) - log P(after), forbidden steps out.

    Word scores already hold the tag's own frequency; counted twice it would drown rare entities."""
    steps = np.full((len(tags), len(tags)), SMOOTHING)
    begins = np.full(len(tags), SMOOTHING)
    for sequence in sequences:
        if sequence:
            begins[sequence[0]] += 1
        for before, after in itertools.pairwise(sequence):
            steps[before, after] += 1
    alone = steps.sum(axis=0) + begins
    alone = alone / alone.sum()
    transitions = np.log(steps / steps.sum(axis=1, keepdims=True)) - np.log(alone)
    mask = transition_mask(tags)
    begin_mask = np.array([mask[0, i] for i in range(len(tags))])  # a text begins as if after O
    start = np.log(begins / begins.sum()) - np.log(alone)
    return (transitions + mask).astype(np.float32), (start + begin_mask).astype(np.float32)
