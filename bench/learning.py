"""What a person's labels bring: ten days of a desk that begins with five examples an intent.

    python -m bench.learning --release RELEASE --train banking77/train.csv --test banking77/test.csv

Four hundred messages of the training file arrive a day, and a person labels twenty of those that are open: the ones the
console's review puts first (`bot/review/reviewing.py`, one message a label), or twenty drawn at random. Accuracy on the test
file with the memory alone, with the heads trained anew every night, and with random messages, memory and training. What
a message is taken for is what the desk made of it when it arrived, as in the log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np

from bench.command import run, show_progress
from bench.encoding import encode_once
from bench.learning_desk import LearningDesk, Trainer
from bench.texts import read_rows
from bot.review.reviewing import most_valuable_first, untaught
from bot.store.inbox.views import ReviewItem
from retrieval.candidates import Findings
from training.features import Features
from training.turns import OUT_OF_SCOPE

DAYS, A_DAY, LABELS_A_DAY, EXAMPLES = 10, 400, 20, 5
LOOKED_AT = 2000  # open messages, the newest; as in bot/store/labels/review.py


@dataclass
class Queue:
    """The open messages by their row, and what they were taken for."""

    train: Features
    items: dict[int, ReviewItem] = field(default_factory=dict)

    def arrive(self, desk: LearningDesk, rows: Sequence[int]) -> None:
        """Messages come and are read."""
        messages = self.train.only(rows)
        classes = desk.head.probs(messages.vectors).argmax(axis=1)
        for row, found, best in zip(rows, desk.read(messages), classes, strict=True):
            self.items[row] = _item(desk, row, found, desk.head.labels[int(best)])
        self.items = dict(list(self.items.items())[-LOOKED_AT:])

    def take(self, row: int) -> None:
        del self.items[row]

    def first(self, desk: LearningDesk) -> int:
        """What the review shows."""
        queue = most_valuable_first(self.items.values())
        rows = [one.item.message_ids[0] for one in queue] or list(self.items)
        shares = desk.retriever.taught_share(self.train.vectors[rows])
        ordered = untaught(queue, dict(zip(rows, shares.tolist(), strict=True)))
        return ordered[0].item.message_ids[0] if ordered else rows[0]


@click.command(context_settings={"show_default": True})
@click.option(
    "--release", type=click.Path(exists=True, path_type=Path), required=True, help="Whose encoder reads."
)
@click.option("--train", "train_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--test", "test_path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--seeds", type=click.IntRange(min=1), default=3)
@click.option(
    "--cache", type=click.Path(path_type=Path), default=Path(".local/vectors"), help="Where vectors are kept."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    release: Path, train_path: Path, test_path: Path, seeds: int, cache: Path, json_path: Path | None
) -> None:
    """Ten days with a person who labels twenty messages a day, several times."""
    train, test = (
        encode_once([row for row in read_rows(path) if row.intent != OUT_OF_SCOPE], release, cache, progress=show_progress)
        for path in (train_path, test_path)
    )  # fmt: skip
    trainer = Trainer(*(encode_once(rows, release, cache) for rows in Trainer.rows_beside(train.rows)))
    figures = []
    for seed in range(seeds):
        figures.append(live(trainer, train, test, seed))
        click.echo(json.dumps(figures[-1]))
    for name in figures[0]:
        values = [100 * one[name] for one in figures]
        click.echo(f"{name:28} {np.mean(values):5.1f} ± {np.std(values):.1f}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


def live(trainer: Trainer, train: Features, test: Features, seed: int) -> dict[str, float]:
    """The accuracies after ten days, each way from the same beginning and the same messages."""
    known, stream = draw(train, seed)
    begun = trainer.train(train.only(known), seed=seed)
    figures: dict[str, float] = {}

    def measure(name: str, desk: LearningDesk) -> None:
        figures[name] = desk.accuracy(test)
        click.echo(f"seed {seed}, {name}: {figures[name]:.4f}", err=True)

    measure("at the beginning", begun)
    random = np.random.default_rng(seed)
    drawn = random_labels(stream, random)
    begun.correct(train.only(drawn), 1)
    measure("random, memory alone", begun)
    retrained = trainer.train(train.only([*known, *drawn]), seed=seed)
    retrained.correct(train.only(drawn), 1)
    measure("random, trained", retrained)
    begun.take_back(1, len(drawn))
    chosen = chosen_labels(trainer, train, known, stream, begun, nightly=False, seed=seed)[1]
    measure("chosen, memory alone", begun)
    retrained = trainer.train(train.only([*known, *chosen]), seed=seed)
    retrained.correct(train.only(chosen), 1)
    measure("chosen, trained at the end", retrained)
    begun.take_back(1, len(chosen))
    nightly, _ = chosen_labels(trainer, train, known, stream, begun, nightly=True, seed=seed)
    measure("chosen, trained every night", nightly)
    return figures


def draw(train: Features, seed: int) -> tuple[list[int], list[list[int]]]:
    """The rows to begin with, and those that arrive on each day."""
    order = np.random.default_rng(seed).permutation(len(train.rows)).tolist()
    by_intent: dict[str, list[int]] = {}
    for row in order:
        by_intent.setdefault(str(train.rows[row].intent), []).append(row)
    known = [row for rows in by_intent.values() for row in rows[:EXAMPLES]]
    rest = [row for row in order if row not in set(known)]
    return known, [rest[day * A_DAY : (day + 1) * A_DAY] for day in range(DAYS)]


def random_labels(stream: Sequence[Sequence[int]], random: np.random.Generator) -> list[int]:
    """Twenty a day of those that are open."""
    drawn: list[int] = []
    open_ones: list[int] = []
    for day in stream:
        open_ones = [*open_ones, *day][-LOOKED_AT:]
        today = random.choice(open_ones, LABELS_A_DAY, replace=False).tolist()
        open_ones = [row for row in open_ones if row not in today]
        drawn += today
    return drawn


def chosen_labels(
    trainer: Trainer,
    train: Features,
    known: Sequence[int],
    stream: Sequence[Sequence[int]],
    desk: LearningDesk,
    *,
    nightly: bool,
    seed: int,
) -> tuple[LearningDesk, list[int]]:
    """The desk after ten days in which a person labelled what the review put first, and what that was."""
    queue, labelled = Queue(train), list[int]()
    for day in stream:
        queue.arrive(desk, day)
        for _ in range(LABELS_A_DAY):
            row = queue.first(desk)
            queue.take(row)
            labelled.append(row)
            desk.correct(train.only([row]), len(labelled))
        if nightly:
            desk = trainer.train(train.only([*known, *labelled]), seed=seed)
            desk.correct(train.only(labelled), 1)
    return desk, labelled


def _item(desk: LearningDesk, row: int, found: Findings, class_intent: str) -> ReviewItem:
    is_answered = desk.answers(found)
    best = found.intents[0].intent
    return ReviewItem(
        message_ids=(row,),
        conversation_id=row,
        text="",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        intent=best,
        ranked=json.dumps([(one.intent, one.prob) for one in found.intents]),
        class_intent=class_intent,
        confidence=found.confidence,
        decision="answer" if is_answered else "clarify",
        reason="confident" if is_answered else "uncertain",
        is_unhelpful=False,
    )


if __name__ == "__main__":
    run(main)
