"""Predictions meet labels: the figures of the report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef, precision_recall_fscore_support, roc_auc_score

from nlu.tagging import OUTSIDE, Span, tags_of
from retrieval.budget import Budget
from training import curves
from training.curves import Bin, Curve, Points
from training.errors import TrainingError
from training.mistakes import (
    Confusion,
    EntityMistake,
    Mistake,
    entity_mistakes,
    most_confused,
    worst_mistakes,
)
from training.predictions import IntentPredictions, SpanPredictions


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One label's precision, recall and F1, 0..1, and how many there were; `auc` one against the rest."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    auc: float | None = None


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a budget's thresholds do to n messages: answered, asked back about, taken as out of scope.

    `wrong` of the `answered` are wrong: a share of `error`, None without answers, with its 95 % interval."""

    budget: Budget
    n: int
    answered: int
    asked: int
    outside: int
    wrong: int
    coverage: float
    error: float | None
    error_low: float
    error_high: float


@dataclass(frozen=True, slots=True, eq=False)
class IntentScores:
    """All figures of intents and scope. Shares are 0..1.

    `accuracy`, `macro_f1`, the classes and the curves of intents are those of messages in scope, whatever
    the confidence; `in_scope_accuracy`, `overall_accuracy`, `oos_recall`, `mcc` are those of
    `IntentPredictions.said`; `oos_auroc`, `oos_fpr95` and the scope curves those of the probability of being
    in scope; `coverage` is the share of all messages answered, `error` the share of those answered
    wrongly. Figures that need out-of-scope messages are None without them."""

    n: int
    n_in_scope: int
    accuracy: float
    macro_f1: float
    in_scope_accuracy: float
    overall_accuracy: float
    mcc: float
    oos_auroc: float | None
    oos_fpr95: float | None
    oos_recall: float | None
    ece: float
    coverage: float
    error: float
    classes: tuple[ClassScores, ...]
    averages: tuple[ClassScores, ...]
    matrix_labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]  # rows: gold
    reliability: tuple[Bin, ...]
    risk: Points  # (coverage, error)
    roc_micro: Curve | None
    roc_macro: Curve | None
    precision_recall_micro: Curve | None
    precision_recall_macro: Curve | None
    scope_roc: Curve | None
    scope_precision_recall: Curve | None
    confusions: tuple[Confusion, ...]
    mistakes: tuple[Mistake, ...]


def evaluate_intents(predictions: IntentPredictions, *, answer_threshold: float) -> IntentScores:
    """Score predictions at a threshold.

    Raises TrainingError without a single message in scope."""
    inside, right, confidence = predictions.in_scope, predictions.right, predictions.confidence
    if not inside.any():
        raise TrainingError(
            f"none of the {len(inside)} messages to evaluate on is in scope; wanted at least one"
        )
    gold = tuple(compress(predictions.gold, inside))
    best = tuple(compress(predictions.best, inside))
    labels = tuple(sorted({*gold, *best}))
    pairs = Counter(zip(gold, best, strict=True))
    answered = confidence >= answer_threshold
    agrees = np.array(predictions.said) == np.array(predictions.gold)
    outside = ~inside
    truth = np.array(gold)[:, None] == np.array(predictions.labels)[None, :]
    scores = predictions.probs[inside]
    auc = {
        label: float(roc_auc_score(truth[:, i], scores[:, i]))
        for i, label in enumerate(predictions.labels)
        if truth[:, i].any() and not truth[:, i].all()
    }
    classes = tuple(replace(row, auc=auc.get(row.label)) for row in class_scores(gold, best, labels))
    averages = average_scores([row for row in classes if row.support])
    return IntentScores(
        n=len(inside),
        n_in_scope=int(inside.sum()),
        accuracy=float(right[inside].mean()),
        macro_f1=averages[0].f1,
        in_scope_accuracy=float(agrees[inside].mean()),
        overall_accuracy=float(agrees.mean()),
        mcc=_matthews(predictions.gold, predictions.said),
        oos_auroc=float(roc_auc_score(inside, predictions.scope)) if outside.any() else None,
        oos_fpr95=curves.fpr_at(predictions.scope[inside], predictions.scope[outside], 0.95)
        if outside.any()
        else None,
        oos_recall=float(agrees[outside].mean()) if outside.any() else None,
        ece=curves.expected_calibration_error(confidence, right),
        coverage=float(answered.mean()),
        error=float((~right[answered]).mean()) if answered.any() else 0.0,
        classes=classes,
        averages=averages,
        matrix_labels=labels,
        matrix=tuple(tuple(pairs[meant, taken] for taken in labels) for meant in labels),
        reliability=curves.reliability_bins(confidence, right),
        risk=curves.risk_curve(confidence, right),
        roc_micro=curves.roc(truth.ravel(), scores.ravel()),
        roc_macro=curves.macro_roc(truth, scores),
        precision_recall_micro=curves.precision_recall(truth.ravel(), scores.ravel()),
        precision_recall_macro=curves.macro_precision_recall(truth, scores),
        scope_roc=curves.roc(inside, predictions.scope),
        scope_precision_recall=curves.precision_recall(inside, predictions.scope),
        confusions=most_confused(predictions),
        mistakes=worst_mistakes(predictions),
    )


