"""report.html and report.json from figures made by hand, no model near."""

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.budget import Budget
from retrieval.candidates import Neighbour
from training.calibrate import Trial
from training.data_summary import LeftOut, summarize
from training.dataset import Dataset, LabelledText, Split
from training.evaluate import (
    evaluate_entities,
    evaluate_intents,
    evaluate_sentiment,
    operating_point,
)
from training.export import Agreement
from training.figures import OTHERS, SHOWN_LABELS, most_confused_part
from training.hyperparameters import DEFAULTS, Hyperparameters
from training.pages import to_json
from training.predictions import IntentPredictions, SpanPredictions
from training.provenance import Provenance
from training.report import headline, render, write_report
from training.report_data import EncoderReport, Report, TrainingReport
from training.study import SearchTrial, Study
from training.trained import CurvePoint, Options
from training.turns import OUT_OF_SCOPE, EntityLabel

SECTIONS = (
    "summary", "budget", "intents", "confusions", "mistakes", "confidence", "curves",
    "scope", "entities", "sentiment", "data", "training", "encoder", "provenance",
)  # fmt: skip
DOCS = Path(__file__).parents[2] / "docs" / "report.md"
BUDGET = Budget(0.05, 0.8, 0.4, 0.55)


def predict(
    n: int = 60, labels: tuple[str, ...] = ("cancel", "refund"), *, outside: bool = True
) -> IntentPredictions:
    """Messages of each intent in turn, one in six out of scope, one in five misunderstood."""
    rng = np.random.default_rng(0)
    gold = [labels[i % len(labels)] for i in range(n)]
    probs = rng.dirichlet(np.ones(len(labels)), n) * 0.5
    for i in range(n):
        probs[i, (i + (i % 5 == 0)) % len(labels)] += 0.5
    if outside:
        gold = [OUT_OF_SCOPE if i % 6 == 5 else label for i, label in enumerate(gold)]
    confidence = np.where(np.arange(n) % 6 == 5, 0.3, 0.9) - rng.random(n) * 0.3
    nearest = tuple(Neighbour(f"example {i}", labels[0], 0.75) for i in range(n))
    texts = tuple(f"message {i}" for i in range(n))
    return IntentPredictions(texts, tuple(gold), labels, probs, confidence, confidence, nearest)


def make_report(predictions: IntentPredictions | None = None, **other: Any) -> Report:
    predictions = predictions or predict()
    rows = tuple(
        LabelledText(text, text, gold, (EntityLabel(0, 7, "product"),), "neutral")
        for text, gold in zip(predictions.texts, predictions.gold, strict=True)
    )
    found = {
        "speed": "fast",
        "is_held_out": True,
        "options": Options(),
        "budget": BUDGET,
        "budgets": tuple(
            operating_point(predictions, one) for one in (BUDGET, Budget(0.1, 0.7, 0.3, 0.55, is_guaranteed=False))
        ),
        "data": summarize(Dataset(rows, 60), Split(rows[:40], rows[40:], 3)),
        "intent": evaluate_intents(predictions, answer_threshold=BUDGET.answer_threshold),
        "entity": evaluate_entities(
            SpanPredictions(("a red rug",), (((0, 1), (2, 5), (6, 9)),), (((6, 9, "product"),),), (((2, 9, "product"),),))
        ),
        "sentiment": evaluate_sentiment(["neutral", "negative"], ["neutral", "neutral"]),
        "several": None,
        "training": TrainingReport((), (Trial(3.0, True, 0.7), Trial(10.0, True, 0.6)), Trial(10.0, True, 0.6), {"classifier": 1.1}),
        "encoder": EncoderReport("int8", Agreement(1e-7, 2e-7, 0.01, 0.02, 1.5), {"int8": 0.8, "fp32": 0.82}, {"int8": 23.0, "fp32": 90.0}),
        "timings": {"encoding": 3.5, "evaluation": 1.5},
        "provenance": Provenance("2026-03-01T10:00:00+00:00", "0123abcd", {"python": "3.12"}, {"cores": "2"}),
        "notes": ("Trained on a rainy day.",),
    }  # fmt: skip
    return Report(**{**found, **other})


