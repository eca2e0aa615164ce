"""The measures of grouping, by hand."""

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bench.mining import judge, main
from tests.tiny import make_turn


def test_measures_are_those_of_dstc11() -> None:
    # Groups: {a a b}, {b b}, {c}: aligned one to one a, b, c.
    figures = judge(["a", "a", "b", "b", "b", "c"], np.array([0, 0, 0, 1, 1, 2]))
    assert figures.acc == pytest.approx(100 * 5 / 6)
    # Precision: 2 + 2 + 1 of 6; recall: a 2, b 2, c 1 of 6.
    assert figures.f1 == pytest.approx(100 * 5 / 6)
    assert (figures.n_groups, figures.n_intents) == (3, 3)
    assert 0 < figures.ari < figures.nmi < 100


def test_splitting_costs_accuracy_and_recall_but_no_precision() -> None:
    figures = judge(["a"] * 4 + ["b"] * 4, np.array([0, 0, 1, 1, 2, 2, 2, 2]))
    assert figures.acc == pytest.approx(75)
    assert figures.f1 == pytest.approx(100 * 2 * 0.75 / 1.75)


@pytest.mark.slow
def test_a_set_is_measured_step_by_step(release: Path, tmp_path: Path) -> None:
    import random

    chance = random.Random(0)
    path = tmp_path / "set.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        turns = [make_turn(("order_status", "opening_hours")[i % 2], chance) for i in range(80)]
        writer.writerows((turn["text"], turn["intent"]) for turn in turns)
    result = CliRunner().invoke(
        main, [str(path), "--release", str(release), "--steps", "--json", f"{path}.json"]
    )
    assert result.exit_code == 0, result.output
    assert "baseline" in result.output
    assert "the whole" in result.output
