"""A release that isn't as it was written is refused before anything of it is parsed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.checksums import check_as_written, sha256_of
from nlu.files import FORMAT, BadRelease, ReleaseFiles

NAMES = (
    "tokenizer.json", "heads.safetensors", "labels.json", "words.json", "fusion.json", "examples.jsonl", "examples.faiss",
    "examples.jsonl.columns", "encoder.int8.onnx", "encoder.fp32.onnx",
)  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> ReleaseFiles:
    found = ReleaseFiles(tmp_path / "release")
    found.folder.mkdir()
    for name in NAMES:
        (found.folder / name).write_text(name, "utf-8")
    digests = {name: sha256_of(found.folder / name) for name in NAMES}
    found.manifest.write_text(json.dumps({"format": FORMAT, "files": digests}), "utf-8")
    return found


def test_a_release_as_it_was_written_is_served(files: ReleaseFiles) -> None:
    check_as_written(files, files.encoder("int8"))


@pytest.mark.parametrize("name", NAMES[:-1])
def test_a_file_that_was_changed_is_named(files: ReleaseFiles, name: str) -> None:
    (files.folder / name).write_bytes(b"changed!")
    with pytest.raises(BadRelease, match=rf"{name}: sha256 \w+, written was \w+"):
        check_as_written(files, files.encoder("int8"))


def test_an_encoder_that_does_not_serve_is_not_read(files: ReleaseFiles) -> None:
    files.encoder("fp32").unlink()
    check_as_written(files, files.encoder("int8"))


def planted(files: ReleaseFiles) -> None:
    (files.folder / "examples.faiss.vectors.npy").write_bytes(b"x")


def linked(files: ReleaseFiles) -> None:
    outside = files.folder.parent / "outside"
    files.heads.rename(outside)
    files.heads.symlink_to(outside)


def piped(files: ReleaseFiles) -> None:
    files.labels.unlink()
    os.mkfifo(files.labels)


def unlisted(files: ReleaseFiles) -> None:
    files.manifest.write_text(json.dumps({"format": FORMAT, "files": ["heads.safetensors"]}), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (planted, "no such file"),
        (linked, "a link, or no file"),
        (piped, "labels.json"),
        (unlisted, "lacks files"),
    ],
)
def test_what_does_not_belong_is_refused(
    files: ReleaseFiles, spoil: Callable[[ReleaseFiles], None], words: str
) -> None:
    spoil(files)
    with pytest.raises(BadRelease, match=words):
        check_as_written(files, files.encoder("int8"))


@pytest.mark.parametrize(
    "manifest", [b"", b"null", b"[" * 5000, b"\xff", b'{"format": 2, "files": {"a": ["x"]}}', b"1" * 9999]
)
def test_a_manifest_that_is_none_is_refused(files: ReleaseFiles, manifest: bytes) -> None:
    files.manifest.write_bytes(manifest)
    with pytest.raises(BadRelease):
        check_as_written(files, files.encoder("int8"))
