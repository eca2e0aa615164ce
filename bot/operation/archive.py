"""A backup as one file: a tar with the rows of every table, the workspace's files, and a list with their checksums."""

import hashlib
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import BotError

FORMAT = 1
LIST = "list.json"  # the last entry: a tar without it is not whole
MAX_LIST_BYTES = 100_000_000
READ_AT_ONCE = 1 << 20


class BadBackup(BotError):
    """A file is no backup, is damaged, or holds what no backup may."""


def pack(content: Path, to: Path, told: dict[str, Any]) -> None:
    """Write all files below a folder, whole or not at all, for its owner alone; `told` goes into the list.

    Raises BadBackup where the file is there already or can't be written."""
    if to.exists():
        raise BadBackup(f"{to}: there already; wanted a new file")
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=5) as tar:
                    _add_all(tar, content, told)
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, to)  # unlike a rename this writes over nothing
        finally:
            with suppress(OSError):
                Path(aside).unlink()
    except OSError as error:
        raise BadBackup(f"{to}: can't be written: {error.strerror or error}") from error


def _add_all(tar: tarfile.TarFile, content: Path, told: dict[str, Any]) -> None:
    sums = {}
    for path in sorted(path for path in content.rglob("*") if path.is_file() and path.name != LIST):
        name = path.relative_to(content).as_posix()
        with path.open("rb") as file:
            sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
        tar.add(path, name, recursive=False)
    made = content / LIST
    made.write_text(json.dumps({"format": FORMAT, **told, "files": sums}, indent=1), "utf-8")
    tar.add(made, LIST)


def unpack(file: Path, into: Path) -> dict[str, Any]:
    """Put its files below an empty folder, each compared with its checksum; gives the list.

    Raises BadBackup for links, devices, and names that lead out of the folder, before anything of them is written."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            met = dict(_members(file, tar, into))
            while tar.fileobj is not None and tar.fileobj.read(READ_AT_ONCE):
                pass  # to its end: gzip's own checksum covers what no entry holds
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise BadBackup(f"{file}: no whole backup: {error}") from error
    listed = _read_list(file, into / LIST)
    if met.keys() - {LIST} != listed["files"].keys():
        odd = sorted((met.keys() - {LIST}) ^ listed["files"].keys())
        raise BadBackup(f"{file}: its list and its files differ: {', '.join(odd[:3])}")
    for name, wanted in listed["files"].items():
        if met[name] != wanted:
            raise BadBackup(f"{file}: {name} has sha256 {met[name]}, written was {wanted}")
    return listed


def _members(file: Path, tar: tarfile.TarFile, into: Path) -> Iterator[tuple[str, str]]:
    """Each entry's name and SHA-256, as it is written."""
    for member in tar:
        name = PurePosixPath(member.name)
        if not member.isfile() or name.is_absolute() or ".." in name.parts or "\\" in member.name:
            raise BadBackup(f"{file}: holds {member.name!r}; wanted files below it only, and no links")
        path = into / name
        source = tar.extractfile(member)
        if path.exists() or source is None:
            raise BadBackup(f"{file}: holds {member.name!r} twice")
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("xb") as target:
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
        yield member.name, digest.hexdigest()


def _read_list(file: Path, path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > MAX_LIST_BYTES:
        raise BadBackup(f"{file}: no backup of kefu, {LIST} is missing")
    try:
        listed = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadBackup(f"{file}: {LIST} can't be read: {error}") from error
    if not isinstance(listed, dict) or listed.get("format") != FORMAT:
        raise BadBackup(f"{file}: not of format {FORMAT}; a newer kefu may have made it")
    return listed