def _matthews(gold: Sequence[str], said: Sequence[str]) -> float:
    """0 where all are one and the same, of which scikit-learn would warn."""
    return float(matthews_corrcoef(gold, said)) if len({*gold, *said}) > 1 else 0.0


def operating_point(predictions: IntentPredictions, budget: Budget) -> OperatingPoint:
    """Put messages through a budget's thresholds, as the desk would."""
    confidence = predictions.confidence
    answered = confidence >= budget.answer_threshold
    asked = ~answered & (predictions.choice >= budget.clarify_threshold)
    n_answered, n_asked = int(answered.sum()), int(asked.sum())
    wrong = int((~predictions.right[answered]).sum())
    low, high = curves.interval(wrong, n_answered) if n_answered else (0.0, 1.0)
    return OperatingPoint(
        budget=budget,
        n=len(confidence),
        answered=n_answered,
        asked=n_asked,
        outside=len(confidence) - n_answered - n_asked,
        wrong=wrong,
        coverage=n_answered / len(confidence),
        error=wrong / n_answered if n_answered else None,
        error_low=low,
        error_high=high,
    )


def class_scores(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> tuple[ClassScores, ...]:
    """Each label's figures, as scikit-learn's classification_report has them."""
    columns = precision_recall_fscore_support(gold, predicted, labels=list(labels), zero_division=0)
    return tuple(
        ClassScores(label, float(p), float(r), float(f1), int(n))
        for label, p, r, f1, n in zip(labels, *columns, strict=True)
    )


def average_scores(classes: Sequence[ClassScores]) -> tuple[ClassScores, ClassScores]:
    """Their macro and weighted averages."""
    table = np.array([(row.precision, row.recall, row.f1) for row in classes])
    support = [row.support for row in classes]
    return (
        _average("macro average", table.mean(axis=0), sum(support)),
        _average("weighted average", np.average(table, axis=0, weights=support), sum(support)),
    )


def _average(name: str, figures: NDArray[np.float64], support: int) -> ClassScores:
    precision, recall, f1 = (float(figure) for figure in figures)
    return ClassScores(name, precision, recall, f1, support)


@dataclass(frozen=True, slots=True)
class EntityScores:
    """Strict spans (type and both borders right), and tokens as scikit-learn's classification_report, O included."""

    n: int
    span_precision: float
    span_recall: float
    span_f1: float
    spans: tuple[ClassScores, ...]
    tokens: tuple[ClassScores, ...]
    token_averages: tuple[ClassScores, ...]
    token_micro_f1: float
    token_macro_f1: float
    token_weighted_f1: float
    mistakes: tuple[EntityMistake, ...]


def evaluate_entities(predictions: SpanPredictions) -> EntityScores:
    """Score spans and the tokens under them (types without B- and I-)."""
    gold = {(i, *span) for i, spans in enumerate(predictions.gold) for span in spans}
    found = {(i, *span) for i, spans in enumerate(predictions.predicted) for span in spans}
    types = sorted({label for *_, label in gold | found})
    overall = _span_scores("all", gold, found)
    true_tokens = _token_types(predictions.tokens, predictions.gold)
    found_tokens = _token_types(predictions.tokens, predictions.predicted)
    kinds = sorted({*true_tokens, *found_tokens}, key=lambda kind: (kind != OUTSIDE, kind))
    tokens = class_scores(true_tokens, found_tokens, kinds)
    averages = average_scores(tokens)
    return EntityScores(
        n=len(predictions.texts),
        span_precision=overall.precision,
        span_recall=overall.recall,
        span_f1=overall.f1,
        spans=tuple(
            _span_scores(kind, {s for s in gold if s[-1] == kind}, {s for s in found if s[-1] == kind})
            for kind in types
        ),
        tokens=tokens,
        token_averages=averages,
        # With every label in it, micro F1 is the accuracy.
        token_micro_f1=float(np.mean(np.array(true_tokens) == np.array(found_tokens))),
        token_macro_f1=averages[0].f1,
        token_weighted_f1=averages[1].f1,
        mistakes=entity_mistakes(predictions),
    )


def _span_scores(
    label: str, gold: set[tuple[int, int, int, str]], found: set[tuple[int, int, int, str]]
) -> ClassScores:
    right = len(gold & found)
    precision = right / len(found) if found else 0.0
    recall = right / len(gold) if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return ClassScores(label, precision, recall, f1, len(gold))


def _token_types(tokens: Sequence[Sequence[tuple[int, int]]], spans: Sequence[Sequence[Span]]) -> list[str]:
    """The entity type of every word, O for none."""
    tags = [tag for words, found in zip(tokens, spans, strict=True) for tag in tags_of(words, found)]
    return [tag.partition("-")[2] or OUTSIDE for tag in tags]


@dataclass(frozen=True, slots=True)
class SentimentScores:
    """How often the sentiment of n messages was recognised, 0..1, and each kind's figures.

    `is_shipped`: of the messages that ship with kefu, by cross-validation; the desk's own told nothing."""

    n: int
    accuracy: float
    macro_f1: float
    classes: tuple[ClassScores, ...]
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class SeveralScores:
    """How well all intents of n messages are found, 0..1: micro precision, recall and F1 over pairs of a message and
    an intent, and the share of messages whose intents are found exactly. `n_several` messages have several."""

    n: int
    n_several: int
    precision: float
    recall: float
    f1: float
    exact: float
    exact_of_several: float | None


def evaluate_several(gold: NDArray[np.bool_], found: NDArray[np.bool_]) -> SeveralScores:
    """Score the intents found, (n, labels) each."""
    right = int((gold & found).sum())
    exact = (gold == found).all(axis=1)
    several = gold.sum(axis=1) > 1
    return SeveralScores(
        n=len(gold),
        n_several=int(several.sum()),
        precision=right / max(1, int(found.sum())),
        recall=right / max(1, int(gold.sum())),
        f1=2 * right / max(1, int(found.sum() + gold.sum())),
        exact=float(exact.mean()),
        exact_of_several=float(exact[several].mean()) if several.any() else None,
    )


def evaluate_sentiment(
    gold: Sequence[str], predicted: Sequence[str], *, is_shipped: bool = False
) -> SentimentScores:
    """Score the sentiment of messages."""
    right = float(np.mean(np.array(gold) == np.array(predicted)))
    classes = class_scores(gold, predicted, sorted({*gold, *predicted}))
    occurring = [row.f1 for row in classes if row.support]
    return SentimentScores(len(gold), right, float(np.mean(occurring)), classes, is_shipped)
