"""What can't be trained on, or can't be written, ends with one clear line and leaves everything as it was."""

import contextlib
import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import kefu, our_errors
from nlu.rules import EntityRules
from tests.tiny import make_dialogues, write_dialogues
from training.dataset import build_dataset
from training.dialogues import dialogue_files, read_dialogues
from training.errors import TrainingError
from training.pipeline import train
from training.trained import Options, Watch

pytestmark = pytest.mark.slow

Row = dict[str, Any]


def said(text: str, intent: str | None = None, **more: Any) -> Row:
    return {"speaker": "customer", "text": text, **({"intent": intent} if intent else {}), **more}


def dialogue(*turns: Row) -> Row:
    return {"id": f"x{abs(hash(json.dumps(turns)))}", "turns": list(turns)}


def state(workspace: Path) -> dict[str, bytes]:
    """All that lies under releases/, hidden or not; a lock that nobody holds is nothing."""
    return {
        str(path.relative_to(workspace)): path.read_bytes()
        for path in sorted((workspace / "releases").rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@contextlib.contextmanager
def nothing_changes(workspace: Path) -> Iterator[None]:
    before = state(workspace)
    yield
    assert state(workspace) == before
    assert not list((workspace / "releases").glob(".building-*"))


def refusal(workspace: Path, *options: str) -> str:
    """The one line that `kefu train` ends with."""
    result = CliRunner().invoke(kefu, ["train", "-w", str(workspace), "--speed", "fast", *options])
    assert isinstance(result.exception, our_errors()), result.exception
    assert len(str(result.exception).splitlines()) == 1
    return str(result.exception)


GOOD = [dialogue(said(f"cancel {i}", "cancel"), said(f"refund {i}", "refund")) for i in range(6)]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "0 dialogues hold no customer turn with a text"),
        ([dialogue({"speaker": "agent", "text": "Hello"})], "1 dialogues hold no customer turn"),
        ([dialogue(said("hi"), said("bye"))], "none of the 2 customer turns has an intent"),
        ([dialogue(said("hi", "hello"), said("hey", "hello"))], "all 2 labelled turns have the intent 'hello'"),
        ([*GOOD, dialogue(said("hi", "hello"))], "'hello': one example; wanted 2 or more"),
        ([*GOOD, dialogue(said("stop it", "cancle"))], "'cancle' (did you mean 'cancel'?): one example"),
        ([*GOOD, dialogue(said("hi", sentiment="cross"))], "turns[0].sentiment: met 'cross', wanted one of negative"),
        ([*GOOD, {"id": "y", "turns": [{"speaker": "robot", "text": "hi"}]}], "turns[0].speaker: met 'robot'"),
        ([*GOOD, dialogue(said("hi", intents=["a", "b"], intent="c"))], "either intent or intents"),
        (
            [*GOOD, dialogue(said("my lamp", entities=[{"start": 3, "end": 9, "label": "product"}]))],
            "turns[0].entities[0].end: met 9, wanted a character offset from 4 to 7",
        ),
        (
            [*GOOD, dialogue(said("my lamp", entities=[{"start": 3, "end": 3, "label": "product"}]))],
            "entities[0].end: met 3",
        ),
        (
            [*GOOD, dialogue(said("lamp", entities=[{"start": -1, "end": 3, "label": "product"}]))],
            "entities[0].start: met -1",
        ),
        (
            [*GOOD, dialogue(said("lamp", entities=[{"start": 0, "end": 4, "label": "product", "text": "sofa"}]))],
            "met 'sofa', wanted what stands from 0 to 4: 'lamp'",
        ),
    ],
)  # fmt: skip
def test_what_no_model_can_learn_from_is_refused(rows: list[Row], reason: str, trained: Path) -> None:
    write_dialogues(trained, rows)
    with nothing_changes(trained):
        assert reason in refusal(trained)


def test_the_line_of_a_broken_dialogue_is_named(trained: Path) -> None:
    path = trained / "dialogues" / "all.jsonl"
    path.write_text(f"{json.dumps(GOOD[0])}\n{{broken\n", "utf-8")
    with nothing_changes(trained):
        assert refusal(trained).startswith(f"{path}:2: not JSON")


def test_a_workspace_without_dialogues_is_told_how_to_get_some(workspace: Path) -> None:
    (workspace / "dialogues" / "all.jsonl").unlink()
    assert "kefu import FILE" in refusal(workspace)
    assert not (workspace / "releases").exists()


def test_a_base_model_that_isnt_there_is_named(trained: Path, tmp_path: Path) -> None:
    with nothing_changes(trained):
        assert "gone: no such folder" in refusal(trained, "--base-model", str(tmp_path / "gone"))


def test_a_folder_that_takes_no_release_is_named(workspace: Path, tiny_base: Path) -> None:
    (workspace / "releases").symlink_to("/proc/self/task")  # where not even root may make a folder
    assert "releases: can't be written" in refusal(workspace, "--base-model", str(tiny_base))


def run(workspace: Path, base: Path, **options: Any) -> None:
    """A training without a terminal to write to."""
    watch = Watch(options.pop("progress", lambda *_: None))
    dataset = build_dataset(read_dialogues(dialogue_files(workspace)))
    train(dataset, workspace, Options(base_model=str(base), **options), rules=EntityRules(), watch=watch)


@contextlib.contextmanager
def quota(most_bytes: int) -> Iterator[None]:
    """No file may grow larger: what a full disk does to whoever writes, in C++ and Rust too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_whichever_file_it_stops(trained: Path, tiny_base: Path) -> None:
    told = []
    for most_bytes in (0, 12_000, 60_000):
        with nothing_changes(trained), quota(most_bytes), pytest.raises(TrainingError) as caught:
            run(trained, tiny_base)
        assert len(str(caught.value).splitlines()) == 1
        told.append(str(caught.value))
    assert all("can't be written" in one or "could not be written" in one for one in told), told


def test_a_full_disk_stops_the_export(workspace: Path, tiny_base: Path) -> None:
    for most_bytes in (1000, 100_000):
        with quota(most_bytes), pytest.raises(TrainingError, match="could not be written"):
            run(workspace, tiny_base)
        assert state(workspace) == {}


def test_a_full_disk_stops_the_full_training(trained: Path, tiny_base: Path) -> None:
    write_dialogues(trained, make_dialogues(120))
    for most_bytes in (20_000, 200_000):
        with nothing_changes(trained), quota(most_bytes), pytest.raises(TrainingError, match="written"):
            run(trained, tiny_base, speed="full", epochs=1)


def stop_at(wanted: str) -> Callable[[str, int, int], None]:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == wanted:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(
    "stage",
    ["encoder to ONNX", "encoding", "heads and calibration", "last fit and index", "report"],
)
def test_an_interrupt_at_any_stage_leaves_nothing_half_written(
    stage: str, trained: Path, tiny_base: Path
) -> None:
    with nothing_changes(trained), pytest.raises(KeyboardInterrupt):
        run(trained, tiny_base, progress=stop_at(stage))
