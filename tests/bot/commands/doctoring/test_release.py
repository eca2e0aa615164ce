"""The release that serves."""

from pathlib import Path

from tests.bot.commands.doctoring.conftest import set_up
from tests.bot.commands.doctoring.examined import finding


def test_a_desk_without_a_release_is_told_how_to_make_one(desk: Path) -> None:
    (desk / "releases" / "current").unlink()
    assert "kefu train" in finding(desk, "release", "fault")["remedy"]


def test_a_pointer_to_nothing_is_a_fault(desk: Path) -> None:
    (desk / "releases" / "current").write_text("gone\n")
    assert "'gone'" in finding(desk, "release", "fault")["text"]


def test_one_changed_byte_of_any_file_is_found(desk: Path, release: Path) -> None:
    for path in (release / "words.json", release / "encoder.int8.onnx", release / "examples.faiss"):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        told = finding(desk, "release", "fault")["text"]
        assert str(path.relative_to(desk)) in told
        assert "sha256" in told
        path.write_bytes(whole)


def test_a_file_that_is_gone_is_found(desk: Path, release: Path) -> None:
    (release / "heads.safetensors").unlink()
    assert "heads.safetensors is missing" in finding(desk, "release", "fault")["text"]


def test_an_index_that_cannot_be_read_is_a_fault(desk: Path, release: Path) -> None:
    (release / "examples.faiss").write_bytes(b"nothing")
    assert "examples.faiss" in finding(desk, "index", "fault")["text"]


def test_a_budget_that_no_threshold_keeps_is_a_fault(desk: Path) -> None:
    set_up(desk, "[decide]\nmax_wrong_answers = 0.0001\n")
    assert "max_wrong_answers is 0.0001" in finding(desk, "index", "fault")["text"]
