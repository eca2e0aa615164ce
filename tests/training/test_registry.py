"""Releases: listed, made current, gone back from, and refused when broken."""

import json
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from nlu.errors import NluError
from nlu.files import FORMAT, BadRelease
from training.errors import TrainingError
from training.registry import Registry

PARTS = (
    "tokenizer.json",
    "heads.safetensors",
    "labels.json",
    "words.json",
    "fusion.json",
    "examples.jsonl",
    "examples.faiss",
)
METRICS = {"accuracy": 0.9, "span_f1": None, "coverage": 0.5, "wrong_answers": 0.01}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def make(registry: Registry, *, speed: str = "fast", **manifest: Any) -> str:
    """A release whose files hold nothing of sense; its name."""
    with registry.staging() as folder:
        for part in PARTS:
            (folder / part).write_text(part)
        content = {"speed": speed, "metrics": METRICS, "data": {"dialogues": 3}, "encoder": {}, **manifest}
        return registry.finish(folder, content, speed=speed).name


def releases(workspace: Path, *arguments: str) -> Result:
    return CliRunner().invoke(kefu, ["releases", *arguments, "-w", str(workspace)])


def test_releases_are_listed_oldest_first(registry: Registry) -> None:
    names = [make(registry, speed=speed) for speed in ("full", "fast", "fast")]
    assert [release.name for release in registry.releases()] == names
    assert len(set(names)) == 3
    assert registry.releases()[0].manifest["metrics"] == METRICS
    assert registry.releases()[0].manifest["format"] == FORMAT


def test_nothing_is_current_before_the_first_training(registry: Registry) -> None:
    assert registry.releases() == []
    assert registry.current() is None
    make(registry)
    assert registry.current() is None


def test_going_back_leads_to_the_one_before(registry: Registry) -> None:
    first, second, third = (make(registry) for _ in range(3))
    registry.promote(third)
    for wanted in (second, first):
        assert registry.previous().name == wanted
        registry.promote(registry.previous().name)
        assert registry.current_name() == wanted
    with pytest.raises(TrainingError, match="no release before the current one"):
        registry.previous()


@pytest.mark.parametrize("name", ["gone", "", "..", "../releases", "/etc", "a/b"])
def test_what_is_no_release_cant_be_made_current(name: str, registry: Registry) -> None:
    good = make(registry)
    registry.promote(good)
    with pytest.raises(BadRelease):
        registry.promote(name)
    assert registry.current_name() == good


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("heads.safetensors", "heads.safetensors is missing"),
        ("manifest.json", "manifest.json is missing"),
        ('{"format": 0}', f"format 0, this kefu reads {FORMAT}: train again"),
        ("[1]", "train again"),
        ("{", "can't be read"),
        (f'{{"format": {FORMAT}}}', "lacks created_at, data, encoder, files, metrics"),
    ],
)
def test_a_broken_folder_is_refused_with_the_reason(harm: str, reason: str, registry: Registry) -> None:
    good, bad = make(registry), make(registry)
    registry.promote(good)
    if harm.startswith(("{", "[")):
        (registry.folder / bad / "manifest.json").write_text(harm)
    else:
        (registry.folder / bad / harm).unlink()
    with pytest.raises(BadRelease, match=reason):
        registry.promote(bad)
    assert registry.current_name() == good
    assert [release.name for release in registry.releases()] == [good]
    assert reason in registry.broken()[bad]


def test_a_file_that_isnt_as_it_was_written_is_named(registry: Registry) -> None:
    good, bad = make(registry), make(registry)
    registry.promote(good)
    (registry.folder / bad / "examples.faiss").write_text("half of i")
    with pytest.raises(BadRelease, match=r"examples\.faiss: sha256 .*, written was"):
        registry.promote(bad)
    assert registry.current_name() == good


def test_a_broken_current_release_can_be_gone_back_from(registry: Registry) -> None:
    good, bad = make(registry), make(registry)
    registry.promote(bad)
    (registry.folder / bad / "fusion.json").unlink()
    with pytest.raises(BadRelease, match=r"fusion\.json is missing"):
        registry.current()
    assert f"{bad} can't be used" in releases(registry.folder.parent).output
    result = releases(registry.folder.parent, "rollback")
    assert result.output == f"{good} is current.\n"
    assert registry.current_name() == good


