"""The full training, from dialogues to a release: killed, helped by a second process, beaten by the fast one."""

import json
import math
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nlu.encoder import Encoder
from nlu.rules import EntityRules
from nlu.understander import Understander
from tests.tiny import make_dialogues, make_several, make_workspace, train_tiny, write_dialogues

pytestmark = pytest.mark.slow

TEXTS = ("where is my lamp", "cancel A-1042", "money back", "when do you open", "sing a song")
EPOCHS = 3


@pytest.fixture(scope="module")
def whole(_trained: Path, tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of a full training that nothing disturbed."""
    workspace = Path(shutil.copytree(_trained, tmp_path_factory.mktemp("whole") / "workspace"))
    write_dialogues(workspace, make_dialogues(120))
    return train_tiny(workspace, tiny_base, speed="full", epochs=EPOCHS)


def manifest(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "manifest.json").read_text("utf-8"))
    return found


def checkpoints(workspace: Path) -> list[Path]:
    return sorted((workspace / ".kefu").glob("full-*/checkpoint-*"))


def vectors(release: Path) -> np.ndarray:
    encoder = Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json")
    return np.stack([one.vector for one in encoder.encode(TEXTS)])


def agree(one: Path, other: Path) -> float:
    """The least cosine of their vectors for the same texts."""
    return float((vectors(one) * vectors(other)).sum(axis=1).min())


def test_a_full_release_is_whole_and_leaves_nothing_behind(whole: Path) -> None:
    found = manifest(whole)
    assert found["speed"] == "full"
    assert not found["encoder"]["is_frozen"]
    assert found["metrics"]["accuracy"] > 0.5
    assert {path.name for path in whole.iterdir()} == {*found["files"], "manifest.json"}
    workspace = whole.parent.parent
    assert checkpoints(workspace) == []
    assert [path.name for path in whole.parent.iterdir() if path.name.startswith(".")] == [".lock"]
    [note] = [
        note for note in json.loads((whole / "report.json").read_text())["notes"] if "Validation" in note
    ]
    assert note.endswith("The full training was kept.")


def test_few_messages_are_all_learned_from_in_the_end(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The messages that judged the first training are among those of the second."""
    from training import full

    write_dialogues(trained, make_dialogues(120))
    taught: list[int] = []
    tune = full.fine_tune

    def counting(*args: Any, **options: Any) -> Any:
        taught.append(len(args[3]))
        if options["share"]:
            assert taught[1] == taught[0] + len(args[4])
        return tune(*args, **options)

    monkeypatch.setattr(full, "fine_tune", counting)
    train_tiny(trained, tiny_base, speed="full", epochs=1)
    assert len(taught) == 2


def judge_by_intents_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("training.tag_fitting.span_f1", "training.finishing.span_f1"):
        monkeypatch.setattr(place, lambda *_: math.nan)


def test_several_intents_are_found_by_what_the_tuned_encoder_gives(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_by_intents_alone(monkeypatch)
    workspace = make_workspace(tmp_path)
    write_dialogues(workspace, [*make_dialogues(120), *make_several(48)])
    release = train_tiny(workspace, tiny_base, speed="full", epochs=EPOCHS)
    assert "The full training was kept" in (release / "report.json").read_text("utf-8")
    understander = Understander.load(release, EntityRules())
    [both] = understander.understand_batch(["well cancel it now are you open today"])
    assert {one.intent for one in both.several} == {"cancel_order", "opening_hours"}


def _train_and_die(workspace: Path, base: Path, step: int) -> None:
    from nlu.rules import EntityRules
    from training.dataset import build_dataset
    from training.dialogues import dialogue_files, read_dialogues
    from training.pipeline import train
    from training.trained import Options, Watch

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "fine-tuning" and done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    dataset = build_dataset(read_dialogues(dialogue_files(workspace)))
    options = Options(speed="full", base_model=str(base), epochs=EPOCHS)
    train(dataset, workspace, options, rules=EntityRules(), watch=Watch(progress))


def test_a_killed_training_goes_on_and_ends_as_it_would_have(
    whole: Path, trained: Path, release: Path, tiny_base: Path
) -> None:
    write_dialogues(trained, make_dialogues(120))
    process = multiprocessing.get_context("spawn").Process(
        target=_train_and_die, args=(trained, tiny_base, 9)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert (trained / "releases" / "current").read_text().strip() == release.name
    assert checkpoints(trained)

    resumed = train_tiny(trained, tiny_base, speed="full", epochs=EPOCHS)

    assert agree(whole, resumed) > 1 - 1e-5
    one, other = (load_file(release / "heads.safetensors") for release in (whole, resumed))
    for name in one:
        assert one[name] == pytest.approx(other[name], abs=1e-4), name
    assert manifest(resumed)["metrics"] == manifest(whole)["metrics"]
    assert checkpoints(trained) == []
    assert not list((trained / "releases").glob(".building-*"))


def test_two_processes_train_what_one_does(
    whole: Path, trained: Path, release: Path, tiny_base: Path
) -> None:
    write_dialogues(trained, make_dialogues(120))
    kefu = Path(sys.executable).parent / "kefu"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    options = ["--base-model", str(tiny_base), "--speed", "full", "--epochs", str(EPOCHS)]
    done = subprocess.run(
        [*torchrun, str(kefu), "train", "-w", str(trained), *options],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is current: full training") == 1
    assert [path.name for path in (trained / "releases").iterdir() if path.name.startswith(".")] == [".lock"]
    [made] = [path for path in (trained / "releases").glob("*-full") if path != release]
    assert agree(whole, made) > 0.99
    one, other = (manifest(path)["metrics"] for path in (whole, made))
    assert one["accuracy"] == pytest.approx(other["accuracy"], abs=0.1)


def test_a_full_training_that_is_worse_gives_way_to_the_fast_one(
    trained: Path, release: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import finishing

    accuracies = iter([0.899, 0.9])  # of the full, of the fast training
    monkeypatch.setattr(finishing, "valid_accuracy", lambda *_: next(accuracies))
    judge_by_intents_alone(monkeypatch)
    fast = release
    release = train_tiny(trained, tiny_base, speed="full", epochs=1)
    assert manifest(release)["speed"] == "fast"
    assert manifest(release)["encoder"]["is_frozen"]
    assert agree(fast, release) == pytest.approx(1, abs=1e-6)
    assert manifest(release)["metrics"] == manifest(fast)["metrics"]
    assert (
        load_file(fast / "heads.safetensors")["intent.weight"]
        == load_file(release / "heads.safetensors")["intent.weight"]
    ).all()
    assert "The fast training was kept." in (release / "report.json").read_text()
    assert not (release / "tuned").exists()


def test_too_few_messages_to_compare_by_keep_the_fast_training(trained: Path, tiny_base: Path) -> None:
    write_dialogues(trained, make_dialogues(16))
    release = train_tiny(trained, tiny_base, speed="full", epochs=1)
    assert manifest(release)["speed"] == "fast"
    assert "messages to check a full training with, wanted 10" in (release / "report.json").read_text()


def test_dialogues_that_changed_since_the_interrupt_begin_anew(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import full
    from training.errors import TrainingError

    tune = full.fine_tune
    steps: list[int] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        return tune(*arguments, **{**options, "progress": lambda _, done, total: steps.append(done)})

    def interrupted(*arguments: Any, **options: Any) -> Any:
        def progress(stage: str, done: int, total: int) -> None:
            if done == 10:
                raise KeyboardInterrupt

        return tune(*arguments, **{**options, "progress": progress})

    write_dialogues(trained, make_dialogues(120))
    monkeypatch.setattr(full, "fine_tune", interrupted)
    with pytest.raises(
        TrainingError, match="interrupted; the same command goes on from the last whole epoch"
    ):
        train_tiny(trained, tiny_base, speed="full", epochs=EPOCHS)
    assert checkpoints(trained)
    write_dialogues(trained, _without(make_dialogues(120), "opening_hours"))
    monkeypatch.setattr(full, "fine_tune", watched)
    release = train_tiny(trained, tiny_base, speed="full", epochs=1)
    assert steps[0] == 1
    assert "opening_hours" not in json.loads((release / "labels.json").read_text())["intent"]


def _without(dialogues: Any, intent: str) -> Sequence[dict[str, Any]]:
    return [one for one in dialogues if all(turn.get("intent") != intent for turn in one["turns"])]


def study(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "study.json").read_text("utf-8"))
    return found


def test_a_search_trains_the_best_and_goes_on_where_it_was_stopped(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import full

    tune = full.fine_tune
    begun: list[Any] = []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if not options["share"]:
            begun.append(options["hyperparameters"])
        if len(begun) == 3 and not options["share"]:
            raise KeyboardInterrupt
        return tune(*arguments, **options)

    write_dialogues(trained, make_dialogues(120))
    monkeypatch.setattr(full, "fine_tune", interrupted)
    stopped = train_tiny(trained, tiny_base, speed="full", epochs=2, search=4)
    assert len(begun) == 3  # the best was one of two whole trials, and not trained again
    assert len(study(stopped)["trials"]) == 2
    best = max(study(stopped)["trials"], key=lambda one: one["score"])
    assert manifest(stopped)["hyperparameters"] == best["hyperparameters"]
    assert checkpoints(trained) == []

    begun.clear()

    def counted(*arguments: Any, **options: Any) -> Any:
        if not options["share"]:
            begun.append(options["hyperparameters"])
        return tune(*arguments, **options)

    monkeypatch.setattr(full, "fine_tune", counted)
    whole = train_tiny(trained, tiny_base, speed="full", epochs=2, search=3)
    assert study(whole)["trials"][:2] == study(stopped)["trials"]
    best = max(study(whole)["trials"], key=lambda one: one["score"])
    assert manifest(whole)["hyperparameters"] == best["hyperparameters"]
    # The third trial, and where it wasn't the best, the best once more.
    assert len(begun) == 1 + (best != study(whole)["trials"][2])
    assert checkpoints(trained) == []
    assert list((trained / ".kefu").glob("study-*")) == []
