"""Predictions meet labels: the figures of the report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    classification_report,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from nlu.tagging import OUTSIDE, Span, tags_of
from training.dialogues import OUT_OF_SCOPE
from training.errors import TrainingError

Array = NDArray[np.float64]
Points = tuple[tuple[float, float], ...]

N_BINS = 15
CURVE_POINTS = 100
SHOWN_PAIRS = 12
SHOWN_TEXTS = 5
SHOWN_MISTAKES = 20


@dataclass(frozen=True, slots=True, eq=False)
class IntentPredictions:
    """Predictions for n messages: `probs` (n, labels) over the intents in scope, `confidence` (n,) that the
    best one is right and the message in scope; `gold` holds OUT_OF_SCOPE for those outside."""

    texts: tuple[str, ...]
    gold: tuple[str, ...]
    labels: tuple[str, ...]
    probs: Array
    confidence: Array

    @property
    def best(self) -> tuple[str, ...]:
        return tuple(self.labels[i] for i in self.probs.argmax(axis=1))

    @property
    def in_scope(self) -> NDArray[np.bool_]:
        return np.array([label != OUT_OF_SCOPE for label in self.gold], bool)

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.array([best == gold for best, gold in zip(self.best, self.gold, strict=True)], bool)


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
class Bin:
    """Messages of like confidence: the mean of it, and how many of them were right."""

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Messages of intent `gold` taken for `predicted`, with some of their texts."""

    gold: str
    predicted: str
    count: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One message that was understood wrongly."""

    text: str
    gold: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class IntentScores:
    """All figures of intents and scope. Shares are 0..1.

    `accuracy`, `macro_f1` and the classes are those of messages in scope, whatever the confidence;
    `in_scope_accuracy`, `overall_accuracy`, `oos_recall`, `mcc` count a message below the answer threshold
    as "out of scope"; `coverage` is the share of all messages answered, `error` the share of those answered
    wrongly. Figures that need out-of-scope messages are None without them."""

    n: int
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
    average_precision: float
    classes: tuple[ClassScores, ...]
    matrix_labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    risk: Points  # (coverage, error)
    roc: Points  # (false positive rate, true positive rate), micro
    precision_recall: Points  # (recall, precision), micro
    confusions: tuple[Confusion, ...]
    mistakes: tuple[Mistake, ...]


def evaluate_intents(
    predictions: IntentPredictions, *, answer_threshold: float, max_wrong_answers: float
) -> IntentScores:
    """Score predictions at a threshold.

    Raises TrainingError without a single message in scope."""
    inside, right, confidence = predictions.in_scope, predictions.right, predictions.confidence
    if not inside.any():
        raise TrainingError(
            f"none of the {len(inside)} messages to evaluate on is in scope; wanted at least one"
        )
    gold = np.array(predictions.gold)[inside]
    best = np.array(predictions.best)[inside]
    labels = tuple(sorted(set(gold) | set(best)))
    answered = confidence >= answer_threshold
    said = np.where(answered, np.array(predictions.best), OUT_OF_SCOPE)
    agrees = said == np.array(predictions.gold)
    outside = ~inside
    roc, precision_recall, average_precision = _micro_curves(predictions)
    report = classification_report(gold, best, labels=labels, output_dict=True, zero_division=0)
    known = [label for label in labels if label in set(gold)]
    return IntentScores(
        n=len(inside),
        accuracy=float(right[inside].mean()),
        macro_f1=float(np.mean([report[label]["f1-score"] for label in known])),
        in_scope_accuracy=float(agrees[inside].mean()),
        overall_accuracy=float(agrees.mean()),
        mcc=float(matthews_corrcoef(np.array(predictions.gold), said)),
        oos_auroc=float(roc_auc_score(inside, confidence)) if outside.any() else None,
        oos_fpr95=fpr_at(confidence[inside], confidence[outside], 0.95) if outside.any() else None,
        oos_recall=float(agrees[outside].mean()) if outside.any() else None,
        ece=expected_calibration_error(confidence, right),
        coverage=float(answered.mean()),
        error=float((~right[answered]).mean()) if answered.any() else 0.0,
        average_precision=average_precision,
        classes=tuple(_class_scores(label, report[label], predictions) for label in labels),
        matrix_labels=labels,
        matrix=tuple(tuple(int(n) for n in row) for row in confusion_matrix(gold, best, labels=labels)),
        reliability=reliability_bins(confidence, right),
        risk=risk_curve(confidence, right),
        roc=roc,
        precision_recall=precision_recall,
        confusions=_confusions(predictions),
        mistakes=_mistakes(predictions),
    )


def expected_calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Mean distance of confidence and accuracy over bins of equal mass (Naeini et al. 2015)."""
    bins = reliability_bins(confidence, right)
    return float(sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / len(right))


