"""The log's database, and its clock."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.databases.condition import look_at
from bot.store.store import Store
from tests.bot.commands.doctoring.examined import finding


def make_log(desk: Path, change: str = "") -> Path:
    async def make() -> None:
        async with await Store.open(f"sqlite:///{desk / 'kefu.db'}"):
            pass

    asyncio.run(make())
    with closing(sqlite3.connect(desk / "kefu.db")) as connection:
        connection.executescript(change)
    return desk / "kefu.db"


def test_no_log_yet_is_no_fault_and_none_is_made(desk: Path) -> None:
    assert "no log yet" in finding(desk, "database", "fine")["text"]
    assert not (desk / "kefu.db").exists()


def test_a_log_of_this_version_is_fine(desk: Path) -> None:
    make_log(desk)
    assert "tables of version 0" in finding(desk, "database", "fine")["text"]
    assert finding(desk, "clock", "fine")


def test_an_older_log_is_told_and_left_as_it_is(desk: Path) -> None:
    make_log(desk, "UPDATE alembic_version SET version_num = '0003'")
    for _ in range(2):
        assert "its tables are of version 0003" in finding(desk, "database", "warning")["text"]


def test_a_newer_log_is_a_fault(desk: Path) -> None:
    make_log(desk, "UPDATE alembic_version SET version_num = '9999'")
    found = finding(desk, "database", "fault")
    assert "version 9999" in found["text"]
    assert "restore a backup" in found["remedy"]


def test_a_damaged_file_is_found(desk: Path) -> None:
    log = make_log(desk, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(log.read_bytes())
    whole[4096 * 5 : 4096 * 30] = b"\x55" * (4096 * 25)
    log.write_bytes(whole)
    assert "last backup" in finding(desk, "database", "fault")["remedy"]


def test_what_is_no_database_is_a_fault(desk: Path) -> None:
    (desk / "kefu.db").write_text("not a database at all, whatever its name is")
    assert "can't be opened" in finding(desk, "database", "fault")["text"]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mysql://localhost/kefu", "of kind 'mysql'"),
        ("postgresql://someone:secret@127.0.0.1:1/kefu", "someone:***@127.0.0.1:1/kefu: can't be opened"),
    ],
)
def test_a_database_that_cannot_be_had_is_told_without_its_password(
    desk: Path, monkeypatch: pytest.MonkeyPatch, url: str, text: str
) -> None:
    monkeypatch.setenv("KEFU_DATABASE_URL", url)
    assert text in finding(desk, "database", "fault")["text"]


async def test_postgresql_is_looked_at_without_being_changed(postgres: str, shared: str) -> None:
    found = await look_at(shared)
    assert found is not None
    assert found.program.startswith("PostgreSQL ")
    assert (found.version, found.is_newer, found.damage) == (found.wanted, False, "")
    empty = await look_at(postgres.format(name="postgres"))
    assert empty is not None
    assert empty.version is None


@pytest.mark.parametrize(("clock", "level"), [("-30 seconds", "fault"), ("+5 seconds", "warning")])
def test_a_clock_that_is_wrong_is_told(
    desk: Path, monkeypatch: pytest.MonkeyPatch, clock: str, level: str
) -> None:
    make_log(desk)
    told = f"SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now', '{clock}')"
    monkeypatch.setitem(look_at.__globals__["CLOCK"], "sqlite", told)
    assert "NTP" in finding(desk, "clock", level)["remedy"]
