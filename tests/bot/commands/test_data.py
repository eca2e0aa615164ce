"""`kefu data check` on a small workspace."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from tests.tiny import make_dialogues, write_dialogues
from training.errors import TrainingError

pytestmark = pytest.mark.slow


def check(workspace: Path, *words: str) -> str:
    words = ("data", "check", "-w", str(workspace), *words)
    return CliRunner().invoke(kefu, words, catch_exceptions=False).output


def customer(number: int, text: str, intent: str) -> dict[str, object]:
    turn = {"speaker": "customer", "text": text, "intent": intent}
    return {"id": f"extra-{number}", "turns": [turn]}


def test_findings_have_their_place_and_nothing_is_changed(
    trained: Path, tiny_base: Path, tmp_path: Path
) -> None:
    rows = [
        *make_dialogues(120),
        customer(1, "where is my lamp", "cancel_order"),
        customer(2, "money back please ana@shop.example", "refund_request"),
        customer(3, "hello there 1", "opening_hours"),
        customer(4, "hello there 2", "order_status"),
    ]
    write_dialogues(trained, rows)
    before = (trained / "dialogues" / "all.jsonl").read_bytes()
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(customer(9, "Hello there", "order_status")) + "\n")
    releases = sorted((trained / "releases").iterdir())

    told = check(trained, "--json", str(tmp_path / "found.json"), "--against", str(kept))

    assert "Probably labelled wrong" in told
    assert "Said with several intents: 1" in told
    assert "Messages with personal data: 1" in told
    assert "Test messages that were learned from: 1" in told
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    wrong = {one["text"]: one for one in found["probably_wrong"]}["where is my lamp"]
    assert (wrong["intent"], wrong["likely"]) == ("cancel_order", "order_status")
    assert wrong["place"] == f"{trained / 'dialogues' / 'all.jsonl'}:121"
    [personal] = found["personal"]
    assert personal["kinds"] == ["email"]
    assert (trained / "dialogues" / "all.jsonl").read_bytes() == before
    assert sorted((trained / "releases").iterdir()) == releases


def test_without_dialogues_it_says_where_they_belong(trained: Path) -> None:
    (trained / "dialogues" / "all.jsonl").unlink()
    with pytest.raises(TrainingError, match="`kefu import FILE"):
        check(trained)
