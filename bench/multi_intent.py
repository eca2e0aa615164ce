"""How well all the intents of a message are found, on public sets that label several a message.

    python -m bench.multi_intent --folds nlupp_banking/folds.jsonl --train-folds 1
    python -m bench.multi_intent --train fastfood_train.jsonl.gz --test fastfood_dev.jsonl

Through the same training and the same understanding as a desk. `--folds` is a JSONL whose rows have a `fold`:
each run learns from so many consecutive folds and is tested on all the others. Micro F1 is over pairs of a
message and an intent; an intent with a single example in what is learned from is left out of it, as
`kefu train` would ask for, and counts as missed."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import click
import numpy as np

from bench.command import run
from bench.texts import read_jsonl_rows
from nlu.rules import EntityRules
from nlu.understander import Understander
from training.dataset import MIN_EXAMPLES, Dataset, LabelledText, check
from training.errors import TrainingError
from training.evaluate import SeveralScores, evaluate_several
from training.pipeline import train
from training.several import gold_of
from training.trained import Options

FIGURES = ("f1", "precision", "recall", "exact", "exact_of_several")


@click.command(context_settings={"show_default": True})
@click.option("--folds", type=click.Path(exists=True, path_type=Path), help="Rows with a fold each.")
@click.option("--train-folds", type=int, default=1, help="How many folds a run learns from.")
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path))
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path))
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    folds: Path | None,
    train_folds: int,
    train_path: Path | None,
    test_path: Path | None,
    seed: int,
    json_path: Path | None,
) -> None:
    """Train and test once, or once for each group of folds."""
    if folds is not None:
        runs = list(splits(read_folds(folds), train_folds))
    elif train_path is not None and test_path is not None:
        runs = [(read_jsonl_rows(train_path), read_jsonl_rows(test_path))]
    else:
        raise click.UsageError("wanted --folds, or --train and --test")
    scores = []
    with tempfile.TemporaryDirectory() as workspace:  # of all runs, so that the encoder is exported once
        for known, asked in runs:
            scores.append(train_and_test(known, asked, Path(workspace), seed=seed))
            click.echo(" ".join(f"{name} {_told(getattr(scores[-1], name))}" for name in FIGURES))
    figures = summary(scores)
    for name, value in figures.items():
        click.echo(f"{name:24} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def read_folds(path: Path) -> dict[int, list[LabelledText]]:
    """The rows of each fold.

    Raises TrainingError at the first row without one."""
    found: dict[int, list[LabelledText]] = {}
    lines = [line for line in path.read_text("utf-8").split("\n") if line.strip()]
    for number, (line, row) in enumerate(zip(lines, read_jsonl_rows(path), strict=True), start=1):
        fold = json.loads(line).get("fold")
        if not isinstance(fold, int):
            raise TrainingError(f"{path}:{number}: met fold {fold!r}, wanted a number")
        found.setdefault(fold, []).append(row)
    return found


def splits(
    folds: dict[int, list[LabelledText]], n: int
) -> Iterator[tuple[list[LabelledText], list[LabelledText]]]:
    """What each run learns from, n consecutive folds, and what it is tested on, all others."""
    order = sorted(folds)
    for start in range(0, len(order) - n + 1, n):
        known = order[start : start + n]
        yield (
            [row for fold in known for row in folds[fold]],
            [row for fold in order if fold not in known for row in folds[fold]],
        )


def without_rare(rows: Sequence[LabelledText]) -> list[LabelledText]:
    """The rows without intents that have too few examples to be trained."""
    counts = Counter(intent for row in rows for intent in row.intents)
    kept = []
    for row in rows:
        intents = tuple(intent for intent in row.intents if counts[intent] >= MIN_EXAMPLES)
        kept.append(replace(row, intent=intents[0] if intents else None, further=intents[1:]))
    return kept


def train_and_test(
    known: Sequence[LabelledText], asked: Sequence[LabelledText], workspace: Path, *, seed: int = 0
) -> SeveralScores:
    """Train a release and let it understand the messages asked."""
    dataset = Dataset(tuple(without_rare(known)))
    check(dataset)
    release = train(dataset, workspace, Options(test_share=0, seed=seed), rules=EntityRules())
    understander = Understander.load(release.folder, EntityRules())
    found = [
        {one.intent for one in understanding.several}
        for understanding in understander.understand_batch([row.text for row in asked])
    ]
    labels = sorted({intent for row in asked for intent in row.intents}.union(*found))
    named = np.array([[label in intents for label in labels] for intents in found], bool)
    return evaluate_several(gold_of(asked, labels), named)


def summary(scores: Sequence[SeveralScores]) -> dict[str, float | int]:
    """The mean of each figure over the runs, and its standard deviation where there are several."""
    figures: dict[str, float | int] = {"runs": len(scores)}
    for name in FIGURES:
        values = [value for one in scores if (value := getattr(one, name)) is not None]
        if values:
            figures[name] = round(fmean(values), 4)
        if len(values) > 1:
            figures[f"{name}_sd"] = round(stdev(values), 4)
    return figures


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    run(main)
