"""`kefu retrain` on a small desk: from what was corrected to a release that answers, past the gate."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from bot.store.candidates.records import ShadowCounts
from bot.store.candidates.retrainings import Retraining
from bot.store.store import Store
from tests.tiny import make_dialogues, write_dialogues
from training.gate.frozen import read_frozen
from training.gate.verdict import read_verdict
from training.registry import GateRefused, Registry

pytestmark = pytest.mark.slow


def run(*words: str) -> Result:
    return CliRunner().invoke(kefu, ["retrain", *words])


def url(workspace: Path) -> str:
    return f"sqlite:///{workspace.resolve() / 'kefu.db'}"


def latest(workspace: Path) -> Retraining:
    async def read() -> Retraining:
        async with await Store.open(url(workspace), exclusive=False) as store:
            return (await store.retrainings.latest())[0]

    return asyncio.run(read())


@pytest.fixture
def desk(trained: Path) -> Path:
    """A workspace with more dialogues than its release was trained on."""
    write_dialogues(trained, make_dialogues(300))
    (trained / "regression.yaml").write_text(
        '- {message: "please cancel A-1042", decision: answer, answer: cancelled}\n', "utf-8"
    )
    return trained


def test_what_was_said_since_becomes_a_release_that_answers(desk: Path) -> None:
    before = Registry(desk).current_name()
    taught = CliRunner().invoke(
        kefu, ["correct", "-w", str(desk), "send the dog home", "--intent", "refund_request"]
    )
    assert taught.exit_code == 0
    result = run("-w", str(desk))
    assert result.exit_code == 0, result.output
    found = latest(desk)
    assert found.status == "done", result.output
    assert [step.name for step in found.steps] == [
        "export",
        "merge",
        "train",
        "evaluate",
        "gate",
        "shadow",
        "promote",
    ]
    assert {step.status for step in found.steps} == {"done"}
    current = Registry(desk).find("current")
    assert before != current.name == found.release
    verdict = read_verdict(current.folder)
    assert verdict is not None
    assert verdict.has_passed
    assert verdict.against == before
    assert current.manifest["data"]["frozen"] == len(read_frozen(desk).test) > 0
    assert '"send the dog home"' in (current.folder / "examples.jsonl").read_text("utf-8")
    assert (
        current.manifest["options"]["base_model"]
        == Registry(desk).open(str(before)).manifest["options"]["base_model"]
    )
    assert not (desk / ".kefu" / "retraining" / str(found.id)).exists()
    assert "gate" in CliRunner().invoke(kefu, ["releases", "show", "-w", str(desk)]).output
    listed = run("--list", "-w", str(desk))
    assert "1 of 1 regression cases pass" in listed.output


def test_a_worse_one_is_refused_with_the_reasons_and_never_goes_live(desk: Path) -> None:
    rows = list(make_dialogues(300))
    frozen = run("merge", "-w", str(desk))
    assert frozen.exit_code == 0, frozen.output
    for row in rows:
        for turn in row["turns"]:
            if "intent" in turn and row["id"] not in read_frozen(desk).test:
                turn["intent"] = {"cancel_order": "refund_request"}.get(turn["intent"], turn["intent"])
    rows[0]["turns"][0]["intent"] = rows[1]["turns"][0]["intent"] = "cancel_order"
    write_dialogues(desk, rows)
    before = Registry(desk).current_name()
    for step in ("merge", "train", "evaluate", "gate"):
        result = run(step, "-w", str(desk))
    assert result.exit_code == 0, result.output
    assert "It may not go live" in result.output
    found = latest(desk)
    assert found.status == "refused"
    assert "each intent" in found.note
    assert Registry(desk).current_name() == before
    with pytest.raises(GateRefused, match="each intent"):
        Registry(desk).promote(found.release)
    Registry(desk).promote(found.release, despite_gate=True)
    assert Registry(desk).current_name() == found.release


def test_a_shadow_waits_for_customers_and_goes_on_where_it_agrees(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (desk / "kefu.toml").open("a", encoding="utf-8") as file:
        file.write("[retrain]\nshadow_messages = 20\n")
    assert run("-w", str(desk)).exit_code == 0
    waiting, before = latest(desk), Registry(desk).current_name()
    assert waiting.status == "shadow"
    assert waiting.has_done("gate")
    assert asyncio.run(trial_of(desk)) == (waiting.release, before, None)
    assert run("-w", str(desk)).exit_code == 0
    assert latest(desk).status == "shadow"
    same = ShadowCounts(100, 100, 60, 60, 0, 0, 5, 5, {})

    async def counts(*_: object) -> ShadowCounts:
        return same

    monkeypatch.setattr("bot.store.candidates.trials.Trials.counts", counts)
    assert run("-w", str(desk)).exit_code == 0
    assert (latest(desk).id, latest(desk).status) == (waiting.id, "done")
    assert Registry(desk).current_name() == waiting.release
    assert asyncio.run(trial_of(desk)) == (waiting.release, before, "promoted")


def test_a_shadow_that_differs_never_goes_live_nor_one_that_somebody_ended(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (desk / "kefu.toml").open("a", encoding="utf-8") as file:
        file.write("[retrain]\nshadow_messages = 20\n")
    before = Registry(desk).current_name()
    assert run("-w", str(desk)).exit_code == 0
    with monkeypatch.context() as patch:

        async def counts(*_: object) -> ShadowCounts:
            return ShadowCounts(100, 50, 60, 60, 0, 0, 5, 5, {})

        patch.setattr("bot.store.candidates.trials.Trials.counts", counts)
        assert "It may not go live" in run("-w", str(desk)).output
    assert latest(desk).status == "refused"
    assert "agreement 50.0%" in latest(desk).note
    assert run("-w", str(desk)).exit_code == 0
    assert run("--stop", "-w", str(desk)).exit_code == 0
    assert asyncio.run(trial_of(desk))[2] == "ended"
    assert latest(desk).status == "stopped"
    assert Registry(desk).current_name() == before


async def trial_of(workspace: Path) -> tuple[str, str, str | None]:
    """The newest trial: its release, beside which one, and how it ended."""
    async with await Store.open(url(workspace), exclusive=False) as store:
        [found] = await store.trials.latest()
        return found.release, found.beside, found.outcome


def test_a_step_alone_leaves_the_rest_for_later(desk: Path) -> None:
    for step in ("export", "merge"):
        assert run(step, "-w", str(desk)).exit_code == 0
        assert latest(desk).status == "paused"
    number = latest(desk).id
    begun = latest(desk).step("merge")
    assert run("-w", str(desk)).exit_code == 0
    assert (latest(desk).id, latest(desk).status) == (number, "done")
    assert latest(desk).step("merge") == begun


def test_one_that_was_killed_goes_on_where_it_stopped(desk: Path) -> None:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "retrain", "-w", str(desk)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not (desk / ".kefu" / "retraining" / "1" / "merged.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.05)
    while (found := latest(desk)).step("train") is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert found.has_done("merge")
    assert "is being worked on" in str(run("-w", str(desk)).exception)
    asyncio.run(silence(desk, found.id))
    assert run("-w", str(desk)).exit_code == 0
    again = latest(desk)
    assert (again.id, again.status) == (found.id, "done")
    assert again.step("merge") == found.step("merge")


async def silence(workspace: Path, number: int) -> None:
    """A minute goes by without a word from whoever worked on it."""
    async with await Store.open(url(workspace), exclusive=False) as store:
        await store.retrainings.set_status(number, "paused")


def test_a_step_that_fails_says_why(desk: Path) -> None:
    (desk / "dialogues" / "all.jsonl").write_text('{"id": 3}\n', "utf-8")
    result = run("-w", str(desk))
    assert result.exit_code == 1
    assert "export: " in str(result.exception)
    assert "all.jsonl:1" in str(result.exception)
    assert latest(desk).status == "failed"
    assert "all.jsonl:1" in latest(desk).note


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fly",), "wanted one of export, merge"),
        (("train", "gate"), "wanted one of export, merge"),
        (("--every", "full", "moon"), "wanted night at HH:MM"),
        (("--stop",), "no retraining is under way"),
        (("promote",), "there is no candidate yet"),
        (("train",), "merged.jsonl: not found"),
    ],
)
def test_what_makes_no_sense_is_told(words: tuple[str, ...], told: str, trained: Path) -> None:
    result = run("-w", str(trained), *words)
    assert result.exit_code
    assert told in result.output + str(result.exception)


def test_a_schedule_is_set_with_or_without_quotes(trained: Path) -> None:
    assert "the next time on" in run("-w", str(trained), "--every", "night", "at", "03:00").output
    assert "Every night at 03:00, set by" in run("-w", str(trained), "--list").output
    assert "no longer" in run("-w", str(trained), "--every", "never").output
    assert "Every" not in run("-w", str(trained), "--list").output


def test_one_of_the_schedule_takes_the_lowest_priority(desk: Path) -> None:
    seen = json.loads(
        subprocess.run(
            [sys.executable, "-c", "import json, os\nfrom bot.commands.retraining.runner import be_modest\nbe_modest()\n"
             "print(json.dumps([os.nice(0), len(os.sched_getaffinity(0))]))"],
            capture_output=True, check=True, text=True,
        ).stdout
    )  # fmt: skip
    assert seen == [19, max(1, len(os.sched_getaffinity(0)) - 1)]