class Texts(HTMLParser):
    """The text of a page, section by section, as a reader sees it, and in which sections its pictures are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pictures: list[str] = []
        self._section = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
        if tag == "svg":
            self.pictures.append(self._section)

    def handle_data(self, data: str) -> None:
        self.sections[self._section] = self.sections.get(self._section, "") + data

    def text(self, section: str) -> str:
        return re.sub(r"\s+", " ", self.sections[section])


@pytest.fixture(scope="module")
def page() -> Texts:
    return Texts(render(make_report()))


def test_the_page_has_every_section_and_a_link_to_each(page: Texts) -> None:
    links = tuple(attrs["href"] for tag, attrs in page.tags if tag == "a")
    assert links == tuple(f"#{name}" for name in SECTIONS)
    assert set(SECTIONS) <= set(page.sections)


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("summary", "on its own"),
        ("summary", "Trained on a rainy day."),
        ("budget", "What other budgets would do"),
        ("intents", "macro average"),
        ("confusions", "taken for"),
        ("mistakes", "example 0"),
        ("mistakes", "likeness 0.75"),
        ("confidence", "expected calibration error"),
        ("scope", "10 of 60 messages"),
        ("entities", "red rug (product)"),
        ("sentiment", "Right in 50.0% of 2 messages"),
        ("data", "near-duplicates"),
        ("training", "10 (chosen)"),
        ("encoder", "int8 (served)"),
        ("provenance", "0123abcd"),
    ],
)
def test_a_section_says_what_it_is_for(section: str, wanted: str, page: Texts) -> None:
    assert wanted in page.text(section)


def test_sections_with_data_have_their_pictures(page: Texts) -> None:
    assert page.pictures == ["budget", "confusions", "confidence", "curves", "curves", "scope", "scope"]


def test_a_training_with_epochs_has_its_curves() -> None:
    curves = (CurvePoint(20, 1.0, "training loss", 2.0), CurvePoint(20, 1.0, "validation score", 0.5))
    report = make_report(training=TrainingReport(curves, (), 10.0, {}))
    assert "training" in Texts(render(report)).pictures


STUDY = Study(
    "0123",
    "full",
    "score on the validation messages",
    (
        SearchTrial(DEFAULTS, 0.875, (0.5, 0.875), is_pruned=False, seconds=3.25),
        SearchTrial(Hyperparameters(encoder_rate_scale=4.0), 0.25, (0.25,), is_pruned=True, seconds=1.0),
        SearchTrial(
            Hyperparameters(encoder_rate_scale=2.0), 0.9375, (0.6, 0.9375), is_pruned=False, seconds=3.5
        ),
    ),
)


def test_a_search_is_shown_with_its_trials_and_the_one_that_was_chosen() -> None:
    page = Texts(render(make_report(training=TrainingReport((), (), None, {}, DEFAULTS, STUDY))))
    text = page.text("training")
    assert "judged by its score on the validation messages" in text
    for row in ("110.0005", "87.50%3.2", "25.00% (given up)1.0", "3 (chosen)2", "93.75%3.5"):
        assert row in " ".join(text.split()), row
    assert "training" in page.pictures


@pytest.mark.parametrize(
    ("section", "other", "wanted"),
    [
        ("entities", {"entity": None}, "No message with labelled entities was held back"),
        ("sentiment", {"sentiment": None}, "Sentiment was not evaluated"),
        ("sentiment", {"sentiment": evaluate_sentiment(["angry"], ["angry"], is_shipped=True)}, "messages that ship with kefu"),
        ("training", {}, "The fast training has no curves"),
        ("training", {"training": TrainingReport((), (), 10.0, {})}, "Nothing was searched for"),
        ("summary", {"is_held_out": False}, "by cross-validation"),
        ("encoder", {"encoder": EncoderReport("int8", Agreement(0, 0, 0, 0, 0), {"int8": 0.8}, {"int8": 1, "fp32": 2})},
         "Only the precision served was evaluated"),
    ],
)  # fmt: skip
def test_what_was_not_measured_is_said_in_a_sentence(
    section: str, other: dict[str, Any], wanted: str
) -> None:
    assert wanted in Texts(render(make_report(**other))).text(section)


def test_bare_data_need_no_empty_plots() -> None:
    rows = (LabelledText("a", "1", "cancel"), LabelledText("b", "2", "refund"))
    report = make_report(
        predict(outside=False),
        entity=None,
        sentiment=None,
        data=summarize(Dataset(rows, 2), Split(rows, (), 0)),
    )
    page = Texts(render(report))
    assert "labelled out_of_scope" in page.text("scope")
    assert "no labelled entities" in page.text("entities")
    assert "No sentiment is labelled" in page.text("data")
    assert "Nothing was left out." in page.text("data")
    assert page.pictures == ["budget", "confusions", "confidence", "curves", "curves"]


def test_no_mistake_is_said_too() -> None:
    right = IntentPredictions(("a", "b"), ("x", "y"), ("x", "y"), np.eye(2), np.array([0.9, 0.9]), np.ones(2))
    page = Texts(render(make_report(right)))
    assert "No message was understood wrongly." in page.text("mistakes")
    assert "No intent was confused with another." in page.text("confusions")


HOSTILE = (
    "<script>alert('x')</script><img src=x onerror=alert(1)>\" onclick=\"alert(2) {{ 7 * 7 }} $x^2$ &amp;"
)


def test_what_people_wrote_is_shown_and_never_run() -> None:
    made = predict()
    hostile = IntentPredictions(
        (HOSTILE,) * 60, tuple(HOSTILE if gold == "refund" else gold for gold in made.gold), ("cancel", HOSTILE),
        made.probs, made.confidence, made.scope, (Neighbour(HOSTILE, HOSTILE, 0.5),) * 60,
    )  # fmt: skip
    spans = SpanPredictions((HOSTILE,), (((0, len(HOSTILE)),),), (((0, len(HOSTILE), HOSTILE),),), ((),))
    report = make_report(hostile, entity=evaluate_entities(spans), notes=(HOSTILE,))
    page = Texts(render(report))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in page.tags]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for section in ("summary", "intents", "confusions", "mistakes", "entities", "data"):
        assert HOSTILE in page.sections[section]


def test_the_page_asks_for_nothing_from_outside() -> None:
    page = render(make_report())
    assert "://" not in page
    assert {"link", "iframe", "object"}.isdisjoint(tag for tag, _ in Texts(page).tags)
    assert "default-src 'none'" in page


def test_ids_are_unique_and_colours_come_from_the_page() -> None:
    page = render(make_report())
    ids = [attrs["id"] for _, attrs in Texts(page).tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert not re.findall(r"#[0-9a-f]{6}", drawings)


def test_a_long_text_is_cut_in_the_page_and_whole_in_the_json() -> None:
    made = predict()
    long = IntentPredictions(
        ("tale " * 800,) * 60, made.gold, made.labels, made.probs, made.confidence, made.scope
    )
    report = make_report(long)
    page = render(report)
    assert "tale " * 80 in page
    assert "tale " * 90 not in page
    assert "tale " * 800 in to_json(report)


def test_many_intents_are_shown_by_those_confused_most() -> None:
    labels = [f"intent {i}" for i in range(150)]
    matrix = 5 * np.eye(150, dtype=int)
    matrix[140, 3], matrix[7, 8] = 4, 2
    names, counts = most_confused_part(labels, matrix.tolist())
    assert len(names) == SHOWN_LABELS
    assert {"intent 3", "intent 7", "intent 8", "intent 140"} <= set(names)
    assert names[-1] == OTHERS
    assert counts.sum() == matrix.sum()
    assert counts[names.index("intent 140"), names.index("intent 3")] == 4
    assert counts[-1, -1] == 5 * (150 - (SHOWN_LABELS - 1))


def test_few_intents_are_all_shown() -> None:
    assert most_confused_part(["a", "b"], [[1, 0], [2, 3]])[0] == ["a", "b"]


@pytest.mark.parametrize(
    ("confidence", "n_wrong", "wanted"),
    [
        (
            0.9,
            1,
            "Answers 100% of messages on its own (100 of 100), 1.0% of those wrong: within the budget of 5%.",
        ),
        (0.9, 7, "more than the budget of 5%, but not more than chance explains"),
        (0.9, 30, "30.0% of those wrong: more than the budget of 5%."),
        (0.1, 0, "Answers none of the 100 messages on its own"),
    ],
)
def test_the_headline_holds_the_answers_against_the_budget(
    confidence: float, n_wrong: int, wanted: str
) -> None:
    gold = ("a",) * (100 - n_wrong) + ("b",) * n_wrong
    probs = np.tile([0.9, 0.1], (100, 1))
    predictions = IntentPredictions(
        ("text",) * 100, gold, ("a", "b"), probs, np.full(100, confidence), np.ones(100)
    )
    assert wanted in headline(make_report(predictions))


def test_the_json_reads_back_as_the_figures_of_the_report(tmp_path: Path) -> None:
    report = make_report()
    write_report(tmp_path, report)
    read = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert list(read) == [field.name for field in dataclasses.fields(Report)]
    assert read["intent"]["accuracy"] == report.intent.accuracy
    assert read["intent"]["matrix"] == [list(row) for row in report.intent.matrix]
    assert read["intent"]["roc_micro"]["area"] == report.intent.roc_micro.area
    assert read["budgets"][0]["wrong"] == report.point.wrong
    assert read["entity"]["mistakes"] == [dataclasses.asdict(one) | {
        "missed": ["rug (product)"], "invented": ["red rug (product)"]
    } for one in report.entity.mistakes]  # fmt: skip
    assert read["training"]["trials"] == [
        {"strength": 3.0, "has_names": True, "loss": 0.7},
        {"strength": 10.0, "has_names": True, "loss": 0.6},
    ]
    assert read["notes"] == ["Trained on a rainy day."]


def test_a_loss_that_ran_away_is_null() -> None:
    curves = (
        CurvePoint(20, 1.0, "training loss", float("nan")),
        CurvePoint(40, 2.0, "training loss", float("inf")),
    )
    read = json.loads(to_json(make_report(training=TrainingReport(curves, (), 10.0, {}))))
    assert [point["value"] for point in read["training"]["curves"]] == [None, None]


FREE = (
    "options",
    "timings",
    "mixing",
    "accuracy",
    "megabytes",
    "versions",
    "machine",
)  # keys of their own, any


def keys_of(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*(keys_of(one) for one in value))
    if not isinstance(value, dict):
        return set()
    return set(value) | set().union(*(keys_of(one) for key, one in value.items() if key not in FREE))


def test_every_key_of_the_json_is_documented() -> None:
    curves = (CurvePoint(20, 1.0, "training loss", 1.0),)
    report = make_report(
        training=TrainingReport(
            curves, (Trial(3.0, False, 0.7),), Trial(3.0, False, 0.7), {}, DEFAULTS, STUDY
        ),
        data=dataclasses.replace(make_report().data, left_out=(LeftOut(1, "this", "that"),)),
    )
    documented = set(re.findall(r"`(\w+)`", DOCS.read_text("utf-8")))
    assert keys_of(json.loads(to_json(report))) - documented == set()
