"""Intents and slots of the same messages, through the same training and the same serving as a desk.

python -m bench.joint --train train.jsonl --test test.jsonl [--valid valid.jsonl] [--speed fast|full]

A message is right as a whole where its intent and all of its slots are, and nothing else was found in it."""

import json
import re
import tempfile
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.command import run
from bench.intents import load, meet
from bench.measure import percentiles
from bench.texts import read_tagged
from nlu.rules import EntityRules
from training.base_model import DEFAULT
from training.dataset import Dataset, LabelledText, check
from training.evaluate import evaluate_entities
from training.pipeline import train
from training.predictions import SpanPredictions
from training.trained import Options, Watch

WORD = re.compile(r"\S+")
existing = click.Path(exists=True, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option("--train", "train_path", type=existing, required=True, help="JSONL: text, intent, entities.")
@click.option("--test", "test_path", type=existing, required=True)
@click.option("--valid", "valid_path", type=existing, help="More to train on.")
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--base-model", default=DEFAULT)
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--epochs", type=int, help="Of the full training, at most.")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    train_path: Path, test_path: Path, valid_path: Path | None, json_path: Path | None, **options: Any
) -> None:
    """Train on one file, test on another, print intent accuracy, strict slot F1 and whole messages right."""
    rows = learnable(read_tagged(train_path).rows + (read_tagged(valid_path).rows if valid_path else ()))
    test = read_tagged(test_path).rows
    dataset = Dataset(rows, len(rows))
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
        notes = json.loads((release.folder / "report.json").read_text("utf-8"))["notes"]
        figures = _figures(release.folder, test, options["precision"]) | {"train_s": round(train_s, 1)}
    for note in notes:
        click.echo(note, err=True)
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def learnable(rows: tuple[LabelledText, ...]) -> tuple[LabelledText, ...]:
    """Rows without the intents that have a single example, which no training takes; their slots stay."""
    counts = Counter(row.intent for row in rows)
    return tuple(replace(row, intent=None) if counts[row.intent] == 1 else row for row in rows)


def _figures(folder: Path, test: tuple[LabelledText, ...], precision: str) -> dict[str, Any]:
    met = meet(*load(folder, Options().max_wrong_answers, precision), test)
    gold = tuple(tuple((e.start, e.end, e.label) for e in row.entities or ()) for row in test)
    found = tuple(
        tuple((e.start, e.end, e.label) for e in understanding.entities)
        for understanding in met.understandings
    )
    texts = tuple(row.text for row in test)
    words = tuple(tuple(match.span() for match in WORD.finditer(text)) for text in texts)
    scores = evaluate_entities(SpanPredictions(texts, words, gold, found))
    right = met.predictions.right
    slots_right = np.array([set(one) == set(other) for one, other in zip(gold, found, strict=True)])
    return {
        "n": len(test),
        "intent_accuracy": round(float(right.mean()), 4),
        "slot_precision": round(scores.span_precision, 4),
        "slot_recall": round(scores.span_recall, 4),
        "slot_f1": round(scores.span_f1, 4),
        "message_accuracy": round(float((right & slots_right).mean()), 4),
        "p50_ms": percentiles(met.understand_ms, 50)[0],
    }


if __name__ == "__main__":
    run(main)
