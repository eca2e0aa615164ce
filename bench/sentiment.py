"""Sentiment on a public set, through the same fitting and the same reading as a desk.

    python -m bench.sentiment --test test.csv [--train train.csv] [--speed fast|full]

Without --train the head knows the messages that ship with kefu and nothing else. Labels are those of dialogues
(negative, neutral, positive, angry); where none is angry, what is found angry counts as negative. Strength and
temperature come from cross-validation, for the full training from a part of the training file."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from bench.command import run, show_progress, show_wait
from bench.measure import percentiles
from bench.texts import read_csv
from nlu.heads import Heads, LinearHead
from nlu.sentiment import BAD, sentiment_input, sentiment_of
from nlu.spelling import count_words
from training.base_model import DEFAULT, resolve
from training.curves import expected_calibration_error
from training.dataset import Dataset, LabelledText, split
from training.errors import TrainingError
from training.evaluate import ClassScores, evaluate_sentiment
from training.export import export, load_transformer
from training.features import Features, encode_rows
from training.fine_tune import fine_tune
from training.full import VALID_SHARE
from training.sentiment import (
    LABELS,
    as_labelled,
    choose_fitting,
    fit_sentiment_head,
    read_sentiments,
    shipped_rows,
)

existing = click.Path(exists=True, path_type=Path)
N_TIMED = 500


@click.command(context_settings={"show_default": True})
@click.option("--test", "test_path", type=existing, required=True, help="CSV with text and label, maybe .gz.")
@click.option("--train", "train_path", type=existing, help="The desk's own labelled messages.")
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--base-model", default=DEFAULT)
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--epochs", type=int, help="Of the full training, at most.")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    test_path: Path,
    train_path: Path | None,
    speed: str,
    base_model: str,
    precision: str,
    epochs: int | None,
    seed: int,
    json_path: Path | None,
) -> None:
    """Fit on one file, or on what ships with kefu; test on another."""
    own = read_sentiment(train_path) if train_path else []
    test = read_sentiment(test_path)
    if speed == "full" and not own:
        raise click.UsageError("--speed full learns from --train")
    shipped, words = shipped_rows([*own, *test]), count_words(row.for_encoder for row in own)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        start = time.perf_counter()
        transformer, tokenizer = load_transformer(resolve(base_model))
        export(transformer, tokenizer, folder)

        def encode(rows: Sequence[LabelledText]) -> Features:
            return encode_rows(rows, folder, precision, words=words)

        if speed == "full":
            parts = split(Dataset(tuple(own)), test_share=VALID_SHARE, seed=seed)
            known = encode([*parts.train, *shipped])
            before = _heads(_fit(known), known.vectors.shape[1])
            tuned = fine_tune(
                transformer, tokenizer, before, parts.train, parts.test, folder / "checkpoints",
                epochs=epochs, seed=seed, progress=show_progress, expect=show_wait,
            )  # fmt: skip
            export(tuned.transformer, tokenizer, folder)
            head = _fit(encode([*parts.train, *shipped]), encode(parts.test))
        else:
            head = _fit(encode([*own, *shipped]))
        train_s = time.perf_counter() - start
        met = encode(test)
    gold = [str(row.sentiment) for row in met.rows]
    found = read_sentiments(head, met)
    scores = evaluate_sentiment(gold, as_labelled(found, gold))
    figures = {
        "macro_f1": round(scores.macro_f1, 4),
        "accuracy": round(scores.accuracy, 4),
        "ece": round(calibration_error(head, met), 4),
        "found_angry": round(found.count("angry") / len(found), 4),
        "added_ms": added_ms(head, met),
        "train_s": round(train_s, 1),
    }
    _print(scores.classes, figures)
    if json_path:
        classes = {row.label: round(row.f1, 4) for row in scores.classes}
        json_path.write_text(json.dumps({**figures, "f1": classes}, indent=1), "utf-8")


def read_sentiment(path: Path) -> list[LabelledText]:
    """Rows whose label is a sentiment.

    Raises TrainingError at the first that has another."""
    rows = read_csv(path)
    for row in rows:
        if row.intent not in LABELS:
            raise TrainingError(f"{path}: met the label {row.intent!r}, wanted one of {', '.join(LABELS)}")
    return [replace(row, intent=None, sentiment=row.intent) for row in rows]


def _fit(features: Features, held_out: Features | None = None) -> LinearHead:
    fitting = choose_fitting(features, held_out)
    assert fitting is not None  # what ships has labels
    return fit_sentiment_head(features, fitting)


def _heads(sentiment: LinearHead, width: int) -> Heads:
    """A sentiment head beside an intent head that knows but one intent: such sets carry none."""
    nothing = LinearHead(("none",), np.zeros((width, 1), np.float32), np.zeros(1, np.float32))
    return Heads(nothing, sentiment=sentiment)


def calibration_error(head: LinearHead, features: Features) -> float:
    """Expected calibration error of negative (or angry), neutral and positive."""
    probs = head.probs(np.stack([sentiment_input(one) for one in features.encoded]))
    is_bad = np.array([label in BAD for label in head.labels])
    merged = np.column_stack([probs[:, is_bad].sum(axis=1), probs[:, ~is_bad]])
    kinds = ("negative", *(label for label in head.labels if label not in BAD))
    gold = ["negative" if row.sentiment in BAD else row.sentiment for row in features.rows]
    right = np.array([kinds[best] == true for best, true in zip(merged.argmax(axis=1), gold, strict=True)])
    return expected_calibration_error(merged.max(axis=1), right)


def added_ms(head: LinearHead, features: Features) -> float:
    """What reading the sentiment adds to a message that was encoded already, the median in ms."""
    times = []
    for encoded in features.encoded[:N_TIMED]:
        start = time.perf_counter()
        sentiment_of(head.labels, head.probs(sentiment_input(encoded)))
        times.append(1000 * (time.perf_counter() - start))
    return percentiles(times, 50)[0]


def _print(classes: Sequence[ClassScores], figures: dict[str, float]) -> None:
    click.echo("                    precision     recall   f1-score    support")
    for row in classes:
        click.echo(f"{row.label:18}{row.precision:11.4f}{row.recall:11.4f}{row.f1:11.4f}{row.support:11}")
    for name, value in figures.items():
        click.echo(f"{name:18}{value:11}")


if __name__ == "__main__":
    run(main)
