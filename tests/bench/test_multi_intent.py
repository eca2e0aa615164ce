"""Folds, what is learned from them, and what is summed up."""

import json
from pathlib import Path

import pytest

from bench.multi_intent import read_folds, splits, summary, without_rare
from training.dataset import LabelledText
from training.errors import TrainingError
from training.evaluate import SeveralScores


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def test_each_run_learns_from_some_folds_and_is_tested_on_all_others(tmp_path: Path) -> None:
    rows = [{"text": f"t{i}", "intents": ["a", "b"], "entities": [], "fold": i // 2} for i in range(12)]
    folds = read_folds(write(tmp_path / "folds.jsonl", *rows))
    runs = [([row.text for row in known], [row.text for row in asked]) for known, asked in splits(folds, 2)]
    assert [known for known, _ in runs] == [[f"t{4 * i + j}" for j in range(4)] for i in range(3)]
    assert all(sorted(known + asked) == sorted(str(row["text"]) for row in rows) for known, asked in runs)
    assert folds[0][0].intents == ("a", "b")


def test_a_row_without_a_fold_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "folds.jsonl", {"text": "a", "intents": []})
    with pytest.raises(TrainingError, match=r"folds.jsonl:1: met fold None, wanted a number"):
        read_folds(path)


def test_an_intent_with_one_example_is_not_learned() -> None:
    rows = [
        LabelledText("1", "1", "rare", further=("often", "common")),
        LabelledText("2", "2", "common", further=("often",)),
        LabelledText("3", "3", "lonely"),
    ]
    assert [row.intents for row in without_rare(rows)] == [("often", "common"), ("common", "often"), ()]


def test_runs_are_summed_up_with_their_spread() -> None:
    runs = [SeveralScores(10, 5, 0.5, 0.5, f1, 0.5, None) for f1 in (0.7, 0.8)]
    found = summary(runs)
    assert (found["runs"], found["f1"], found["f1_sd"], found["precision_sd"]) == (2, 0.75, 0.0707, 0.0)
    assert "exact_of_several" not in found
    assert "f1_sd" not in summary(runs[:1])
