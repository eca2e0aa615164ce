"""The head that finds all intents of a message, fitted in closed form on what one encoder pass gives anyway.

For each intent, ridge regression (Hoerl and Kennard 1970) says how well the message as a whole fits, and another
how well each of its words does; logistic regression on their out-of-fold scores joins the two (stacking, Wolpert
1992). A ridge needs nothing but sums over its examples, so leaving out a fold is a subtraction. The intents' names
are examples too: who calls an intent lost_stolen has said which words to look for."""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.linear_model import LogisticRegression

from nlu.encoder import Encoded
from nlu.heads import LinearHead, SeveralHead, centred_words, message_input, word_directions
from training.dataset import LabelledText, folds
from training.features import Features
from training.off_topic import is_off_topic
from training.thresholds import HeldOut

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Read = Callable[[Encoded], NDArray[np.float32]]  # what is read of a message: (rows, width)

MIN_SEVERAL = 10  # messages with several intents from which there is something to learn
MAX_MESSAGES = 20_000  # learned from; of more, those with one intent are thinned out
N_FOLDS = 10
MESSAGE_PENALTIES = (0.3, 1.0, 3.0)
WORD_PENALTIES = (1.0, 3.0, 10.0)
NAME_WEIGHTS = (0.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Ridge:
    """How a ridge is fitted; an intent's name counts as `name_weight` times what it is."""

    penalty: float
    name_weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """How the head is fitted. `mix` weighs message, best word and a constant; an intent is found from `threshold` on.

    `names` are the intents' names, encoded. `probs` and `gold` (n, labels) are those of messages not learned from:
    the budget's thresholds and, where no messages are held back, the report come from them."""

    labels: tuple[str, ...]
    names: Features
    message: Ridge
    words: Ridge
    mix: tuple[float, float, float]
    threshold: float
    probs: Array
    gold: Flags


def has_several(rows: Sequence[LabelledText]) -> bool:
    """Whether enough messages have several intents to learn from."""
    return sum(len(row.intents) > 1 for row in rows) >= MIN_SEVERAL


def several_labels(rows: Sequence[LabelledText]) -> tuple[str, ...]:
    """Every intent in scope, also those that never stand first."""
    return tuple(sorted({intent for row in rows for intent in row.intents}))


def choose_several(
    features: Features, names: Features, *, held_out: Features | None = None, seed: int = 0
) -> Several:
    """Choose penalties, weights and threshold by cross-validation; or on messages `held_out` from an encoder that was
    tuned on the others. `names` are rows whose text is the name of their intent."""
    known = _learned_from(features, seed)
    labels = several_labels(known.rows)
    if held_out is None:
        fold_of = np.array(folds(known.rows, min(N_FOLDS, len(known.rows)), seed=seed))
        parts = [known.only(np.flatnonzero(fold_of == fold).tolist()) for fold in range(fold_of.max() + 1)]
        unseen = parts
    else:
        unseen = [_learned_from(held_out, seed)]
        parts = [known, *unseen]
    gold = np.concatenate([gold_of(part.rows, labels) for part in unseen])

    def choose(read: Read, penalties: Sequence[float]) -> tuple[Ridge, Array]:
        examples = [_Examples.of(part, labels, read) for part in parts]
        named = _Examples.of(names, labels, read)
        tried = _out_of_fold(examples, named, penalties, n_unseen=len(unseen))
        return max(tried, key=lambda one: best_f1(one[1], gold))

    message, by_message = choose(_as_one_row, MESSAGE_PENALTIES)
    words, by_words = choose(_as_words(_centre(known)), WORD_PENALTIES)
    mix = _mix(by_message, by_words, gold)
    probs = _sigmoid(mix[0] * by_message + mix[1] * by_words + mix[2])
    # Of probabilities that come true, those from half the best F1 up give it (Lipton et al. 2014, theorem 1); what
    # gives it on a hundred messages varies by half.
    return Several(labels, names, message, words, mix, best_f1(probs, gold) / 2, probs, gold)


def fit_several_head(features: Features, chosen: Several, *, seed: int = 0) -> SeveralHead:
    """The head of all messages, fitted as it was chosen."""
    known = _learned_from(features, seed)
    centre = _centre(known)
    of_message, of_words, constant = chosen.mix
    message = _fit(known, chosen, _as_one_row, chosen.message) * of_message
    words = _fit(known, chosen, _as_words(centre), chosen.words) * of_words
    return SeveralHead(
        LinearHead(
            chosen.labels, message[:-1].astype(np.float32), (message[-1] + constant).astype(np.float32)
        ),
        LinearHead(chosen.labels, words.astype(np.float32), np.zeros(len(chosen.labels), np.float32)),
        centre,
        chosen.threshold,
    )


def held_out_several(chosen: Several) -> HeldOut:
    """The messages in which several intents are found, for the thresholds of a budget: by the probability of the least
    probable, and whether each of them is right."""
    found = chosen.probs >= chosen.threshold
    is_several = found.sum(axis=1) > 1
    probs, is_wrong = chosen.probs[is_several], (found & ~chosen.gold)[is_several]
    least: Array = np.where(found[is_several], probs, 1.0).min(axis=1)
    right = ~np.any(is_wrong, axis=1)
    return HeldOut(least, right, least, right, np.ones(len(least)))


def gold_of(rows: Sequence[LabelledText], labels: Sequence[str]) -> Flags:
    """Which intents each message has: (n, labels)."""
    return np.array([[label in row.intents for label in labels] for row in rows], bool).reshape(
        -1, len(labels)
    )


def best_f1(scores: Array, gold: Flags) -> float:
    """The micro F1 where intents are taken as there from the best of all scores up."""
    order = np.argsort(-scores, axis=None, kind="stable")
    ranked, right = scores.ravel()[order], np.cumsum(gold.ravel()[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + gold.sum())
    is_end = np.append(ranked[:-1] > ranked[1:], True)  # equal scores are taken together
    return float(f1[is_end].max())


def _learned_from(features: Features, seed: int) -> Features:
    """The messages with an intent but for those that ship with kefu, those with several first of all."""
    known = [i for i, row in enumerate(features.rows) if row.intent and not is_off_topic(row)]
    if len(known) > MAX_MESSAGES:
        several = [i for i in known if len(features.rows[i].intents) > 1]
        single = sorted(set(known).difference(several))
        n_single = max(0, MAX_MESSAGES - len(several))
        kept = np.random.default_rng(seed).permutation(single)[:n_single].tolist()
        known = sorted([*several, *kept])
    return features.only(known)


def _as_one_row(encoded: Encoded) -> NDArray[np.float32]:
    """The message as a whole, and a constant."""
    return np.append(message_input(encoded), np.float32(1))[None]


def _as_words(centre: NDArray[np.float32]) -> Read:
    """Each of its words."""
    return functools.partial(centred_words, centre=centre)


def _centre(features: Features) -> NDArray[np.float32]:
    words = [word_directions(one) for one in features.encoded]
    centre: NDArray[np.float32] = np.concatenate(words).mean(axis=0, dtype=np.float64).astype(np.float32)
    return centre


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """All that a ridge takes of its examples: X'X (width, width) and X'Y (width, labels)."""

    squares: Array
    products: Array

    def plus(self, other: "_Sums", times: float = 1.0) -> "_Sums":
        return _Sums(self.squares + times * other.squares, self.products + times * other.products)

    def solve(self, penalty: float) -> Array:
        """The weights, (width, labels)."""
        ridge = self.squares + penalty * np.eye(len(self.squares))
        return np.asarray(linalg.solve(ridge, self.products, assume_a="pos"), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Examples:
    """What is read of messages, each row with the message it is of, and which intents that has."""

    rows: NDArray[np.float32]
    owners: NDArray[np.intp]
    gold: Flags

    @classmethod
    def of(cls, features: Features, labels: Sequence[str], read: Read) -> "_Examples":
        found = [read(one) for one in features.encoded]
        owners = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
        return cls(np.concatenate(found), owners, gold_of(features.rows, labels))

    def sums(self) -> _Sums:
        """Every row is an example of its message's intents."""
        rows = self.rows.astype(np.float64)
        return _Sums(rows.T @ rows, rows.T @ self.gold[self.owners].astype(np.float64))

    def best_scores(self, weights: Array) -> Array:
        """The score of each intent by the row that speaks most for it, 0 where nothing is read: (n, labels)."""
        scores = np.full(self.gold.shape, -np.inf)
        np.maximum.at(scores, self.owners, self.rows @ weights)
        return np.where(np.isfinite(scores), scores, 0.0)


def _fit(features: Features, chosen: Several, read: Read, ridge: Ridge) -> Array:
    sums = _Examples.of(features, chosen.labels, read).sums()
    named = _Examples.of(chosen.names, chosen.labels, read).sums()
    return sums.plus(named, ridge.name_weight).solve(ridge.penalty)


def _out_of_fold(
    parts: Sequence[_Examples], names: _Examples, penalties: Sequence[float], *, n_unseen: int
) -> list[tuple[Ridge, Array]]:
    """For each way of fitting, the scores of the intents in the messages of the last `n_unseen` parts, each part by a
    ridge that has seen all the others."""
    sums = [part.sums() for part in parts]
    total, named = functools.reduce(_Sums.plus, sums), names.sums()
    unseen = list(zip(parts, sums, strict=True))[-n_unseen:]
    tried = []
    for penalty, name_weight in itertools.product(penalties, NAME_WEIGHTS):
        scores = [
            part.best_scores(total.plus(own, -1).plus(named, name_weight).solve(penalty))
            for part, own in unseen
        ]
        tried.append((Ridge(penalty, name_weight), np.concatenate(scores)))
    return tried


def _mix(by_message: Array, by_words: Array, gold: Flags) -> tuple[float, float, float]:
    """The weights of the two scores, and the constant, that make log odds of them."""
    scores = np.stack([by_message.ravel(), by_words.ravel()], axis=1)
    spread = scores.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scores / spread, gold.ravel())
    of_message, of_words = model.coef_[0] / spread
    return float(of_message), float(of_words), float(model.intercept_[0])


def _sigmoid(scores: Array) -> Array:
    probs: Array = 1 / (1 + np.exp(-scores))
    return probs
