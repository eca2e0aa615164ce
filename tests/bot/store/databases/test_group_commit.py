"""Writes that wait for the disk together."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from bot.store.databases.group_commit import GroupCommit


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = create_engine(f"sqlite:///{tmp_path / 'words.db'}")
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE words (word TEXT UNIQUE)")
    event.listen(made, "connect", lambda driver, _: setattr(driver, "isolation_level", None))
    event.listen(made, "begin", lambda connection: _driver(connection).execute("BEGIN IMMEDIATE"))
    made.dispose()
    return made


@pytest.fixture
async def writer(engine: Engine) -> AsyncIterator[GroupCommit]:
    made = GroupCommit(engine)
    yield made
    await made.close()


def adds(word: str) -> Callable[[Connection], str]:
    def add(connection: Connection) -> str:
        connection.exec_driver_sql("INSERT INTO words VALUES (?)", (word,))
        return word

    return add


def words(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT word FROM words").scalars())


async def while_busy(writer: GroupCommit, *works: Callable[[Connection], Any]) -> Sequence[object]:
    """What became of works that were all asked for while an earlier one was under way."""
    is_free = threading.Event()
    busy = asyncio.create_task(writer.write(lambda _: is_free.wait(10)))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(writer.write(work)) for work in works]
    await asyncio.sleep(0)  # they are asked for
    is_free.set()
    assert await busy
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_waits_is_committed_at_once_and_each_is_told_its_own(
    engine: Engine, writer: GroupCommit
) -> None:
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    assert await while_busy(writer, *map(adds, "abcde")) == [*"abcde"]
    assert len(commits) == 2  # the busy one, and all that waited
    assert words(engine) == {*"abcde"}


async def test_one_that_fails_takes_nothing_of_the_others_with_it(
    engine: Engine, writer: GroupCommit
) -> None:
    def half_done(connection: Connection) -> None:
        adds("half")(connection)
        raise LookupError("in the middle")

    before, failed, after = await while_busy(writer, adds("before"), half_done, adds("after"))
    assert (before, after) == ("before", "after")
    assert isinstance(failed, LookupError)
    assert words(engine) == {"before", "after"}


async def test_an_outcome_that_cannot_be_told_keeps_none_from_theirs(writer: GroupCommit) -> None:
    is_free = threading.Event()
    busy = asyncio.create_task(writer.write(lambda _: is_free.wait(10)))
    await asyncio.sleep(0.05)
    untold = asyncio.create_task(writer.write(lambda _: next(iter(()))))
    told = asyncio.create_task(writer.write(adds("told")))
    await asyncio.sleep(0)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    is_free.set()
    assert await busy
    assert await asyncio.wait_for(told, 10) == "told"
    untold.cancel()


async def test_nobody_is_told_of_success_where_the_commit_fails(engine: Engine, writer: GroupCommit) -> None:
    def refuse(connection: Connection) -> None:
        raise OSError("the disk is full")

    event.listen(engine, "commit", refuse)
    with pytest.raises(OSError, match="full"):
        await writer.write(adds("a"))
    event.remove(engine, "commit", refuse)
    assert words(engine) == set()
    assert await writer.write(adds("a")) == "a"


async def test_all_fail_where_sqlite_gives_the_whole_transaction_up(
    engine: Engine, writer: GroupCommit
) -> None:
    def full(connection: Connection) -> None:
        _driver(connection).rollback()  # as SQLite does by itself on a full disk
        raise OSError("the disk is full")

    found = await while_busy(writer, adds("before"), full, adds("after"))
    assert [type(one) for one in found] == [OSError] * 3
    assert words(engine) == set()
    assert await writer.write(adds("again")) == "again"


async def test_work_nobody_waits_for_any_more_is_not_begun(engine: Engine, writer: GroupCommit) -> None:
    is_free = threading.Event()
    busy = asyncio.create_task(writer.write(lambda _: is_free.wait(10)))
    gone = asyncio.create_task(writer.write(adds("gone")))
    await asyncio.sleep(0.05)
    gone.cancel()
    is_free.set()
    await busy
    assert await writer.write(adds("later")) == "later"
    assert words(engine) == {"later"}


async def test_work_that_was_begun_is_finished_though_nobody_waits(
    engine: Engine, writer: GroupCommit
) -> None:
    has_begun, is_free = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        has_begun.set()
        is_free.wait(10)
        adds("slow")(connection)

    gone = asyncio.create_task(writer.write(slow))
    await asyncio.to_thread(has_begun.wait, 10)
    gone.cancel()
    is_free.set()
    assert await writer.write(adds("later")) == "later"
    assert words(engine) == {"slow", "later"}


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
