"""Dialogue files are written whole or not at all."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.dialogue_writing import Writing, write_dialogues
from training.dialogues import read_dialogues
from training.errors import TrainingError
from training.turns import Dialogue, DialogueTurn

ENDLESS = """
import sys
from pathlib import Path
from training.dialogue_writing import write_dialogues
from training.turns import Dialogue, DialogueTurn

def dialogues():
    for number in range(10**9):
        yield Dialogue(str(number), (DialogueTurn("customer", "hello " * 1000),))
        if number == 1000:
            print("under way", flush=True)

write_dialogues(Path(sys.argv[1]), dialogues())
"""


def hello(*ids: str) -> list[Dialogue]:
    return [Dialogue(name, (DialogueTurn("customer", "hello"),)) for name in ids]


def ids(path: Path) -> list[str]:
    return [dialogue.id for dialogue in read_dialogues([path])]


def then_fails(*names: str) -> Iterator[Dialogue]:
    yield from hello(*names)
    raise TrainingError("the source broke off")


def test_a_source_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_dialogues(path, hello("1"))
    with pytest.raises(TrainingError, match="broke off"):
        write_dialogues(path, then_fails("2", "3"))
    assert ids(path) == ["1"]
    assert list(tmp_path.iterdir()) == [path]


def test_several_files_come_together_or_not_at_all(tmp_path: Path) -> None:
    one, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    with Writing(tmp_path) as writing:
        writing.write(one, hello("1"))
        with pytest.raises(TrainingError, match="broke off"):
            writing.write(other, then_fails("2"))
    assert list(tmp_path.iterdir()) == []
    with Writing(tmp_path) as writing:
        writing.write(one, hello("1"))
        writing.write(other, hello("2"))
        assert not one.exists()
        assert writing.place() == [one, other]
    assert ids(one) + ids(other) == ["1", "2"]


@pytest.mark.parametrize("before", [b"", b'{"id": "0", "turns": [{"speaker": "bot",   "text": "hi"}]}'])
@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_what_a_file_holds_stays_as_it_is_written(tmp_path: Path, before: bytes, ending: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(before + ending)
    with Writing(tmp_path) as writing:
        assert writing.write(path, hello("1", "2"), after=path) == 2
        writing.place()
    assert path.read_bytes().startswith(before)
    assert ids(path) == ["0"] * bool(before) + ["1", "2"]


def test_a_file_that_is_dropped_stays_as_it_was(tmp_path: Path) -> None:
    with Writing(tmp_path) as writing:
        writing.write(tmp_path / "a.jsonl", [])
        writing.drop(tmp_path / "a.jsonl")
        assert writing.place() == []
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_the_old_file_and_the_next_one_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_dialogues(path, hello("1"))
    with subprocess.Popen([sys.executable, "-c", ENDLESS, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"under way\n"
        with pytest.raises(TrainingError, match=f"{tmp_path}: another import or export is writing here"):
            write_dialogues(path, hello("2"))
        writer.kill()
    assert ids(path) == ["1"]
    assert len(list(tmp_path.iterdir())) == 2
    write_dialogues(tmp_path / "b.jsonl", hello("2"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=f"{tmp_path / 'file'}: can't be written: File exists"):
        write_dialogues(tmp_path / "file" / "a.jsonl", hello("1"))
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(TrainingError, match=f"{tmp_path / 'a.jsonl'}: can't be written: Is a directory"):
        write_dialogues(tmp_path / "a.jsonl", hello("1"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to play a full disk")
def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_dialogues(path, hello("1"))
    with Writing(tmp_path) as writing:
        (tmp_path / ".b.jsonl.unfinished").symlink_to("/dev/full")
        with pytest.raises(TrainingError, match=r"b\.jsonl: can't be written: No space left on device"):
            writing.write(tmp_path / "b.jsonl", hello("2"))
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]
