"""The heads of the fast training: linear models on the frozen encoder's output, fitted in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nlu.heads import LinearHead, TagHead
from nlu.tagging import tags_of, transition_mask
from training.dialogues import EntityLabel
from training.hyperparameters import DEFAULTS, Hyperparameters

Array = NDArray[np.float32]

MAX_STEPS = 60  # of L-BFGS
STEPS_ON = (
    40  # from a head of another strength: on BANKING77 they lead nearer to the end than 60 from nothing
)
TAG_EPOCHS = 12
TAG_BATCH_WORDS = 512
MIN_TAG_STEPS = 1000  # a few dialogues fill a single batch; twelve steps would teach nothing


def fit_linear(
    vectors: Array,
    labels: Sequence[str],
    *,
    strength: float,
    names: Sequence[str] | None = None,
    start: LinearHead | None = None,
) -> LinearHead:
    """Multinomial logistic regression by L-BFGS: vectors (n, width), one label each.

    `strength` is the inverse of the L2 penalty, C in scikit-learn's words. From `start`, a head of the same
    labels fitted with another strength, the way is shorter."""
    names = tuple(names or sorted(set(labels)))
    position = {name: i for i, name in enumerate(names)}
    targets = torch.tensor([position[label] for label in labels])
    inputs = torch.from_numpy(np.ascontiguousarray(vectors, np.float32))
    weight, bias = torch.zeros(inputs.shape[1], len(names)), torch.zeros(len(names))
    if start is not None:
        weight, bias = torch.from_numpy(start.weight.copy()), torch.from_numpy(start.bias.copy())
    weight.requires_grad_()
    bias.requires_grad_()
    steps = MAX_STEPS if start is None else STEPS_ON
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=steps, history_size=10, line_search_fn="strong_wolfe"
    )
    penalty = 1 / (2 * strength * len(labels))

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(inputs @ weight + bias, targets)
        value = value + penalty * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return LinearHead(names, weight.detach().numpy(), bias.detach().numpy())


@dataclass(frozen=True, slots=True, eq=False)
class TaggedText:
    """One text for the tag head: its words' inputs (words, n; see `nlu.heads.word_input`), their offsets, and its entity spans."""

    inputs: Array
    words: tuple[tuple[int, int], ...]
    entities: tuple[EntityLabel, ...]

    def tags(self) -> list[str]:
        return tags_of(self.words, [(e.start, e.end, e.label) for e in self.entities])


def fit_tags(
    texts: Sequence[TaggedText],
    tags: Sequence[str],
    *,
    hyperparameters: Hyperparameters = DEFAULTS,
    seed: int = 0,
) -> TagHead:
    """Fit word scores on cross-entropy by Adam with decoupled weight decay (Loshchilov and Hutter 2019); the only
    transitions forbidden are those BIO forbids."""
    position = {tag: i for i, tag in enumerate(tags)}
    inputs, at = _beside_each_other(texts)
    targets = torch.tensor([position[tag] for text in texts for tag in text.tags()])
    generator = torch.Generator().manual_seed(seed)
    weight = torch.zeros(3 * inputs.shape[1], len(tags), requires_grad=True)
    bias = torch.zeros(len(tags), requires_grad=True)
    n_batches = -(-len(targets) // TAG_BATCH_WORDS)
    epochs = max(TAG_EPOCHS, -(-MIN_TAG_STEPS // n_batches))
    rate = hyperparameters.tag_rate
    # The optimiser takes the decay times the rate; ours is the share itself.
    decay = hyperparameters.tag_decay / rate if rate else 0.0
    optimizer = torch.optim.AdamW(
        [{"params": [weight], "weight_decay": decay}, {"params": [bias], "weight_decay": 0.0}], lr=rate
    )
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=epochs * n_batches)
    for _ in range(epochs):
        shuffled = torch.randperm(len(targets), generator=generator)
        for batch in torch.split(shuffled, TAG_BATCH_WORDS):
            optimizer.zero_grad()
            words = at[batch]
            window = torch.cat([inputs[words], inputs[words - 1], inputs[words + 1]], dim=1)
            loss = functional.cross_entropy(window @ weight + bias, targets[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    transitions = transition_mask(tags)
    # A text begins as if after O.
    return TagHead(
        LinearHead(tuple(tags), weight.detach().numpy(), bias.detach().numpy()), transitions, transitions[0]
    )


def _beside_each_other(texts: Sequence[TaggedText]) -> tuple[torch.Tensor, torch.Tensor]:
    """All inputs with a row of zeros around each text, and where the words are among them.

    A word's window is then its row and the two beside it; stored as windows they would take three times the room."""
    edge = np.zeros((1, texts[0].inputs.shape[1]), np.float32)
    rows = [edge]
    at: list[int] = []
    position = 1
    for text in texts:
        rows += [text.inputs, edge]
        at += range(position, position + len(text.words))
        position += len(text.words) + 1
    return torch.from_numpy(np.concatenate(rows)), torch.tensor(at)
