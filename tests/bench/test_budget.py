"""When a budget holds, and what is earlier and later."""

import json
from pathlib import Path

from bench.budget import Kept, halves
from retrieval.budget import Budget
from training.evaluate import OperatingPoint


def kept(answered: int, wrong: int) -> Kept:
    error = wrong / answered if answered else None
    budget = Budget(0.05, 0.8, 0.4, 0.5)
    return Kept.of(OperatingPoint(budget, 200, answered, 0, 0, wrong, answered / 200, error, 0.0, 1.0))


def test_a_budget_holds_up_to_one_standard_error() -> None:
    assert kept(100, 5).holds
    assert kept(100, 7).holds  # .07 is within .05 + .0255
    assert not kept(100, 8).holds  # .08 is beyond .05 + .0271
    assert kept(0, 0).holds


def test_dialogues_are_parted_by_their_order(tmp_path: Path) -> None:
    said = [("a", "1"), ("b", "1"), ("a", "2"), ("b", "2"), ("c", "2"), ("a", "3"), ("b", "3"), ("c", "4")]
    rows = [
        {"text": f"{label} {c}", "intents": [label], "conversation": c, "turn": 1 + i}
        for i, (label, c) in enumerate(said)
    ]
    path = tmp_path / "dialogues.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    earlier, later = halves(path)
    assert [row.text for row in earlier] == ["a 1", "b 1", "a 2", "b 2"]  # c is there but once
    assert [row.text for row in later] == ["a 3", "b 3", "c 4"]
