"""How many wrong labels `kefu data check` finds: on a set with known ones.

    python -m bench.label_errors --data banking77/train.csv

A share of the labels is drawn and each made another at random, for three seeds. All messages are then put in the order of
how much their label looks wrong, and the wrong ones among the first are counted. The public sets have wrong labels of their
own, which count as right here."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from bench.command import run
from bench.texts import read_rows
from nlu.spelling import count_words
from training.base_model import DEFAULT
from training.checking.cross_reading import read_folds
from training.checking.label_errors import margins, suspects
from training.dataset import LabelledText
from training.features import Features, encode_rows
from training.names import encode_names
from training.registry import Registry
from training.several import several_labels
from training.trained import Options, frozen_encoder


@click.command(context_settings={"show_default": True})
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--share", type=click.FloatRange(0.001, 0.5), default=0.05, help="Of the labels made wrong.")
@click.option("--first", type=click.FloatRange(0.001, 1), default=0.08, help="Of the list looked at.")
@click.option("--base-model", default=DEFAULT)
@click.option("--seeds", type=click.IntRange(1), default=3)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(data: Path, share: float, first: float, base_model: str, seeds: int, json_path: Path | None) -> None:
    """Make labels wrong, and look for them."""
    rows = read_rows(data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = Options(base_model=base_model)
        frozen_encoder(tuple(rows), folder, options, Registry(folder))
        words = count_words(row.for_encoder for row in rows)
        features = encode_rows(rows, folder, options.precision, words=words)
        spoken = encode_names(several_labels(rows), folder, options.precision)
    figures = [judge(features, spoken, share=share, first=first, seed=seed) for seed in range(seeds)]
    click.echo(f"{len(rows)} messages, {share:.0%} of the labels wrong; mean of {seeds} seeds and spread")
    for name in figures[0]:
        values = [one[name] for one in figures]
        click.echo(f"{name:40} {np.mean(values):.3f} ± {np.std(values):.3f}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def judge(features: Features, spoken: Features, *, share: float, first: float, seed: int) -> dict[str, float]:
    """What is found among the first of the list, and among those that are listed."""
    rows, wrong = spoil(features.rows, share, seed)
    read = read_folds(replace(features, rows=rows), spoken, seed=seed)
    order = np.argsort(margins(read), kind="stable")
    hit = np.array([id(read.rows[i]) in wrong for i in order])
    listed = suspects(read)
    right = sum(id(one.row) in wrong for one in listed)
    return {
        f"found in the first {first:.0%}": float(hit[: round(first * len(hit))].sum() / len(wrong)),
        "listed, share of all messages": len(listed) / len(rows),
        "of the wrong ones, listed": right / len(wrong),
        "of those listed, wrong": right / max(1, len(listed)),
    }


def spoil(
    rows: Sequence[LabelledText], share: float, seed: int
) -> tuple[tuple[LabelledText, ...], frozenset[int]]:
    """The rows with some labels made wrong, and the ids of these rows' objects."""
    random = np.random.default_rng(seed)
    intents = sorted({str(row.intent) for row in rows})
    spoilt = list(rows)
    chosen = random.choice(len(rows), round(share * len(rows)), replace=False)
    for i in chosen:
        others = [intent for intent in intents if intent != rows[i].intent]
        spoilt[i] = replace(rows[i], intent=others[random.integers(len(others))])
    return tuple(spoilt), frozenset(id(spoilt[i]) for i in chosen)


if __name__ == "__main__":
    run(main)
