"""The tag head after a full training: as it was tuned, or fitted anew on what the tuned encoder gives.

An encoder that is averaged with what it was (`training.mixing`) moves away from the head that was tuned with it;
a linear head fitted on the average finds what is there (Kumar et al. 2022 in the other order)."""

import math
from dataclasses import replace

from nlu.heads import Heads
from nlu.rules import EntityRules
from training.evaluate import evaluate_entities
from training.fast import fit_tag_head
from training.features import Features
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.scoring import span_predictions

DECAYS = (0.01, 0.0)  # on messages that the encoder was tuned on a head may be too sure of itself


def choose_tag_fitting(
    heads: Heads,
    taught: Features,
    valid: Features,
    *,
    hyperparameters: Hyperparameters = DEFAULTS,
    seed: int = 0,
) -> tuple[Hyperparameters | None, float]:
    """How to fit the tag head anew, None where the tuned one finds the entities of the valid rows as well; and how well
    they are found, see `span_f1`.

    `taught` are the rows that the encoder was tuned on."""
    tuned = span_f1(heads, valid)
    if math.isnan(tuned):
        return None, tuned
    ways = [replace(hyperparameters, tag_decay=decay) for decay in DECAYS]
    scored = [
        (span_f1(replace(heads, tag=fit_tag_head(taught, hyperparameters=way, seed=seed)), valid), way)
        for way in ways
    ]
    best, way = max(scored, key=lambda one: one[0])
    return (way, best) if best > tuned else (None, tuned)


def span_f1(heads: Heads, features: Features) -> float:
    """Strict F1 of the spans found without patterns and gazetteers; NaN where there are none to find."""
    features = features.only([i for i, row in enumerate(features.rows) if row.entities is not None])
    if heads.tag is None or not any(row.entities for row in features.rows):
        return math.nan
    return evaluate_entities(span_predictions(heads, features, EntityRules())).span_f1
