"""`kefu mine`: from a file of transcripts to a proposal, and to a release."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bot.commands.mine import command
from tests.tiny import make_turn
from training.mining.mining import Options, mine
from training.mining.proposal_files import mined_folder, read_proposal, read_requests
from training.registry import Registry

ANSWERS = {
    "order_status": "It is on its way and comes on friday.",
    "cancel_order": "I have cancelled it for you.",
    "opening_hours": "We are open from nine to five.",
}

pytestmark = pytest.mark.slow


def transcripts(path: Path, n: int = 90) -> Path:
    """A CSV of conversations: greeting, request, what staff answered, thanks."""
    chance = random.Random(1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("conversation", "speaker", "text"))
        for i in range(n):
            intent = list(ANSWERS)[i % len(ANSWERS)]
            for speaker, text in (
                ("customer", "hi there"),
                ("agent", "Hello, how can I help?"),
                ("customer", str(make_turn(intent, chance)["text"])),
                ("agent", ANSWERS[intent]),
                ("customer", "thanks, bye"),
            ):
                writer.writerow((f"c{i}", speaker, text))
    return path


def run(workspace: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), "-w", str(workspace)])


@pytest.fixture
def mined(workspace: Path, tiny_base: Path, tmp_path: Path) -> Path:
    result = run(workspace, transcripts(tmp_path / "x.csv"), "--base-model", tiny_base)
    assert result.exit_code == 0, result.output
    return workspace


def test_a_csv_becomes_a_proposal(mined: Path) -> None:
    proposal = read_proposal(mined_folder(mined) / "proposal.yaml")
    assert proposal.n_dialogues == 90
    assert 80 <= proposal.n_requests <= 90
    assert proposal.intents
    assert {intent.status for intent in proposal.intents} == {"open"}
    heard = {said for one in proposal.intents for answer in one.answers for said in answer.heard}
    assert set(ANSWERS.values()) == heard, "what staff said, and nothing that customers did"
    requests = list(read_requests(mined_folder(mined) / "requests.jsonl"))
    assert {request.turn for request in requests} == {2}, "neither greetings nor thanks"
    vectors = np.load(mined_folder(mined) / "vectors.npy", allow_pickle=False)
    assert vectors.shape == (proposal.n_requests, 32)
    assert sum(intent.n_requests for intent in proposal.intents) == sum(bool(one.group) for one in requests)


def test_how_to_review_it_is_told_also_before_the_first_release(
    workspace: Path, tiny_base: Path, tmp_path: Path
) -> None:
    file = transcripts(tmp_path / "x.csv")
    (workspace / "releases").mkdir(exist_ok=True)
    assert not Registry(workspace).current_name()
    told = " ".join(run(workspace, file, "--base-model", tiny_base).output.split())
    assert f"`kefu train -w {workspace}`, then `kefu serve -w {workspace}`" in told
    assert run(workspace, file, "--base-model", tiny_base, "--accept-all", "--replace").exit_code == 0
    assert Registry(workspace).current_name()
    again = " ".join(run(workspace, file, "--base-model", tiny_base, "--replace").output.split())
    assert "kefu train" not in again
    assert f"`kefu serve -w {workspace}`" in again


def test_nothing_is_left_of_the_work_but_the_encoder(mined: Path) -> None:
    assert [path.name for path in (mined / ".kefu" / "mining").iterdir() if path.is_file()] == []


def test_a_reviewed_proposal_is_not_written_over(mined: Path, tiny_base: Path, tmp_path: Path) -> None:
    path = mined_folder(mined) / "proposal.yaml"
    before = path.read_text("utf-8").replace("    status: open\n", "    status: accepted\n", 1)
    path.write_text(before, "utf-8")
    again = [tmp_path / "x.csv", "--base-model", tiny_base]
    refused = run(mined, *again)
    assert refused.exit_code != 0
    assert "--replace" in str(refused.exception)
    assert path.read_text("utf-8") == before
    assert run(mined, *again, "--replace").exit_code == 0
    assert read_proposal(path).n_reviewed == 0


def test_one_command_leads_to_a_release(workspace: Path, tiny_base: Path, tmp_path: Path) -> None:
    (workspace / "dialogues" / "all.jsonl").unlink()
    (workspace / "answers" / "all.yaml").unlink()
    result = run(workspace, transcripts(tmp_path / "x.csv"), "--base-model", tiny_base, "--accept-all")
    assert result.exit_code == 0, result.output
    release = Registry(workspace).current()
    assert release is not None
    assert list((workspace / "answers").glob("*.yaml"))


@pytest.mark.parametrize(
    ("content", "wanted"), [("", "empty"), ("conversation,speaker,text\nc1,customer,hi\n", "no request")]
)
def test_files_without_requests_are_told(workspace: Path, tmp_path: Path, content: str, wanted: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    result = run(workspace, tmp_path / "x.csv")
    assert wanted in str(result.exception)
    assert not mined_folder(workspace).exists()


def test_a_killed_mining_goes_on_where_it_stopped(workspace: Path, tiny_base: Path, tmp_path: Path) -> None:
    """kill -9 while texts are encoded; the next run encodes only what is missing, with the same outcome."""
    file = transcripts(tmp_path / "x.csv", 1200)
    program = (
        "import sys; from pathlib import Path; from training.mining.mining import Options, mine\n"
        f"mine([Path({str(file)!r})], Path({str(workspace)!r}), Options(base_model={str(tiny_base)!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    work = workspace / ".kefu" / "mining"
    while process.poll() is None and not [path for path in work.glob("vectors-*.f16") if path.stat().st_size]:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was through before it could be killed"
    [path] = work.glob("vectors-*.f16")
    kept = path.read_bytes()
    seen: list[tuple[str, int, int]] = []
    mine([file], workspace, Options(base_model=str(tiny_base)), progress=lambda *told: seen.append(told))
    done = [done for stage, done, _ in seen if stage == "encoding"]
    assert done[0] == len(kept) // 64
    assert not [stage for stage, done, _ in seen if stage.startswith("reading:")], "it isn't read again"
    proposal = (mined_folder(workspace) / "proposal.yaml").read_text("utf-8")
    whole = mine([file], workspace, Options(base_model=str(tiny_base)))
    assert whole.n_requests > 0
    assert (mined_folder(workspace) / "proposal.yaml").read_text("utf-8") == proposal
