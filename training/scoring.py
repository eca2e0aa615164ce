"""A trained model meets the messages held back for the report, as the desk would meet them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nlu.encoder import Encoded
from nlu.heads import Heads
from nlu.rules import EntityRules
from nlu.tagging import Span
from retrieval.budget import Budget
from training.dataset import LabelledText
from training.dialogues import OUT_OF_SCOPE
from training.evaluate import (
    EntityScores,
    IntentPredictions,
    IntentScores,
    SpanPredictions,
    evaluate_entities,
    evaluate_intents,
)
from training.fast import predict
from training.features import Features, encode_rows
from training.trained import Trained


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The report's figures; `is_held_out` is False where they come from cross-validation on the training messages.

    `by_precision` has the intent accuracy of each ONNX file on the same messages."""

    intent: IntentScores
    entity: EntityScores | None
    sentiment: dict[str, float] | None
    by_precision: dict[str, float]
    is_held_out: bool


def score(trained: Trained, folder: Path, rules: EntityRules, budget: Budget, *, served: str) -> Scores:
    """Evaluate on the test rows; without any, intents by the out-of-fold predictions."""
    test = trained.test.with_intent()
    is_held_out = bool(test.rows)
    predictions = intent_predictions(trained, test) if is_held_out else out_of_fold_predictions(trained)
    intent = evaluate_intents(
        predictions, answer_threshold=budget.answer_threshold, max_wrong_answers=budget.max_wrong_answers
    )
    by_precision = {served: intent.accuracy}
    if is_held_out:
        other = "fp32" if served == "int8" else "int8"
        by_precision[other] = _accuracy(intent_predictions(trained, encode_rows(test.rows, folder, other)))
    tagged = [i for i, row in enumerate(trained.test.rows) if row.entities is not None]
    entity = (
        evaluate_entities(span_predictions(trained.model.heads, trained.test.only(tagged), rules))
        if tagged
        else None
    )
    return Scores(intent, entity, _sentiment(trained), by_precision, is_held_out)


def intent_predictions(trained: Trained, test: Features) -> IntentPredictions:
    """Fused predictions for test rows; labels the model doesn't know stay wrong."""
    fused = predict(trained.model, trained.train, test)
    return _in_scope_columns(trained.model.labels, test.rows, fused.probs, fused.confidence)


def out_of_fold_predictions(trained: Trained) -> IntentPredictions:
    """What cross-validation predicted for the training rows."""
    calibrated = trained.model.calibrated
    rows = tuple(LabelledText("", "", intent=gold) for gold in calibrated.evidence.gold)
    return _in_scope_columns(trained.model.labels, rows, calibrated.fused.probs, calibrated.fused.confidence)


def _in_scope_columns(
    labels: tuple[str, ...], rows: tuple[LabelledText, ...], probs: np.ndarray, confidence: np.ndarray
) -> IntentPredictions:
    inside = [i for i, label in enumerate(labels) if label != OUT_OF_SCOPE]
    kept = probs[:, inside] / np.maximum(probs[:, inside].sum(axis=1, keepdims=True), 1e-12)
    return IntentPredictions(
        tuple(row.text for row in rows),
        tuple(str(row.intent) for row in rows),
        tuple(labels[i] for i in inside),
        kept,
        confidence,
    )


def _accuracy(predictions: IntentPredictions) -> float:
    rows = [
        predictions.labels[best] == gold
        for best, gold in zip(predictions.probs.argmax(axis=1), predictions.gold, strict=True)
        if gold != OUT_OF_SCOPE
    ]
    return sum(rows) / len(rows) if rows else 0.0


def span_predictions(heads: Heads, test: Features, rules: EntityRules) -> SpanPredictions:
    """Gold and predicted spans, patterns and gazetteers included as in serving."""
    predicted = tuple(
        tuple(entity_spans(heads, row.text, encoded, rules))
        for row, encoded in zip(test.rows, test.encoded, strict=True)
    )
    gold = tuple(tuple((e.start, e.end, e.label) for e in row.entities or ()) for row in test.rows)
    return SpanPredictions(
        tuple(row.text for row in test.rows), tuple(one.words for one in test.encoded), gold, predicted
    )


def entity_spans(heads: Heads, text: str, encoded: Encoded, rules: EntityRules) -> list[Span]:
    """The spans serving would find."""
    from nlu.understander import find_entities

    found = find_entities(text, encoded, heads, rules, now=datetime.now(UTC))
    return [(entity.start, entity.end, entity.label) for entity in found]


def _sentiment(trained: Trained) -> dict[str, float] | None:
    head = trained.model.heads.sentiment
    test = trained.test.only([i for i, row in enumerate(trained.test.rows) if row.sentiment])
    if head is None or not test.rows:
        return None
    best = head.probs(test.vectors).argmax(axis=1)
    right = [head.labels[i] == row.sentiment for i, row in zip(best, test.rows, strict=True)]
    return {"accuracy": sum(right) / len(right), "messages": float(len(right))}
