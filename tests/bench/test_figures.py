"""The benchmarks print and write the figures that the docs quote."""

import csv
import json
import random
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import bench.entities
import bench.intents
from tests.tiny import make_turn

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow

INTENTS = ("order_status", "cancel_order", "refund_request", "opening_hours")
FIGURES = {
    "accuracy", "macro_f1", "in_scope_accuracy", "overall_accuracy", "mcc", "oos_auroc", "oos_fpr95", "oos_recall",
    "ece", "train_s", "p50_ms", "p95_ms", "rss_mb",
}  # fmt: skip


def write(path: Path, intents: Sequence[str], n: int, *, seed: int, label: str = "") -> str:
    chance = random.Random(seed)
    turns = [make_turn(intents[i % len(intents)], chance) for i in range(n)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sentence", "label"))
        writer.writerows((turn["text"], label or turn["intent"]) for turn in turns)
    return str(path)


def figures(command: click.Command, *options: str, into: Path) -> tuple[dict[str, object], str]:
    result = CliRunner().invoke(command, [*options, "--json", str(into)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(into.read_text()), result.stdout


def test_intents_are_measured_with_messages_out_of_scope(tmp_path: Path, tiny_base: Path) -> None:
    options = {
        "--train": write(tmp_path / "train.csv", INTENTS, 80, seed=0),
        "--valid": write(tmp_path / "valid.csv", INTENTS, 20, seed=1),
        "--test": write(tmp_path / "test.csv", INTENTS, 24, seed=2),
        "--oos-test": write(tmp_path / "oos.csv", ("out_of_scope",), 12, seed=3, label="oos"),
        "--oos-label": "oos",
        "--speed": "fast",
        "--base-model": str(tiny_base),
    }
    given = [word for pair in options.items() for word in pair]
    found, told = figures(bench.intents.main, *given, into=tmp_path / "out.json")
    assert found.keys() >= FIGURES
    assert {line.split()[0] for line in told.splitlines()} == found.keys()
    assert all(found[name] is not None for name in FIGURES)


def test_entities_are_counted_in_the_tokens_of_the_file(tmp_path: Path, tiny_base: Path) -> None:
    path = tmp_path / "set.conll"
    path.write_text("where O\nis O\nmy O\nA-1042 B-order_number\n\ncancel O\nmy O\nlamp B-product\n\n" * 12)
    options = (
        "--train",
        str(path),
        "--valid",
        str(path),
        "--test",
        str(path),
        "--base-model",
        str(tiny_base),
    )
    found, told = figures(bench.entities.main, *options, into=tmp_path / "out.json")
    tokens = found["tokens"]
    assert isinstance(tokens, list)
    assert {row["label"]: row["support"] for row in tokens} == {"O": 60, "order_number": 12, "product": 12}
    assert "macro average" in told
    assert "strict spans" in told
    assert {"span_precision", "span_recall", "span_f1", "token_averages"} <= found.keys()


@pytest.mark.parametrize("name", ["intents", "entities"])
def test_what_is_wrong_with_a_file_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "set.csv"
    path.write_text("text,label\nhi\n")
    program = str(ROOT / "bench" / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [program, "--train", str(path), "--test", str(path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(program, run_name="__main__")
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert f"{path}:" in told