def reliability_bins(confidence: Array, right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Up to N_BINS bins with equally many messages, by confidence."""
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(N_BINS, len(right)))
    return tuple(Bin(float(confidence[part].mean()), float(right[part].mean()), len(part)) for part in parts)


def risk_curve(confidence: Array, right: NDArray[np.bool_]) -> Points:
    """(share of messages answered, share of those answered wrongly) as the threshold falls."""
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    chosen = np.unique(np.linspace(0, len(order) - 1, CURVE_POINTS).astype(int))
    return tuple((float((i + 1) / len(order)), float(errors[i])) for i in chosen)


def fpr_at(inside: Array, outside: Array, recall: float) -> float:
    """Share of out-of-scope messages taken as in scope when `recall` of those in scope are."""
    return float((outside >= np.quantile(inside, 1 - recall)).mean())


def _micro_curves(predictions: IntentPredictions) -> tuple[Points, Points, float]:
    rows = predictions.in_scope
    gold = np.array(predictions.gold)[rows]
    truth = (gold[:, None] == np.array(predictions.labels)[None, :]).ravel()
    scores = predictions.probs[rows].ravel()
    if truth.all() or not truth.any():
        return ((0.0, 0.0), (1.0, 1.0)), ((0.0, 1.0), (1.0, 1.0)), float(truth.any())
    false_rate, true_rate, _ = roc_curve(truth, scores)
    precision, recall, _ = precision_recall_curve(truth, scores)
    return (
        _thin(false_rate, true_rate),
        _thin(recall, precision),
        float(average_precision_score(truth, scores)),
    )


def _thin(x: Array, y: Array) -> Points:
    chosen = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).astype(int))
    return tuple((float(x[i]), float(y[i])) for i in chosen)


def _class_scores(label: str, row: dict[str, float], predictions: IntentPredictions) -> ClassScores:
    return ClassScores(
        label, row["precision"], row["recall"], row["f1-score"], int(row["support"]), _auc(label, predictions)
    )


def _auc(label: str, predictions: IntentPredictions) -> float | None:
    if label not in predictions.labels:
        return None
    truth = np.array(predictions.gold) == label
    if truth.all() or not truth.any():
        return None
    return float(roc_auc_score(truth, predictions.probs[:, predictions.labels.index(label)]))


def _confusions(predictions: IntentPredictions) -> tuple[Confusion, ...]:
    pairs: dict[tuple[str, str], list[str]] = {}
    for text, gold, best in zip(predictions.texts, predictions.gold, predictions.best, strict=True):
        if gold not in (best, OUT_OF_SCOPE):
            pairs.setdefault((gold, best), []).append(text)
    most = sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:SHOWN_PAIRS]
    return tuple(
        Confusion(gold, best, len(texts), tuple(texts[:SHOWN_TEXTS])) for (gold, best), texts in most
    )


def _mistakes(predictions: IntentPredictions) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(~predictions.right)
    worst = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:SHOWN_MISTAKES]
    best = predictions.best
    return tuple(
        Mistake(predictions.texts[i], predictions.gold[i], best[i], float(predictions.confidence[i]))
        for i in worst
    )


@dataclass(frozen=True, slots=True)
class SpanPredictions:
    """Spans for n texts; `tokens` are the word offsets of each."""

    texts: tuple[str, ...]
    tokens: tuple[tuple[tuple[int, int], ...], ...]
    gold: tuple[tuple[Span, ...], ...]
    predicted: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class EntityMistake:
    """One text whose entities were found wrongly."""

    text: str
    missed: tuple[str, ...]
    invented: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityScores:
    """Strict spans (type and both borders right), and tokens as scikit-learn's classification_report, O included."""

    n: int
    span_precision: float
    span_recall: float
    span_f1: float
    spans: tuple[ClassScores, ...]
    tokens: tuple[ClassScores, ...]
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
    accuracy, tokens = _token_report(predictions)
    kinds = [OUTSIDE, *types]
    return EntityScores(
        n=len(predictions.texts),
        span_precision=overall.precision,
        span_recall=overall.recall,
        span_f1=overall.f1,
        spans=tuple(
            _span_scores(kind, {s for s in gold if s[-1] == kind}, {s for s in found if s[-1] == kind})
            for kind in types
        ),
        tokens=tuple(
            ClassScores(
                k,
                tokens[k]["precision"],
                tokens[k]["recall"],
                tokens[k]["f1-score"],
                int(tokens[k]["support"]),
            )
            for k in kinds
            if k in tokens
        ),
        token_micro_f1=accuracy,
        token_macro_f1=tokens["macro avg"]["f1-score"],
        token_weighted_f1=tokens["weighted avg"]["f1-score"],
        mistakes=_entity_mistakes(predictions),
    )


def _span_scores(
    label: str, gold: set[tuple[int, int, int, str]], found: set[tuple[int, int, int, str]]
) -> ClassScores:
    right = len(gold & found)
    precision = right / len(found) if found else 0.0
    recall = right / len(gold) if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return ClassScores(label, precision, recall, f1, len(gold))


def _token_report(predictions: SpanPredictions) -> tuple[float, dict[str, dict[str, float]]]:
    """Accuracy (which is micro F1 with O included), and scikit-learn's report."""
    gold, found = [], []
    for words, truth, guess in zip(predictions.tokens, predictions.gold, predictions.predicted, strict=True):
        gold += [tag.partition("-")[2] or OUTSIDE for tag in tags_of(words, truth)]
        found += [tag.partition("-")[2] or OUTSIDE for tag in tags_of(words, guess)]
    report = classification_report(gold, found, output_dict=True, zero_division=0)
    return float(report.pop("accuracy")), report


def _entity_mistakes(predictions: SpanPredictions) -> tuple[EntityMistake, ...]:
    rows = []
    for text, gold, found in zip(predictions.texts, predictions.gold, predictions.predicted, strict=True):
        missed = [f"{text[s:e]} ({label})" for s, e, label in gold if (s, e, label) not in found]
        invented = [f"{text[s:e]} ({label})" for s, e, label in found if (s, e, label) not in gold]
        if missed or invented:
            rows.append(EntityMistake(text, tuple(missed), tuple(invented)))
    return tuple(sorted(rows, key=lambda row: -len(row.missed) - len(row.invented))[:SHOWN_MISTAKES])
