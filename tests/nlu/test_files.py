"""A release folder is whole or it is refused."""

import json
from pathlib import Path

import pytest

from nlu.files import FORMAT, BadRelease, ReleaseFiles, read_json
from nlu.rules import EntityRules
from nlu.understander import Understander

NEEDED = (
    "manifest.json", "tokenizer.json", "heads.safetensors", "labels.json", "words.json", "fusion.json", "examples.jsonl",
    "examples.faiss",
)  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    for needed in NEEDED:
        (tmp_path / needed).touch()
    ReleaseFiles(tmp_path).check()
    (tmp_path / name).unlink()
    with pytest.raises(BadRelease, match=f"{tmp_path}.*{name} is missing"):
        ReleaseFiles(tmp_path).check()


@pytest.mark.parametrize("content", [b"{", b"\xff", b""])
def test_unreadable_json_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_bytes(content)
    with pytest.raises(BadRelease, match=r"labels\.json: can't be read"):
        read_json(tmp_path / "labels.json")


@pytest.mark.parametrize("manifest", [None, [], {"format": FORMAT + 1}, {}])
def test_a_release_of_another_format_is_refused(manifest: object, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadRelease, match=f"this kefu reads {FORMAT}: train again"):
        ReleaseFiles(tmp_path).read_manifest()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["manifest.json", "encoder.int8.onnx", "tokenizer.json", "heads.safetensors", "labels.json"]
)
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_release_with_a_broken_file_is_refused_with_the_reason(name: str, harm: str, release: Path) -> None:
    path = release / name
    whole = path.read_bytes()
    path.unlink()
    if harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadRelease, match=str(release)):
        Understander.load(release, EntityRules())
