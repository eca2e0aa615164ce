"""The database itself: opened, migrated, shared, refused."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables.schema import metadata
from tests.bot.store.told import message, tell


async def test_models_and_migrations_agree(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        # The search index is made in each database's own way, and is no table of ours: see bot/store/inbox/search.py.
        options = {"compare_type": True, "include_name": lambda name, *_: "message_words" not in (name or "")}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await store._database.read(differences) == []


async def test_opening_again_keeps_what_is_there(empty_url: str) -> None:
    async with await Store.open(empty_url) as store:
        await tell(store, message())
    async with await Store.open(empty_url) as store:
        assert len(await store.transcript("telegram:7")) == 2


async def test_several_that_open_an_empty_database_at_once_all_succeed(empty_url: str) -> None:
    stores = await asyncio.gather(*(Store.open(empty_url, exclusive=False) for _ in range(4)))
    for store in stores:
        await store.close()


async def test_tables_of_a_newer_kefu_are_refused(url: str) -> None:
    change = "UPDATE alembic_version SET version_num = '9999'"
    async with await Store.open(url) as store:
        await store._database.write(lambda connection: connection.exec_driver_sql(change))
    with pytest.raises(StoreError, match=r"version 9999, this kefu knows up to \d{4}"):
        await Store.open(url)


async def test_one_server_a_sqlite_file_but_tools_work_beside_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kefu.db'}"
    program = (
        "import asyncio, sys\nfrom bot.store.store import Store\n"
        "async def hold():\n"
        "    async with await Store.open(sys.argv[1]):\n        print('held', flush=True)\n        sys.stdin.read()\n"
        "asyncio.run(hold())"
    )
    command = [sys.executable, "-c", program, url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[4]
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match="another `kefu serve` is using it"):
            await Store.open(url)
        async with await Store.open(url, exclusive=False) as tool:
            assert await tool.add_correction("where parcel", "order_status", "ana") == 1
        server.kill()
    async with await Store.open(url) as store:
        assert len(await store.corrections()) == 1


async def test_sqlite_keeps_every_committed_turn_through_a_power_cut_and_enforces_links(
    tmp_path: Path,
) -> None:
    def pragmas(connection: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    async with await Store.open(f"sqlite:///{tmp_path / 'kefu.db'}") as store:
        found = await store._database.read(pragmas)
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30000,
    }


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("mysql://localhost/kefu", "of kind 'mysql'; wanted sqlite or postgresql"),
        ("kefu.db", "wanted sqlite:///file"),
        ("sqlite://", "wanted sqlite:///file"),
        ("sqlite:////nowhere/at/all/kefu.db", "can't be opened"),
        ("postgresql://someone:secret@127.0.0.1:1/kefu", r"someone:\*\*\*@.*can't be opened"),
    ],
)
async def test_a_database_that_cannot_be_had_is_named(url: str, wanted: str) -> None:
    with pytest.raises(StoreError, match=wanted):
        await Store.open(url)


async def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kefu.db"
    async with await Store.open(f"sqlite:///{path}") as store:
        await store.record_updates("telegram", [("1", {})])
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.glob("kefu.db*")}
    assert set(modes.values()) == {0o600}
    assert len(modes) > 1


async def test_a_read_sees_one_moment(store: Store, server: str) -> None:
    def look_twice(connection: Connection) -> list[int]:
        found = []
        for pause in (True, False):
            found.append(connection.exec_driver_sql("SELECT count(*) FROM messages").scalar_one())
            if pause and server:
                connection.exec_driver_sql("SELECT pg_sleep(0.5)")
            elif pause:
                time.sleep(0.5)
        return found

    looking = asyncio.create_task(store._database.read(look_twice))
    await asyncio.sleep(0.2)
    await tell(store, message())
    assert await looking == [0, 0]
    assert await store._database.read(look_twice) == [2, 2]
