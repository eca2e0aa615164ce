"""What went wrong, with the texts: pairs that are confused, the surest wrong guesses, entities missed and invented."""

from dataclasses import dataclass

import numpy as np

from nlu.tagging import Span
from retrieval.candidates import Neighbour
from training.predictions import IntentPredictions, SpanPredictions
from training.turns import OUT_OF_SCOPE

SHOWN_PAIRS = 12
SHOWN_TEXTS = 5
SHOWN_MISTAKES = 20


@dataclass(frozen=True, slots=True)
class Confusion:
    """Messages of intent `gold` taken for `predicted`, with some of their texts."""

    gold: str
    predicted: str
    count: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One message that was understood wrongly, and the remembered example nearest to it."""

    text: str
    gold: str
    predicted: str
    confidence: float
    nearest: Neighbour | None


@dataclass(frozen=True, slots=True)
class EntityMistake:
    """One text whose entities were found wrongly."""

    text: str
    missed: tuple[str, ...]
    invented: tuple[str, ...]


def most_confused(predictions: IntentPredictions) -> tuple[Confusion, ...]:
    """Pairs of intents in scope, those with most messages first."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for text, gold, best in zip(predictions.texts, predictions.gold, predictions.best, strict=True):
        if gold not in (best, OUT_OF_SCOPE):
            pairs.setdefault((gold, best), []).append(text)
    most = sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:SHOWN_PAIRS]
    return tuple(
        Confusion(gold, best, len(texts), tuple(texts[:SHOWN_TEXTS])) for (gold, best), texts in most
    )


def worst_mistakes(predictions: IntentPredictions) -> tuple[Mistake, ...]:
    """Messages taken for what they are not, out-of-scope ones among them; the surest first."""
    wrong = np.flatnonzero(~predictions.right)
    worst = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:SHOWN_MISTAKES]
    best = predictions.best
    return tuple(
        Mistake(
            predictions.texts[i],
            predictions.gold[i],
            best[i],
            float(predictions.confidence[i]),
            predictions.nearest[i] if predictions.nearest else None,
        )
        for i in worst
    )


def entity_mistakes(predictions: SpanPredictions) -> tuple[EntityMistake, ...]:
    """Texts with spans missed or invented, those with most of them first."""
    rows = []
    for text, gold, found in zip(predictions.texts, predictions.gold, predictions.predicted, strict=True):
        missed = _quoted(text, gold, found)
        invented = _quoted(text, found, gold)
        if missed or invented:
            rows.append(EntityMistake(text, missed, invented))
    return tuple(sorted(rows, key=lambda row: -len(row.missed) - len(row.invented))[:SHOWN_MISTAKES])


def _quoted(text: str, spans: tuple[Span, ...], others: tuple[Span, ...]) -> tuple[str, ...]:
    return tuple(
        f"{text[start:end]} ({label})" for start, end, label in spans if (start, end, label) not in others
    )
