"""A trained model meets the messages held back for the report, as the desk would meet them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nlu.encoder import Encoded
from nlu.heads import Heads
from nlu.rules import EntityRules
from nlu.tagging import Span
from retrieval.budget import Budget
from retrieval.candidates import Neighbour
from retrieval.fusion import Fused
from training.evaluate import (
    EntityScores,
    IntentScores,
    OperatingPoint,
    SentimentScores,
    SeveralScores,
    evaluate_entities,
    evaluate_intents,
    evaluate_sentiment,
    evaluate_several,
    operating_point,
)
from training.evidence import search_all
from training.fast import learnable, predict
from training.features import Features, encode_rows
from training.precision import int8_loss
from training.predictions import IntentPredictions, SpanPredictions
from training.sentiment import as_labelled, cross_validated, is_shipped_sentiment, read_sentiments
from training.several import gold_of
from training.trained import Trained
from training.turns import OUT_OF_SCOPE


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The report's figures; `is_held_out` is False where they come from cross-validation on the training messages.

    `budgets` has what the thresholds of each budget would do; `by_precision` the intent accuracy of each
    ONNX file on the same messages, and `int8_loss` says why int8 won't do, if it is served and won't."""

    intent: IntentScores
    budgets: tuple[OperatingPoint, ...]
    entity: EntityScores | None
    sentiment: SentimentScores | None
    several: SeveralScores | None
    by_precision: dict[str, float]
    is_held_out: bool
    int8_loss: str | None = None


def score(
    trained: Trained,
    folder: Path,
    rules: EntityRules,
    budget: Budget,
    *,
    budgets: Sequence[Budget],
    served: str,
) -> Scores:
    """Evaluate on the test rows; without any, intents by the out-of-fold predictions."""
    test = trained.test.with_intent()
    is_held_out = bool(test.rows)
    predictions = intent_predictions(trained, test) if is_held_out else out_of_fold_predictions(trained)
    intent = evaluate_intents(predictions, answer_threshold=budget.answer_threshold)
    by_precision, loss = {served: intent.accuracy}, None
    if is_held_out:
        other = "fp32" if served == "int8" else "int8"
        met = encode_rows(test.rows, folder, other, words=trained.words, head=trained.model.heads.intent)
        others = intent_predictions(trained, met)
        by_precision[other] = _accuracy(others)
        loss = int8_loss(predictions, others) if served == "int8" else None
    tagged = [i for i, row in enumerate(trained.test.rows) if row.entities is not None]
    entity = (
        evaluate_entities(span_predictions(trained.model.heads, trained.test.only(tagged), rules))
        if tagged
        else None
    )
    return Scores(
        intent,
        tuple(operating_point(predictions, one) for one in budgets),
        entity,
        _sentiment(trained),
        _several(trained),
        by_precision,
        is_held_out,
        loss,
    )


def intent_predictions(trained: Trained, test: Features) -> IntentPredictions:
    """Fused predictions for test rows; labels the model doesn't know stay wrong."""
    fused = predict(trained.model, trained.train, test)
    return _in_scope_columns(trained, test, fused)


def out_of_fold_predictions(trained: Trained) -> IntentPredictions:
    """What the messages that calibrated the model were taken for by one that hadn't seen them.

    Intents that stood in for out-of-scope messages are not among them: nobody said those."""
    rows = trained.train.only(trained.calibrated_at)
    fused, n = trained.model.calibrated.fused, len(rows.rows)
    real = Fused(fused.probs[:n], fused.confidence[:n], fused.scope[:n], fused.choice[:n])
    return _in_scope_columns(trained, rows, real)


def _in_scope_columns(trained: Trained, asked: Features, fused: Fused) -> IntentPredictions:
    labels = trained.model.labels
    inside = [i for i, label in enumerate(labels) if label != OUT_OF_SCOPE]
    kept = fused.probs[:, inside]
    return IntentPredictions(
        tuple(row.text for row in asked.rows),
        tuple(str(row.intent) for row in asked.rows),
        tuple(labels[i] for i in inside),
        kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12),
        fused.confidence,
        fused.scope,
        nearest_examples(learnable(trained.train, labels), asked),
        trained.model.calibrated.fusion.prior_shift,
    )


def nearest_examples(known: Features, asked: Features) -> tuple[Neighbour | None, ...]:
    """For each message the example of another dialogue nearest to it; None where all near ones are of its own."""
    similarities, positions = search_all(known.vectors, range(len(known.rows)), asked.vectors)
    return tuple(
        next(
            (
                Neighbour(known.rows[p].text, str(known.rows[p].intent), float(similarity))
                for p, similarity in zip(near, cosines, strict=True)
                if known.rows[p].group != row.group
            ),
            None,
        )
        for row, near, cosines in zip(asked.rows, positions, similarities, strict=True)
    )


def _accuracy(predictions: IntentPredictions) -> float:
    inside = predictions.in_scope
    return float(predictions.right[inside].mean()) if inside.any() else 0.0


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


def _sentiment(trained: Trained) -> SentimentScores | None:
    """On the held-back messages with a label, else by cross-validation on those shipped."""
    head, fitting = trained.model.heads.sentiment, trained.model.sentiment
    if head is None or fitting is None:
        return None
    test = trained.test.only([i for i, row in enumerate(trained.test.rows) if row.sentiment])
    if not test.rows:
        shipped = [i for i, row in enumerate(trained.train.rows) if is_shipped_sentiment(row)]
        gold, found = cross_validated(trained.train.only(shipped), fitting)
        return evaluate_sentiment(gold, found, is_shipped=True)
    gold = [str(row.sentiment) for row in test.rows]
    return evaluate_sentiment(gold, as_labelled(read_sentiments(head, test), gold))


def _several(trained: Trained) -> SeveralScores | None:
    """On the held-back messages with an intent, else by cross-validation."""
    head, chosen = trained.model.heads.several, trained.model.several
    if head is None or chosen is None:
        return None
    test = trained.test.with_intent()
    if not test.rows:
        return evaluate_several(chosen.gold, chosen.probs >= chosen.threshold)
    probs = np.stack([head.probs(one) for one in test.encoded])
    return evaluate_several(gold_of(test.rows, head.labels), probs >= head.threshold)
