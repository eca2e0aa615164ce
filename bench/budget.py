"""Whether the wrong-answer budget holds: what the bot answers on its own, and how much of that is wrong.

    python -m bench.budget --train train.csv --test test.csv [--oos-train oos.csv] [--oos-test oos.csv]
    python -m bench.budget --dialogues dialogues.jsonl

With --dialogues the first half of the file's dialogues is trained on and the second half tested, as a desk goes on
with what it learned. Thresholds come from the training messages alone (`training/thresholds.py`); a budget holds
where the share of wrong answers is at most one standard error above it."""

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bench.command import run
from bench.intents import load, meet, read_outside
from bench.texts import read_csv, read_dialogues
from nlu.files import ReleaseFiles
from nlu.rules import EntityRules
from retrieval.fusion import load_fusion
from training.dataset import Dataset, LabelledText, build_dataset, check
from training.evaluate import OperatingPoint, operating_point
from training.pipeline import train
from training.trained import Options
from training.turns import OUT_OF_SCOPE

ASKED = (0.02, 0.05, 0.1)
existing = click.Path(exists=True, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option("--train", "train_path", type=existing)
@click.option("--test", "test_path", type=existing)
@click.option("--dialogues", "dialogues_path", type=existing, help="Instead of --train and --test.")
@click.option("--oos-train", type=existing, help="Out-of-scope texts to learn from.")
@click.option("--oos-test", type=existing, help="Out-of-scope texts for the test.")
@click.option("--oos-label", default=OUT_OF_SCOPE, help="The label of out-of-scope rows in the files.")
@click.option("--speed", type=click.Choice(["fast", "full"]), default="fast")
@click.option("--seed", type=int, default=0)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(
    train_path: Path | None,
    test_path: Path | None,
    dialogues_path: Path | None,
    oos_train: Path | None,
    oos_test: Path | None,
    oos_label: str,
    speed: Any,
    seed: int,
    json_path: Path | None,
) -> None:
    """Train on messages, answer others, compare what is wrong with each budget."""
    if (dialogues_path is None) == (train_path is None or test_path is None):
        raise click.UsageError("wanted --train and --test, or --dialogues alone")
    if dialogues_path:
        rows, test = halves(dialogues_path)
    else:
        assert train_path is not None
        assert test_path is not None
        rows, test = (read_csv(path, outside=oos_label) for path in (train_path, test_path))
    rows += read_outside(oos_train, oos_label) if oos_train else []
    test += read_outside(oos_test, oos_label) if oos_test else []
    dataset = Dataset(tuple(rows), len(rows))
    check(dataset)
    with tempfile.TemporaryDirectory() as workspace:
        options = Options(speed=speed, test_share=0, seed=seed)
        release = train(dataset, Path(workspace), options, rules=EntityRules())
        understander, retriever = load(release.folder, max(ASKED), options.precision)
        met = meet(understander, retriever, test).predictions
        budgets = [load_fusion(ReleaseFiles(release.folder).fusion, asked)[1] for asked in ASKED]
    kept = [Kept.of(operating_point(met, budget)) for budget in budgets]
    click.echo(f"{len(rows)} messages to learn from, {len(test)} met")
    click.echo("budget   answered    wrong   +- s.e.   holds   guaranteed in training")
    for one in kept:
        click.echo(
            f"{one.budget:6.2f}{one.answered:10.1%}{one.wrong:9.2%}{one.standard_error:9.2%}"
            f"{'yes' if one.holds else 'no':>8}   {'yes' if one.is_guaranteed else 'no'}"
        )
    if json_path:
        figures = [{name: getattr(one, name) for name in (*Kept.__slots__, "holds")} for one in kept]
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a budget: the share of the messages answered, the share of these answered wrongly, and its
    standard error."""

    budget: float
    is_guaranteed: bool
    answered: float
    wrong: float
    standard_error: float

    @classmethod
    def of(cls, point: OperatingPoint) -> "Kept":
        error = point.error or 0.0
        spread = math.sqrt(error * (1 - error) / point.answered) if point.answered else 0.0
        budget = point.budget
        return cls(budget.max_wrong_answers, budget.is_guaranteed, point.coverage, error, spread)

    @property
    def holds(self) -> bool:
        """Whether no more is wrong than the budget and one standard error allow."""
        return self.wrong <= self.budget + self.standard_error


def halves(path: Path) -> tuple[list[LabelledText], list[LabelledText]]:
    """The labelled messages of the earlier and of the later half of a file's dialogues."""
    dialogues = read_dialogues(path)
    rows = build_dataset(dialogues).labelled()
    first_half = {dialogue.id for dialogue in dialogues[: len(dialogues) // 2]}
    earlier = [row for row in rows if row.group in first_half]
    return _without_rare(earlier), [row for row in rows if row.group not in first_half]


def _without_rare(rows: Sequence[LabelledText]) -> list[LabelledText]:
    """Rows without the intents that have but one, which nothing can be learned of."""
    intents = [row.intent for row in rows]
    return [row for row in rows if intents.count(row.intent) > 1]


if __name__ == "__main__":
    run(main)
