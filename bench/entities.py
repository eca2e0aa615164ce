"""Entities on a public set, through the same training and tagging as a desk.

python -m bench.entities --train train.conll --test test.conll [--valid valid.conll] [--speed fast|full]"""

import dataclasses
import json
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from bench.command import run, show_progress, show_wait
from bench.texts import read_tagged
from nlu.heads import Heads, LinearHead
from nlu.rules import EntityRules
from training.base_model import DEFAULT, resolve
from training.dataset import Dataset, split
from training.evaluate import ClassScores, EntityScores, evaluate_entities
from training.export import export, load_transformer
from training.fast import fit_tag_head
from training.features import Features, encode_rows
from training.fine_tune import fine_tune
from training.full import VALID_SHARE
from training.scoring import span_predictions
from training.tag_fitting import choose_tag_fitting

existing = click.Path(exists=True, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option(
    "--train", "train_path", type=existing, required=True, help="CoNLL (token, tag) or JSONL, maybe .gz."
)
@click.option("--test", "test_path", type=existing, required=True)
@click.option("--valid", "valid_path", type=existing, help="For the early stopping of the full training.")
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--base-model", default=DEFAULT)
@click.option("--precision", type=click.Choice(["int8", "fp32"]), default="int8")
@click.option("--epochs", type=int, help="Of the full training, at most.")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    train_path: Path,
    test_path: Path,
    valid_path: Path | None,
    speed: str,
    base_model: str,
    precision: str,
    epochs: int | None,
    seed: int,
    json_path: Path | None,
) -> None:
    """Train on one file, test on another, print the token-level report and the strict spans."""
    train, test = read_tagged(train_path).rows, read_tagged(test_path)
    valid = read_tagged(valid_path).rows if valid_path else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        start = time.perf_counter()
        transformer, tokenizer = load_transformer(resolve(base_model))
        export(transformer, tokenizer, folder)
        heads = _heads(encode_rows(train, folder, precision), seed)
        if speed == "full":
            rows = split(Dataset(train), test_share=VALID_SHARE, seed=seed) if valid is None else None
            tuned = fine_tune(
                transformer,
                tokenizer,
                heads,
                rows.train if rows else train,
                rows.test if rows else valid or (),
                folder / "checkpoints",
                epochs=epochs,
                seed=seed,
                progress=show_progress,
                expect=show_wait,
            )
            export(tuned.transformer, tokenizer, folder)
            heads = tuned.heads
            taught = encode_rows(rows.train if rows else train, folder, precision)
            judging = encode_rows(rows.test if rows else valid or (), folder, precision)
            way, _ = choose_tag_fitting(heads, taught, judging, seed=seed)
            if way:
                heads = dataclasses.replace(heads, tag=fit_tag_head(taught, hyperparameters=way, seed=seed))
        train_s = time.perf_counter() - start
        found = span_predictions(heads, encode_rows(test.rows, folder, precision), EntityRules())
    scores = evaluate_entities(found if test.words is None else dataclasses.replace(found, tokens=test.words))
    _print(scores, train_s)
    if json_path:
        figures = {"train_s": round(train_s, 1), **dataclasses.asdict(scores)}
        json_path.write_text(json.dumps(figures, indent=1, ensure_ascii=False), "utf-8")


def _heads(features: Features, seed: int) -> Heads:
    """A tag head beside an intent head that knows but one intent: such sets carry none."""
    width = features.vectors.shape[1]
    nothing = LinearHead(("none",), np.zeros((width, 1), np.float32), np.zeros(1, np.float32))
    return Heads(nothing, fit_tag_head(features, seed=seed))


def _print(scores: EntityScores, train_s: float) -> None:
    """Tokens as scikit-learn's classification_report has them, then spans."""
    click.echo("tokens                precision     recall   f1-score    support")
    for row in scores.tokens:
        _line(row)
    n_tokens = sum(row.support for row in scores.tokens)
    click.echo(f"{'micro (with O)':20}{'':22}{scores.token_micro_f1:11.4f}{n_tokens:11}")
    for row in scores.token_averages:
        _line(row)
    click.echo("\nstrict spans          precision     recall   f1-score    support")
    for row in scores.spans:
        _line(row)
    n_spans = sum(row.support for row in scores.spans)
    _line(ClassScores("all", scores.span_precision, scores.span_recall, scores.span_f1, n_spans))
    click.echo(f"\ntrain_s {train_s:.1f}")


def _line(row: ClassScores) -> None:
    click.echo(f"{row.label:20}{row.precision:11.4f}{row.recall:11.4f}{row.f1:11.4f}{row.support:11}")


if __name__ == "__main__":
    run(main)
