"""`kefu backup` and `kefu restore`: what comes back, from and to either database, and what is refused."""

import asyncio
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, select

from bot.cli import kefu
from bot.operation.archive import BadBackup, pack, unpack
from bot.operation.backup import restore
from bot.store.databases.database import open_database
from bot.store.databases.migrate import revision_of, revisions
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables.schema import metadata
from tests.bot.store.databases.test_upgrade import fill as fill_older
from tests.bot.store.filled import fill
from tests.bot.store.postgres import database
from tests.bot.store.told import message, tell

Rows = dict[str, list[tuple[Any, ...]]]
KINDS = ("sqlite", "postgresql")


@pytest.fixture
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[str, str], Any]]:
    """Gives "" for SQLite, or the URL of an empty PostgreSQL database."""
    made = []

    async def empty(kind: str) -> str:
        if kind == "sqlite":
            return ""
        context = database(str(request.getfixturevalue("postgres")))
        made.append(context)
        return await context.__aenter__()

    yield empty  # type: ignore[misc]
    for context in made:
        await context.__aexit__(None, None, None)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace with a file of each kind."""
    folder = tmp_path / "desk"
    for name in ("answers/a.yaml", "knowledge/k.md", "dialogues/d.jsonl", "releases/r1/manifest.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    for name in ("kefu.toml", "entities.yaml", "regression.yaml", ".env"):
        (folder / name).write_text("# " + name)
    return folder


def url_of(desk: Path, url: str) -> str:
    return url or f"sqlite:///{desk / 'kefu.db'}"


def rows_of(connection: Connection) -> Rows:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table))]
        for table in metadata.sorted_tables
    }


async def run(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> str:
    """A command with that database."""
    monkeypatch.setenv("KEFU_DATABASE_URL", url)
    result = await asyncio.to_thread(CliRunner().invoke, kefu, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("of", KINDS)
async def test_every_row_of_every_table_comes_back(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, of: str, to: str
) -> None:
    first, second = await place(of), await place(to)
    async with await Store.open(url_of(desk, first)) as store:
        await store._database.write(fill)
        wanted = await store._database.read(rows_of)
    again = tmp_path / "again"
    await run(monkeypatch, first, "backup", "-w", str(desk), str(tmp_path / "b.tar.gz"))
    await run(monkeypatch, second, "restore", "-w", str(again), str(tmp_path / "b.tar.gz"))
    async with await Store.open(url_of(again, second)) as store:
        assert await store._database.read(rows_of) == wanted
        assert [name for name, rows in wanted.items() if not rows] == ["sealing_keys"]
        # Ids go on after those that were given, though rows that were restored took theirs along.
        turn = await tell(store, message(chat="99"))
        assert turn is not None
        hits = await store._database.read(
            lambda c: c.exec_driver_sql("SELECT count(*) FROM message_words").scalar()
        )
    assert hits


@pytest.mark.parametrize("of", KINDS)
async def test_ids_of_deleted_rows_are_not_given_again(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, of: str
) -> None:
    url = await place(of)
    async with await Store.open(url_of(desk, url)) as store:
        for text in "abc":
            last = await store.add_correction(text, "x", "ana")
        await store._database.write(lambda c: c.exec_driver_sql("DELETE FROM corrections WHERE text <> 'a'"))
    await run(monkeypatch, url, "backup", "-w", str(desk), str(tmp_path / "b.tar.gz"))
    other = "postgresql" if of == "sqlite" else "sqlite"
    second = await place(other)
    await run(monkeypatch, second, "restore", "-w", str(tmp_path / "again"), str(tmp_path / "b.tar.gz"))
    async with await Store.open(url_of(tmp_path / "again", second)) as store:
        assert await store.add_correction("d", "x", "ana") == last + 1


@pytest.mark.parametrize("of", KINDS)
async def test_a_backup_while_turns_are_written_is_of_one_moment(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, of: str
) -> None:
    url = await place(of)
    async with await Store.open(url_of(desk, url)) as store:
        await tell(store, message(chat="0"))

        async def go_on() -> None:
            for number in range(1, 10_000):
                await tell(store, message("again", number + 1, chat=str(number % 7)))

        writing = asyncio.create_task(go_on())
        await run(monkeypatch, url, "backup", "-w", str(desk), str(tmp_path / "b.tar.gz"))
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        after = await store._database.read(rows_of)
    await run(monkeypatch, "", "restore", "-w", str(tmp_path / "again"), str(tmp_path / "b.tar.gz"))
    async with await Store.open(f"sqlite:///{tmp_path / 'again' / 'kefu.db'}") as store:
        found = await store._database.read(rows_of)
    said = [row for row in found["messages"] if row in after["messages"]]
    assert 0 < len(said) == len(found["messages"]) < len(after["messages"])
    # Each turn is whole: a message of a customer, what was made of it, and a reply.
    assert len(found["messages"]) == 2 * len(found["decisions"]) == 2 * len(found["understandings"])


def test_files_come_back_and_secrets_and_releases_stay_out(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)
    (desk / "answers" / "link.yaml").symlink_to("/etc/passwd")
    for words, more in (((), set()), (("--releases",), {"releases/r1/manifest.json"})):
        file, again = tmp_path / f"b{len(words)}.tar.gz", tmp_path / f"again{len(words)}"
        backup = CliRunner().invoke(
            kefu, ["backup", "-w", str(desk), str(file), *words], catch_exceptions=False
        )
        assert backup.exit_code == 0
        assert file.stat().st_mode & 0o777 == 0o600
        restore(file, again)
        found = {path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file()}
        kept = {
            "kefu.toml",
            "entities.yaml",
            "regression.yaml",
            "answers/a.yaml",
            "knowledge/k.md",
            "dialogues/d.jsonl",
        }
        assert {name for name in found if not name.startswith("kefu.") or name == "kefu.toml"} == kept | more
        assert (again / "answers" / "a.yaml").read_text() == "answers/a.yaml"


async def test_what_is_there_is_never_written_over(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.tar.gz"
    await run(monkeypatch, "", "backup", "-w", str(desk), str(file))
    before = file.read_bytes()
    with pytest.raises(BadBackup, match="there already"):
        await run(monkeypatch, "", "backup", "-w", str(desk), str(file))
    assert file.read_bytes() == before
    with pytest.raises(BadBackup, match="not empty"):
        restore(file, desk)


async def test_a_database_with_tables_is_refused_and_no_workspace_is_made(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Store.open(f"sqlite:///{desk / 'kefu.db'}"):
        pass
    await run(monkeypatch, "", "backup", "-w", str(desk), str(tmp_path / "b.tar.gz"))
    with pytest.raises(StoreError, match="has tables already"):
        await run(
            monkeypatch,
            f"sqlite:///{desk / 'kefu.db'}",
            "restore",
            "-w",
            str(tmp_path / "x"),
            str(tmp_path / "b.tar.gz"),
        )
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "b.tar.gz"}


def test_a_backup_of_a_newer_kefu_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)
    content = tmp_path / "content"
    (content / "workspace").mkdir(parents=True)
    (content / "workspace" / "kefu.toml").touch()
    pack(content, tmp_path / "b.tar.gz", {"version": "9999", "rows": {}, "last_ids": {}})
    with pytest.raises(StoreError, match=r"version 9999, this kefu knows up to \d{4}"):
        restore(tmp_path / "b.tar.gz", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil", "a\\..\\evil"])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_nothing_is_written_outside(tmp_path: Path, name: str, kind: bytes) -> None:
    file = tmp_path / "b.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        entry = tarfile.TarInfo(name if kind == tarfile.REGTYPE else "link")
        entry.type, entry.linkname = kind, name
        tar.addfile(entry, io.BytesIO(b""))
    (tmp_path / "into").mkdir()
    with pytest.raises(BadBackup, match="wanted files below it only"):
        unpack(file, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_a_file_that_is_damaged_anywhere_is_refused(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    (content / "rows").write_bytes(bytes(range(256)) * 20)
    pack(content, tmp_path / "b.tar.gz", {})
    whole = (tmp_path / "b.tar.gz").read_bytes()
    damaged = [whole[:n] for n in range(0, len(whole) - 8, 37)]
    damaged += [whole[:n] + bytes([whole[n] ^ 0xFF]) + whole[n + 1 :] for n in range(12, len(whole) - 8, 41)]
    for number, data in enumerate(damaged):
        (tmp_path / "d.tar.gz").write_bytes(data)
        into = tmp_path / f"into{number}"
        into.mkdir()
        with pytest.raises(BadBackup):
            unpack(tmp_path / "d.tar.gz", into)


def test_a_list_that_does_not_fit_its_files_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    listed = json.dumps({"format": 1, "files": {"a": "0" * 64}}).encode()
    with tarfile.open(file, "w:gz") as tar:
        for name, data in (("a", b"changed"), ("list.json", listed)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    (tmp_path / "into").mkdir()
    with pytest.raises(BadBackup, match="a has sha256"):
        unpack(file, tmp_path / "into")


@pytest.mark.parametrize("to", KINDS)
async def test_a_backup_of_older_tables_leaves_them_and_is_upgraded_when_restored(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, to: str
) -> None:
    url = await place(to)
    old = await open_database(url_of(desk, ""), exclusive=True, as_it_is=True)
    before = await old.write(fill_older, "0003")
    await old.close()
    await run(monkeypatch, "", "backup", "-w", str(desk), str(tmp_path / "b.tar.gz"))
    old = await open_database(url_of(desk, ""), exclusive=True, as_it_is=True)
    assert await old.read(revision_of) == "0003"
    await old.close()
    await run(monkeypatch, url, "restore", "-w", str(tmp_path / "again"), str(tmp_path / "b.tar.gz"))
    async with await Store.open(url_of(tmp_path / "again", url)) as store:
        after = await store._database.read(rows_of)
        assert {table: len(after[table]) for table in before} == dict.fromkeys(before, 1)
        assert await store._database.read(revision_of) == revisions()[0]
