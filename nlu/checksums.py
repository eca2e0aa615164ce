"""A release is served as it was written: each file that is read has the SHA-256 its manifest says."""

import hashlib
import stat
from pathlib import Path

from nlu.files import BadRelease, ReleaseFiles

_digests: dict[tuple[int, int, int, int], str] = {}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file; releases with the same encoder mostly share it by hard links, and then it is read once.

    Raises BadRelease where it can't be read."""
    try:
        about = path.stat()
        known = about.st_dev, about.st_ino, about.st_mtime_ns, about.st_size
        if known not in _digests:
            with path.open("rb") as file:
                _digests[known] = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadRelease(f"{path}: can't be read: {error.strerror}") from error
    return _digests[known]


def check_as_written(files: ReleaseFiles, encoder: Path) -> None:
    """Look at all that is read to serve with this encoder, before anything parses it.

    Raises BadRelease naming the file that differs, isn't in the manifest, or is no file of this folder."""
    files.check()
    written = files.read_manifest().get("files")
    if not isinstance(written, dict):
        raise BadRelease(f"{files.manifest}: lacks files, the SHA-256 of each")
    for path in _read_to_serve(files, encoder):
        if not _is_own_file(path):
            raise BadRelease(f"{path}: a link, or no file; wanted a file of this folder")
        if (met := sha256_of(path)) != (wanted := written.get(path.name)):
            raise BadRelease(f"{path}: sha256 {met}, written was {wanted or 'no such file'}")


def _read_to_serve(files: ReleaseFiles, encoder: Path) -> list[Path]:
    beside = sorted(files.folder.glob(f"{files.examples.stem}.*"))  # what is kept beside examples and index
    return [files.tokenizer, files.heads, files.labels, files.words, files.fusion, *beside, encoder]


def _is_own_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
