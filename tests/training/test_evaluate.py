"""Figures against scikit-learn's, and against counts done by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import classification_report, matthews_corrcoef

from nlu.tagging import Span
from retrieval.budget import Budget
from retrieval.candidates import Neighbour
from training.errors import TrainingError
from training.evaluate import (
    ClassScores,
    evaluate_entities,
    evaluate_intents,
    evaluate_sentiment,
    evaluate_several,
    operating_point,
)
from training.mistakes import Confusion, EntityMistake, Mistake
from training.predictions import IntentPredictions, SpanPredictions
from training.turns import OUT_OF_SCOPE

LABELS = ("cancel", "refund", "return")


def predict(
    rows: list[tuple[str, str, float]],
    labels: tuple[str, ...] = LABELS,
    nearest: tuple[Neighbour | None, ...] = (),
) -> IntentPredictions:
    """Messages as (gold, best, confidence); in scope they are as surely as `best` is right."""
    probs = np.full((len(rows), len(labels)), 0.1)
    for i, (_, best, _) in enumerate(rows):
        probs[i, labels.index(best)] = 0.8
    texts = tuple(f"text {i}" for i in range(len(rows)))
    confidence = np.array([confidence for *_, confidence in rows])
    gold = tuple(gold for gold, *_ in rows)
    return IntentPredictions(texts, gold, labels, probs, confidence, confidence, nearest)


ROWS = [
    ("cancel", "cancel", 0.9),
    ("cancel", "refund", 0.7),
    ("refund", "refund", 0.8),
    ("refund", "refund", 0.4),
    ("return", "refund", 0.3),
    (OUT_OF_SCOPE, "return", 0.2),
    (OUT_OF_SCOPE, "cancel", 0.6),
]


def test_intents_are_scored_as_scikit_learn_scores_the_messages_in_scope() -> None:
    scores = evaluate_intents(predict(ROWS), answer_threshold=0.5)
    gold, best = [row[0] for row in ROWS[:5]], [row[1] for row in ROWS[:5]]
    wanted = classification_report(gold, best, output_dict=True, zero_division=0)
    assert scores.accuracy == wanted["accuracy"] == 0.6
    for row in scores.classes:
        met = {"precision": row.precision, "recall": row.recall, "f1-score": row.f1, "support": row.support}
        assert met == wanted[row.label]
    for average in scores.averages:
        same = wanted[average.label.replace("average", "avg")]
        assert (average.precision, average.recall, average.f1) == pytest.approx(
            (same["precision"], same["recall"], same["f1-score"])
        )
    assert scores.macro_f1 == pytest.approx(wanted["macro avg"]["f1-score"])
    assert scores.matrix_labels == LABELS
    assert scores.matrix == ((1, 1, 0), (0, 2, 0), (0, 1, 0))


def test_a_message_is_said_to_be_out_of_scope_where_that_is_likelier() -> None:
    predictions = replace(predict(ROWS), scope=np.array([0.95, 0.9, 0.9, 0.7, 0.6, 0.7, 0.3]))
    # 0.4 against 0.3 is the intent, 0.3 against 0.4 and 0.2 against 0.3 are out of scope, 0.6 against 0.7 too.
    said = ("cancel", "refund", "refund", "refund", OUT_OF_SCOPE, OUT_OF_SCOPE, OUT_OF_SCOPE)
    assert predictions.said == said
    scores = evaluate_intents(predictions, answer_threshold=0.99)
    assert scores.in_scope_accuracy == 3 / 5
    assert scores.overall_accuracy == 5 / 7
    assert scores.oos_recall == 1.0
    assert scores.mcc == pytest.approx(matthews_corrcoef([row[0] for row in ROWS], said))


def test_scope_doesnt_ask_for_the_answer_threshold() -> None:
    scores = evaluate_intents(predict(ROWS), answer_threshold=0.5)
    said = ["cancel", "refund", "refund", OUT_OF_SCOPE, OUT_OF_SCOPE, OUT_OF_SCOPE, "cancel"]
    assert scores.in_scope_accuracy == 2 / 5
    assert scores.overall_accuracy == 3 / 7
    assert scores.oos_recall == 1 / 2
    assert scores.mcc == pytest.approx(matthews_corrcoef([row[0] for row in ROWS], said))
    assert (scores.coverage, scores.error) == (4 / 7, 2 / 4)
    assert (scores.n, scores.n_in_scope) == (7, 5)


def test_scope_is_told_apart_by_its_own_probability() -> None:
    scores = evaluate_intents(predict(ROWS), answer_threshold=0.5)
    # Of the 10 pairs of a message in scope and one outside, 0.2 loses to all five, 0.6 to three.
    assert scores.oos_auroc == pytest.approx(8 / 10)
    assert scores.scope_roc is not None
    assert scores.scope_roc.area == scores.oos_auroc


def test_without_out_of_scope_messages_their_figures_are_none() -> None:
    scores = evaluate_intents(predict(ROWS[:5]), answer_threshold=0.5)
    assert (scores.oos_auroc, scores.oos_fpr95, scores.oos_recall) == (None, None, None)
    assert (scores.scope_roc, scores.scope_precision_recall) == (None, None)


def test_nothing_in_scope_is_refused() -> None:
    with pytest.raises(TrainingError, match="none of the 2 messages"):
        evaluate_intents(predict(ROWS[5:]), answer_threshold=0.5)


def test_an_intent_nobody_meant_is_listed_but_not_averaged() -> None:
    scores = evaluate_intents(
        predict([("cancel", "cancel", 0.9), ("cancel", "return", 0.9)]), answer_threshold=0.5
    )
    assert [(row.label, row.support) for row in scores.classes] == [("cancel", 2), ("return", 0)]
    assert scores.macro_f1 == pytest.approx(2 / 3)


def test_intents_may_have_the_names_of_averages() -> None:
    labels = ("accuracy", "macro avg")
    scores = evaluate_intents(
        predict([("accuracy", "accuracy", 0.9), ("macro avg", "accuracy", 0.9)], labels), answer_threshold=0.5
    )
    assert [row.recall for row in scores.classes] == [1.0, 0.0]


def test_each_intents_area_is_its_own_against_the_rest() -> None:
    scores = evaluate_intents(predict(ROWS), answer_threshold=0.5)
    auc = {row.label: row.auc for row in scores.classes}
    # "cancel" has 0.8 and 0.1 where it is meant, 0.1 three times where it isn't: 3 pairs won, 3 drawn.
    assert auc["cancel"] == pytest.approx(0.75)
    assert scores.roc_macro is not None
    assert scores.roc_macro.area == pytest.approx(
        np.mean([area for area in auc.values() if area is not None])
    )


def test_a_budget_answers_asks_back_or_does_neither() -> None:
    point = operating_point(predict(ROWS), Budget(0.05, 0.65, 0.35, 0.5))
    assert (point.n, point.answered, point.asked, point.outside, point.wrong) == (7, 3, 2, 2, 1)
    assert (point.coverage, point.error) == (3 / 7, 1 / 3)
    assert point.error_low < 1 / 3 < point.error_high


def test_a_budget_that_answers_nothing_has_no_error() -> None:
    point = operating_point(predict(ROWS), Budget(0.05, 0.99, 0.99, 0.5))
    assert (point.answered, point.outside, point.error) == (0, 7, None)
    assert (point.error_low, point.error_high) == (0.0, 1.0)


def test_confused_pairs_come_with_their_texts_the_most_frequent_first() -> None:
    rows = [("return", "cancel", 0.5), *[("cancel", "refund", 0.5)] * 7, (OUT_OF_SCOPE, "refund", 0.5)]
    first, second = evaluate_intents(predict(rows), answer_threshold=0.5).confusions
    assert first == Confusion("cancel", "refund", 7, ("text 1", "text 2", "text 3", "text 4", "text 5"))
    assert second == Confusion("return", "cancel", 1, ("text 0",))


def test_the_surest_mistake_is_the_worst_and_names_the_nearest_example() -> None:
    near = tuple(Neighbour(f"near {i}", "refund", 0.5) for i in range(len(ROWS)))
    worst, *rest = evaluate_intents(predict(ROWS, nearest=near), answer_threshold=0.5).mistakes
    assert worst == Mistake("text 1", "cancel", "refund", 0.7, near[1])
    assert [one.text for one in rest] == ["text 6", "text 4", "text 5"]
    assert evaluate_intents(predict(ROWS), answer_threshold=0.5).mistakes[0].nearest is None


def tag(text: str, gold: tuple[Span, ...], predicted: tuple[Span, ...]) -> SpanPredictions:
    words, start = [], 0
    for word in text.split(" "):
        words.append((start, start + len(word)))
        start += len(word) + 1
    return SpanPredictions((text,), (tuple(words),), (gold,), (predicted,))


def test_tokens_are_scored_as_scikit_learn_scores_them_with_o() -> None:
    text = "my oak table came on friday morning"
    scores = evaluate_entities(
        tag(text, ((3, 12, "product"), (21, 27, "date")), ((7, 12, "product"), (21, 35, "date")))
    )
    gold = ["O", "product", "product", "O", "O", "date", "O"]
    found = ["O", "O", "product", "O", "O", "date", "date"]
    wanted = classification_report(gold, found, output_dict=True)
    assert [row.label for row in scores.tokens] == ["O", "date", "product"]
    for row in scores.tokens:
        met = {"precision": row.precision, "recall": row.recall, "f1-score": row.f1, "support": row.support}
        assert met == wanted[row.label]
    assert scores.token_micro_f1 == pytest.approx(wanted["accuracy"])
    assert scores.token_macro_f1 == pytest.approx(wanted["macro avg"]["f1-score"])
    assert scores.token_weighted_f1 == pytest.approx(wanted["weighted avg"]["f1-score"])


def test_a_span_with_one_border_wrong_is_missed_and_invented() -> None:
    scores = evaluate_entities(
        tag(
            "oak table on friday",
            ((0, 9, "product"), (13, 19, "date")),
            ((4, 9, "product"), (13, 19, "date")),
        )
    )
    assert (scores.span_precision, scores.span_recall, scores.span_f1) == (0.5, 0.5, 0.5)
    assert scores.spans == (ClassScores("date", 1.0, 1.0, 1.0, 1), ClassScores("product", 0.0, 0.0, 0.0, 1))
    assert scores.mistakes == (
        EntityMistake("oak table on friday", ("oak table (product)",), ("table (product)",)),
    )


def test_a_text_without_entities_is_all_o() -> None:
    scores = evaluate_entities(tag("where is it", (), ()))
    assert scores.tokens == (ClassScores("O", 1.0, 1.0, 1.0, 3),)
    assert (scores.spans, scores.mistakes, scores.span_f1) == ((), (), 0.0)


def test_sentiment_has_its_accuracy_and_classes() -> None:
    scores = evaluate_sentiment(["negative", "neutral", "neutral"], ["negative", "negative", "neutral"])
    assert scores.macro_f1 == pytest.approx(2 / 3)
    assert (scores.n, scores.accuracy) == (3, pytest.approx(2 / 3))
    assert [(row.label, row.precision, row.recall) for row in scores.classes] == [
        ("negative", 0.5, 1.0),
        ("neutral", 1.0, 0.5),
    ]


def test_intents_of_a_message_are_counted_one_by_one() -> None:
    gold = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1]], bool)
    found = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]], bool)
    scores = evaluate_several(gold, found)
    assert (scores.n, scores.n_several) == (4, 2)
    assert (scores.precision, scores.recall) == (3 / 4, 3 / 5)
    assert scores.f1 == pytest.approx(2 * 3 / (4 + 5))
    assert (scores.exact, scores.exact_of_several) == (0.25, 0.5)
    assert evaluate_several(gold[1:3], found[1:3]).exact_of_several is None
