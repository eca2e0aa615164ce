"""A desk's log and files into one file, while it runs, and back into an empty place."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.operation.archive import BadBackup, pack, unpack
from bot.settings import Settings, load_settings
from bot.store.databases.copying import Copied, copy_in, copy_out
from bot.store.databases.database import open_database, parse_url

FILES = ("kefu.toml", "entities.yaml", "regression.yaml", "answers", "knowledge", "dialogues")
TABLES, WORKSPACE = "tables", "workspace"


def back_up(settings: Settings, to: Path, *, with_releases: bool) -> Copied:
    """Write a backup; what was copied of the database, which is of one moment and left as it is.

    Raises BadBackup or StoreError; then no file is written."""
    try:
        place = tempfile.TemporaryDirectory(prefix=".kefu-backup-", dir=to.resolve().parent)
    except OSError as error:
        raise BadBackup(f"{to}: can't be written: {error.strerror}") from error
    with place as name:
        content = Path(name)
        (content / TABLES).mkdir()
        copied = asyncio.run(_copy_log(settings.database_url, content / TABLES))
        for part in (*FILES, *(("releases",) if with_releases else ())):
            _copy(settings.folder / part, content / WORKSPACE / part)
        pack(content, to, _told(copied))
    return copied


def restore(file: Path, workspace: Path) -> Copied:
    """Make a workspace of a backup, with its log; nothing is changed where that fails.

    Raises BadBackup where the file is damaged or the workspace is not empty, StoreError where the database isn't."""
    if workspace.exists() and (not workspace.is_dir() or any(workspace.iterdir())):
        raise BadBackup(f"{workspace}: not empty; wanted a new folder to restore into")
    parent = workspace.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(prefix=".kefu-restore-", dir=parent)
    except OSError as error:
        raise BadBackup(f"{workspace}: can't be written: {error.strerror}") from error
    with place as name:
        content = Path(name)
        copied = _copied(file, unpack(file, content))
        made = content / WORKSPACE
        asyncio.run(_fill_log(load_settings(made).database_url, copied, content / TABLES))
        if workspace.exists():
            workspace.rmdir()
        made.rename(workspace)
    return copied


def _copy(source: Path, target: Path) -> None:
    """Files and folders; links are left out, for they lead elsewhere."""
    if source.is_symlink() or not source.exists():
        return
    if source.is_dir():
        target.mkdir(parents=True)
        for one in source.iterdir():
            if not one.name.startswith("."):
                _copy(one, target / one.name)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


async def _copy_log(url: str, folder: Path) -> Copied:
    parsed = parse_url(url)
    if parsed.drivername == "sqlite" and not _is_there(str(parsed.database)):
        return Copied(None, {}, {})

    def write(table: str, lines: Iterable[str]) -> int:
        n_rows = 0
        with (folder / f"{table}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line)
                n_rows += 1
        return n_rows

    database = await open_database(url, exclusive=False, as_it_is=True)
    try:
        return await database.read(copy_out, write)
    finally:
        await database.close()


def _is_there(path: str) -> bool:
    return Path(path).exists()


async def _fill_log(url: str, copied: Copied, folder: Path) -> None:
    def read(table: str) -> Iterator[str]:
        with (folder / f"{table}.jsonl").open(encoding="utf-8", newline="\n") as file:
            yield from file

    database = await open_database(url, exclusive=True, as_it_is=True)
    try:
        await database.write(copy_in, copied, read)
    finally:
        await database.close()


def _told(copied: Copied) -> dict[str, Any]:
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": copied.version,
        "rows": copied.rows,
        "last_ids": copied.last_ids,
    }


def _copied(file: Path, told: dict[str, Any]) -> Copied:
    try:
        return Copied(told["version"], dict(told["rows"]), dict(told["last_ids"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadBackup(f"{file}: its list lacks what was copied: {error}") from error
