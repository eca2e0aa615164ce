"""The fast training: linear heads, memory and fusion on a frozen encoder's features."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.heads import Heads, TagHead
from nlu.tagging import tag_names
from retrieval.budget import MAX_CHOICES
from retrieval.fusion import Fused
from training.calibrate import Calibrated, calibrate, is_right, n_folds
from training.dataset import folds
from training.dialogues import OUT_OF_SCOPE
from training.evidence import NO_NAMES, LabelledEvidence, Messages, gather
from training.features import Features
from training.heads import fit_tags
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.names import Names
from training.off_topic import is_off_topic
from training.sentiment import Fitting, choose_fitting, fit_sentiment_head
from training.several import Several, choose_several, fit_several_head, has_several
from training.thresholds import HeldOut

MIN_OUTSIDE_CLASS = 5  # out-of-scope examples from which they are a class of their own


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything fitted on one set of features; `labels` are the intents, out of scope among them if it is a class."""

    labels: tuple[str, ...]
    heads: Heads
    calibrated: Calibrated
    sentiment: Fitting | None  # how its head is fitted
    several: Several | None = (
        None  # how that for several intents is; None where too few messages have several
    )
    tags: Hyperparameters | None = None  # how the tag head is after a full training; None where it was tuned


def intent_labels(features: Features) -> tuple[str, ...]:
    """The columns of the intent head: sorted intents, and out of scope where it has examples enough."""
    counts = Counter(row.intent for row in features.rows if row.intent)
    kept = (label for label, n in counts.items() if label != OUT_OF_SCOPE or n >= MIN_OUTSIDE_CLASS)
    return tuple(sorted(kept))


def fit(
    features: Features,
    names: Names = NO_NAMES,
    *,
    spoken: Features | None = None,
    hyperparameters: Hyperparameters = DEFAULTS,
    seed: int = 0,
) -> Model:
    """Calibrate by cross-validation, then fit the heads on all of the features; those off topic come last.

    `spoken` are the names of all intents as texts, for the head that finds several."""
    labels = intent_labels(features)
    known = learnable(features, labels)
    own = [row for row in known.rows if not is_off_topic(row)]
    n_off_topic = len(known.rows) - len(own)
    n = n_folds(len(own))
    fold_of = [*folds(own, n, seed=seed), *(i % n for i in range(n_off_topic))]
    calibrated = calibrate(messages(known), labels, fold_of, names=names, n_off_topic=n_off_topic, seed=seed)
    sentiment = choose_fitting(features)
    several = choose_several(features, spoken, seed=seed) if spoken and has_several(features.rows) else None
    heads = fit_heads(
        features, labels, calibrated, sentiment, several, hyperparameters=hyperparameters, seed=seed
    )
    return Model(labels, heads, calibrated, sentiment, several)


def fit_heads(
    features: Features,
    labels: tuple[str, ...],
    calibrated: Calibrated,
    sentiment: Fitting | None,
    several: Several | None = None,
    *,
    hyperparameters: Hyperparameters = DEFAULTS,
    seed: int = 0,
) -> Heads:
    """Intent, tag and sentiment heads and that for several intents, each where its labels are, as they were chosen to
    be fitted."""
    known = learnable(features, labels)
    intent = calibrated.names.fit(known.vectors, golds(known), strength=calibrated.strength, labels=labels)
    tag = fit_tag_head(features, hyperparameters=hyperparameters, seed=seed)
    return Heads(
        intent,
        tag,
        fit_sentiment_head(features, sentiment) if sentiment else None,
        fit_several_head(features, several, seed=seed) if several else None,
    )


def fit_tag_head(
    features: Features, *, hyperparameters: Hyperparameters = DEFAULTS, seed: int = 0
) -> TagHead | None:
    """None where no entity is labelled."""
    tagged = features.tagged()
    types = {entity.label for text in tagged for entity in text.entities}
    if not types:
        return None
    return fit_tags(tagged, tag_names(types), hyperparameters=hyperparameters, seed=seed)


def learnable(features: Features, labels: tuple[str, ...]) -> Features:
    """Rows whose intent is a column."""
    return features.only([i for i, row in enumerate(features.rows) if row.intent in labels])


def golds(features: Features) -> list[str]:
    return [str(row.intent) for row in features.rows]


def messages(features: Features) -> Messages:
    """What the evidence is gathered from; "" where there is no label."""
    gold = tuple(row.intent or "" for row in features.rows)
    return Messages(tuple(one.text for one in features.encoded), features.vectors, gold)


def held_out(
    evidence: LabelledEvidence, fused: Fused, labels: tuple[str, ...], weight: NDArray[np.float64]
) -> HeldOut:
    """What the thresholds are fitted on."""
    in_scope = np.array([label != OUT_OF_SCOPE for label in evidence.gold])
    right = is_right(fused.probs, labels, evidence.gold)
    choices = is_right(fused.probs, labels, evidence.gold, among=MAX_CHOICES)
    return HeldOut(fused.confidence, in_scope & right, fused.choice, in_scope & choices, weight)


def predict(model: Model, train: Features, test: Features) -> Fused:
    """Fused probabilities of messages the model has not seen: (test rows, labels)."""
    known = learnable(train, model.labels)
    evidence = gather(messages(known), messages(test), model.labels, head=model.heads.intent)
    return model.calibrated.fusion.fuse(evidence, model.labels)
