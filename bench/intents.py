"""Intents and scope on a public set, through the same training and the same serving as a desk.

    python -m bench.intents --train train.csv --test test.csv [--oos-test oos.csv] [--speed fast|full]

Nothing is looked up on the test set: strengths, fusion, calibration and thresholds come from
cross-validation on the training file (and --valid, which is simply more of it). Times are those of a
message understood alone, rss_mb is the most that training and test together took."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.command import run
from bench.measure import peak_rss_mb, percentiles
from bench.texts import read_rows
from nlu.files import ReleaseFiles
from nlu.rules import EntityRules
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.answers import AnswerBook
from retrieval.candidates import Findings
from retrieval.fusion import Fusion, load_fusion
from retrieval.memory import load_memory
from retrieval.retriever import Retriever
from training.base_model import DEFAULT
from training.dataset import Dataset, LabelledText, check
from training.dialogues import OUT_OF_SCOPE
from training.evaluate import evaluate_intents
from training.pipeline import train
from training.predictions import IntentPredictions
from training.trained import Options, Watch

FIGURES = (
    "accuracy", "macro_f1", "in_scope_accuracy", "overall_accuracy", "mcc", "oos_auroc", "oos_fpr95", "oos_recall", "ece",
)  # fmt: skip


@click.command(context_settings={"show_default": True})
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option(
    "--valid",
    "valid_path",
    type=click.Path(exists=True, path_type=Path),
    help="More to train and calibrate on.",
)
@click.option(
    "--oos-train", type=click.Path(exists=True, path_type=Path), help="Out-of-scope texts to learn from."
)
@click.option(
    "--oos-test", type=click.Path(exists=True, path_type=Path), help="Out-of-scope texts for the test."
)
@click.option("--oos-label", default=OUT_OF_SCOPE, help="The label of out-of-scope rows in the files.")
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--base-model", default=DEFAULT)
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--max-wrong-answers", type=float, default=0.05)
@click.option("--epochs", type=int, help="Of the full training.")
@click.option("--search", type=click.IntRange(1), help="Trials for better hyperparameters.")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    train_path: Path,
    test_path: Path,
    valid_path: Path | None,
    oos_train: Path | None,
    oos_test: Path | None,
    oos_label: str,
    json_path: Path | None,
    **options: Any,
) -> None:
    """Train on one file, test on another, print the figures."""
    rows = read_rows(train_path, outside=oos_label)
    for more in (valid_path, oos_train):
        rows += (
            read_outside(more, oos_label)
            if more == oos_train and more
            else read_rows(more, outside=oos_label)
            if more
            else []
        )
    test = read_rows(test_path, outside=oos_label) + (read_outside(oos_test, oos_label) if oos_test else [])
    dataset = Dataset(tuple(rows), len(rows))
    check(dataset)
    with tempfile.TemporaryDirectory() as workspace:
        start = time.perf_counter()
        release = train(
            dataset,
            Path(workspace),
            Options(test_share=0, **options),
            rules=EntityRules(),
            watch=Watch(tell=partial(click.echo, err=True)),
        )
        train_s = time.perf_counter() - start
        figures = test_release(release.folder, test, options["max_wrong_answers"], options["precision"])
    figures |= {"train_s": round(train_s, 1), "rss_mb": round(peak_rss_mb())}
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def read_outside(path: Path, oos_label: str) -> list[LabelledText]:
    """Every row of a file of out-of-scope texts, whatever its label says."""
    return [LabelledText(row.text, row.group, OUT_OF_SCOPE) for row in read_rows(path, outside=oos_label)]


def load(folder: Path, max_wrong_answers: float, precision: str) -> tuple[Understander, Retriever]:
    """The serving side of a release, without a workspace around it."""
    files = ReleaseFiles(folder)
    understander = Understander.load(folder, EntityRules(), precision=precision)
    fusion, budget = load_fusion(files.fusion, max_wrong_answers)
    memory = load_memory(files.index, files.examples)
    retriever = Retriever(
        understander.labels,
        memory,
        fusion,
        budget,
        answers=AnswerBook(()),
        encode=understander.encoder.encode_passages,
    )
    return understander, retriever


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What serving made of test messages, one at a time as a desk meets them; times in ms."""

    predictions: IntentPredictions
    understandings: tuple[Understanding, ...]
    understand_ms: tuple[float, ...]
    total_ms: tuple[float, ...]


def meet(understander: Understander, retriever: Retriever, test: Sequence[LabelledText]) -> Met:
    """Put every test message through understanding and retrieval."""
    found: list[tuple[Understanding, Findings]] = []
    understand_ms, total_ms = [], []
    for row in test:
        start = time.perf_counter()
        understanding = understander.understand_batch([row.text])[0]
        middle = time.perf_counter()
        text, vector, class_probs = understanding.read_as, understanding.vector, understanding.class_probs
        found.append((understanding, retriever.search(text, vector, class_probs, top=10**6)))
        understand_ms.append(1000 * (middle - start))
        total_ms.append(1000 * (time.perf_counter() - start))
    understandings = tuple(understanding for understanding, _ in found)
    return Met(
        predictions(test, found, retriever.fusion), understandings, tuple(understand_ms), tuple(total_ms)
    )


def test_release(
    folder: Path, test: Sequence[LabelledText], max_wrong_answers: float, precision: str
) -> dict[str, Any]:
    """The figures of a release on test messages."""
    understander, retriever = load(folder, max_wrong_answers, precision)
    met = meet(understander, retriever, test)
    scores = evaluate_intents(met.predictions, answer_threshold=retriever.budget.answer_threshold)
    figures = {name: _rounded(getattr(scores, name)) for name in FIGURES}
    figures |= {"coverage": _rounded(scores.coverage), "wrong_answers": _rounded(scores.error)}
    p50, p95 = percentiles(met.understand_ms, 50, 95)
    return figures | {
        "p50_ms": p50,
        "p95_ms": p95,
        "p50_with_retrieval_ms": percentiles(met.total_ms, 50)[0],
    }


def predictions(
    test: Sequence[LabelledText], found: Sequence[tuple[Understanding, Findings]], fusion: Fusion
) -> IntentPredictions:
    """What `evaluate_intents` takes, from what serving found."""
    labels = tuple(sorted({ranked.intent for _, findings in found for ranked in findings.intents}))
    column = {label: i for i, label in enumerate(labels)}
    probs = np.zeros((len(found), len(labels)))
    for i, (_, findings) in enumerate(found):
        for ranked in findings.intents:
            probs[i, column[ranked.intent]] = ranked.prob
    return IntentPredictions(
        tuple(row.text for row in test),
        tuple(str(row.intent) for row in test),
        labels,
        probs / probs.sum(axis=1, keepdims=True),
        np.array([findings.confidence for _, findings in found]),
        np.array([findings.scope_prob for _, findings in found]),
        prior_shift=fusion.prior_shift,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


if __name__ == "__main__":
    run(main)