def test_the_list_marks_the_current_one(registry: Registry) -> None:
    first, second = make(registry), make(registry)
    registry.promote(first)
    rows = [line.split() for line in releases(registry.folder.parent).output.splitlines()]
    assert [row[0] for row in rows if first in row] == ["●"]
    assert [row[0] for row in rows if second in row] == [second]


@pytest.mark.parametrize(
    "arguments", [(), ("list",), ("rollback",), ("promote", "gone"), ("show",), ("compare", "a", "b")]
)
def test_a_workspace_without_releases_says_so(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = releases(tmp_path, *arguments)
    assert isinstance(result.exception, TrainingError | NluError)
    assert "no release" in str(result.exception)


def test_current_is_replaced_whole_while_others_read_it(registry: Registry) -> None:
    names = [make(registry) for _ in range(2)]
    registry.promote(names[0])
    is_over = threading.Event()
    met: set[str | None] = set()

    def watch() -> None:
        while not is_over.is_set():
            met.add(registry.current_name())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for i in range(200):
        registry.promote(names[i % 2])
    is_over.set()
    watcher.join()
    assert met <= set(names)
    assert not list(registry.folder.glob(".current*"))


def test_a_disk_that_takes_no_pointer_leaves_the_old_one(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make(registry), make(registry)
    registry.promote(first)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match="current: can't be written: No space left on device"):
        registry.promote(second)
    assert registry.current_name() == first
    assert not list(registry.folder.glob(".current*"))


def _fail(registry: Registry, error: BaseException) -> None:
    with registry.staging() as folder:
        (folder / "heads.safetensors").write_text("half")
        raise error


def test_what_is_built_and_not_finished_leaves_nothing(registry: Registry) -> None:
    with pytest.raises(KeyboardInterrupt):
        _fail(registry, KeyboardInterrupt())
    assert not list(registry.folder.glob(".building-*"))
    assert registry.releases() == []


def test_a_failed_write_is_told_in_our_words(registry: Registry) -> None:
    with pytest.raises(TrainingError, match=r"release could not be written: .*No space left"):
        _fail(registry, OSError(28, "No space left on device"))


def test_a_folder_that_cant_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("a file")
    with pytest.raises(TrainingError, match="releases: can't be written"), Registry(tmp_path).staging():
        pass


def _die_while_building(workspace: Path) -> None:
    with Registry(workspace).staging() as folder:
        (folder / "encoder.onnx").write_text("half")
        os._exit(9)


def test_what_a_killed_training_left_is_removed_by_the_next(registry: Registry) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_die_while_building, args=(registry.folder.parent,)
    )
    process.start()
    process.join()
    left = list(registry.folder.glob(".building-*"))
    assert [path.name for one in left for path in one.iterdir()] == ["encoder.onnx"]
    with registry.staging() as mine, Registry(registry.folder.parent).staging() as another:
        assert not left[0].exists()
        assert mine.is_dir()
        assert another.is_dir()


def test_a_release_moved_into_place_while_left_overs_are_looked_through_is_no_error(
    registry: Registry,
) -> None:
    registry.folder.mkdir(parents=True, exist_ok=True)
    (registry.folder / ".building-moved").symlink_to("nowhere")  # listed, and gone when it is opened
    assert (registry.folder / make(registry)).is_dir()


def test_two_that_finish_at_once_both_have_a_place(registry: Registry) -> None:
    names: list[str] = []
    workers = [threading.Thread(target=lambda: names.append(make(registry))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(names)) == 6
    assert len(registry.releases()) == 6


def test_the_manifest_knows_every_file(registry: Registry) -> None:
    folder = registry.folder / make(registry)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert sorted(manifest["files"]) == sorted(PARTS)
    assert {path.name for path in folder.iterdir()} == {*PARTS, "manifest.json"}
