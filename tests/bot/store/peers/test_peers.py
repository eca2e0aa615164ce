"""Several processes on one PostgreSQL: news, order, and work that one of them does."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.incoming.lanes import Lanes
from bot.messages import Turn
from bot.store.peers.news import EVERYTHING, News, read, tell
from bot.store.peers.postgres import WAITING
from bot.store.store import Store
from tests.bot.store.told import message
from tests.bot.store.told import tell as tell_turn

WITHIN_S = 20.0
ROOT = Path(__file__).parents[4]


@dataclass
class Process:
    """What one process has of the others, and what it heard."""

    store: Store
    heard: list[News] = field(default_factory=list)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not is_so():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Process]:
    """A process with its line open."""
    async with await Store.open(url) as store:
        process = Process(store)
        line = asyncio.create_task(store.peers.run(process.heard.append))
        try:
            await process.until(lambda: EVERYTHING in process.heard)
            process.heard.clear()
            yield process
        finally:
            line.cancel()
            with suppress(asyncio.CancelledError):
                await line


async def end_lines(store: Store) -> None:
    """Have PostgreSQL end every session but the one that asks, as a restart does."""
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await store._database.write(lambda connection: connection.execute(ended).all())


async def test_a_turn_is_news_for_the_others_and_own_news_for_oneself(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        await tell_turn(one.store, message(chat="7"))

        await other.until(lambda: bool(other.heard))
        await one.until(lambda: bool(one.heard))

        assert other.heard == [News("conversation", "telegram:7")]
        assert one.heard == [News("conversation", "telegram:7", is_own=True)]

        await tell_turn(one.store, message(chat="7"))  # a repeat is none
        await tell_turn(one.store, message(chat="8"))
        await other.until(lambda: len(other.heard) == 2)
        assert other.heard[1] == News("conversation", "telegram:8")


async def test_what_is_rolled_back_was_never_told(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        await one.store._database.preview(lambda connection: tell(connection, "memory"))
        await one.store._database.write(lambda connection: tell(connection, "levels"))

        await other.until(lambda: bool(other.heard))

        assert other.heard == [News("levels")]


async def test_a_correction_of_a_command_is_news(shared: str) -> None:
    async with serving(shared) as desk, await Store.open(shared, exclusive=False) as command:
        number = await command.add_correction("where's my stuff", "order_status", "anna")
        await desk.until(lambda: desk.heard == [News("memory")])
        await command.undo_correction(number)
        await desk.until(lambda: desk.heard == [News("memory")] * 2)


async def test_after_a_lost_connection_everything_may_have_happened(shared: str) -> None:
    async with serving(shared) as desk, await Store.open(shared, exclusive=False) as command:
        await end_lines(command)

        await desk.until(lambda: desk.heard == [EVERYTHING])

        await command.add_correction("where's my stuff", "order_status", "anna")
        await desk.until(lambda: desk.heard == [EVERYTHING, News("memory")])


@pytest.mark.parametrize(
    "told", ["", "x", "x conversation", "x conversation web:a b", "x news of the future"]
)
def test_whatever_is_told_can_be_read(told: str) -> None:
    news = read(told, "me")
    assert news in {EVERYTHING, News("conversation"), News("conversation", "web:a b")}


async def test_a_key_too_long_to_be_told_is_a_conversation_nobody_knows(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        one.store.peers.tell_soon("web:" + "k" * 9000)
        await other.until(lambda: other.heard == [News("conversation")])


@dataclass
class Queue:
    """Who has a conversation, in which order."""

    lanes: Lanes = field(default_factory=Lanes)  # of one process
    had: list[str] = field(default_factory=list)
    inside: int = 0

    async def have(
        self, store: Store, name: str, key: str = "web:anna", go: asyncio.Event | None = None
    ) -> None:
        """As the engine does: of one process, one at a time asks."""
        lane = self.lanes.of(f"{id(store)} {key}")
        async with lane, store.peers.in_order(key):
            self.inside += 1
            assert self.inside == 1
            self.had.append(name)
            if go is not None:
                await go.wait()
            self.inside -= 1


async def waits_in_postgres(store: Store, n: int) -> None:
    """Return when so many sessions wait for a lock."""
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with asyncio.timeout(WITHIN_S):
        while await store._database.read(lambda one: one.execute(query).scalar_one()) < n:
            await asyncio.sleep(0.005)


async def test_who_asks_first_has_a_conversation_first_in_whichever_process(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other, serving(shared) as third:
        queue, go = Queue(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.have(one.store, "first", go=go))
            await one.until(lambda: queue.inside == 1)
            group.create_task(queue.have(other.store, "second"))
            await waits_in_postgres(one.store, 1)
            group.create_task(queue.have(third.store, "third"))
            await waits_in_postgres(one.store, 2)
            group.create_task(queue.have(one.store, "fourth"))  # not past those that wait
            go.set()
        assert queue.had == ["first", "second", "third", "fourth"]

        await queue.have(other.store, "fifth")  # all have let go of it
        await queue.have(one.store, "sixth")


async def test_one_conversation_holds_up_no_other_however_many_wait(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        keys = [f"web:{number}" for number in range(3 * WAITING)]
        queues, go = [Queue() for _ in keys], asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for queue, key in zip(queues, keys, strict=True):
                group.create_task(queue.have(one.store, "first", key, go))
            await one.until(lambda: all(queue.inside for queue in queues))
            for queue, key in zip(queues, keys, strict=True):
                group.create_task(queue.have(other.store, "second", key))
            await waits_in_postgres(one.store, WAITING)
            await Queue().have(other.store, "free", "web:free")
            await other.store.status("web:0")  # nor does a wait take what the log is read with
            go.set()
        assert all(queue.had == ["first", "second"] for queue in queues)


async def test_a_process_without_a_line_keeps_the_order_too(shared: str) -> None:
    async with await Store.open(shared) as chat, serving(shared) as desk:
        queue, go = Queue(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.have(chat, "chat", go=go))
            await desk.until(lambda: queue.inside == 1)
            group.create_task(queue.have(desk.store, "desk"))
            await waits_in_postgres(chat, 1)
            go.set()
        assert queue.had == ["chat", "desk"]


async def test_who_is_cancelled_while_it_waits_leaves_nothing_locked(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        queue, go = Queue(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.have(one.store, "first", go=go))
            await one.until(lambda: queue.inside == 1)
            waiting = group.create_task(queue.have(other.store, "cancelled"))
            await waits_in_postgres(one.store, 1)
            waiting.cancel()
            asking = group.create_task(queue.have(other.store, "cancelled at once", "web:ben"))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([waiting, asking])
            go.set()
        await queue.have(one.store, "next")
        await queue.have(one.store, "next", "web:ben")
        assert queue.had == ["first", "next", "next"]


async def test_a_turn_whose_lock_was_lost_with_the_connection_ends_all_the_same(shared: str) -> None:
    async with serving(shared) as one, serving(shared) as other:
        queue, go = Queue(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.have(one.store, "first", go=go))
            await one.until(lambda: queue.inside == 1)
            await end_lines(other.store)
            await one.until(lambda: EVERYTHING in one.heard)
            await other.until(lambda: EVERYTHING in other.heard)
            go.set()
        await queue.have(other.store, "second")
        await queue.have(one.store, "third")
        assert queue.had == ["first", "second", "third"]


async def test_a_turn_is_not_written_over_what_another_process_made_of_the_conversation(shared: str) -> None:
    async with await Store.open(shared) as one, await Store.open(shared) as other:
        met = await one.conversation(message())
        await tell_turn(other, message(number=2), state={"turns": 1})
        said = message(number=3)

        values = {"understanding": None, "findings": None, "decision": None, "replies": (), "release": "r1"}
        values |= {"status": met.status, "timings_ms": {}, "state": {"turns": 1}}
        assert await one.save_turn(said, met.id, met=met.met, **values) is None
        assert not isinstance(await one.arrival(said), Turn)

        met = await one.conversation(said)
        assert met.state == {"turns": 1}
        assert await one.save_turn(said, met.id, met=met.met, **values) is not None


async def test_one_process_does_a_piece_of_work_and_another_takes_it_over(shared: str) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(serving(shared)) for _ in range(2)]
        assert await one.store.peers.take("upkeep") is True
        assert await one.store.peers.take("upkeep") is True
        assert await other.store.peers.take("upkeep") is False
        assert await other.store.peers.take("watch") is True

        one.store.peers.let_go("upkeep")
        await one.store.peers.take("something else")  # the line has done what was asked before
        assert await other.store.peers.take("upkeep") is True
        assert await one.store.peers.take("upkeep") is False


async def test_work_is_lost_with_the_connection(shared: str) -> None:
    async with serving(shared) as one, await Store.open(shared) as command:
        assert await one.store.peers.take("upkeep") is True
        assert await command.peers.take("upkeep") is None  # it has no line
        await end_lines(command)
        await one.until(lambda: EVERYTHING in one.heard)
        assert await one.store.peers.take("upkeep") is True


async def test_a_process_that_was_killed_has_nothing_any_more(shared: str) -> None:
    program = """
        import asyncio, os, sys
        from bot.store.store import Store

        async def serve():
            store = await Store.open(sys.argv[1])
            heard = asyncio.Event()
            line = asyncio.create_task(store.peers.run(lambda news: heard.set()))
            await heard.wait()
            await store.peers.take("upkeep")
            async with store.peers.in_order("web:anna"):
                print(store._database.sender, flush=True)
                await asyncio.Event().wait()

        asyncio.run(serve())
    """
    async with serving(shared) as one:
        killed = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), shared],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert killed.stdout is not None
        with killed.stdout:
            sender = (await asyncio.to_thread(killed.stdout.readline)).strip()
        assert await one.store.peers.take("upkeep") is False
        assert await one.store.peers.is_gone(sender) is False

        queue = Queue()
        async with asyncio.TaskGroup() as group, asyncio.timeout(WITHIN_S):
            group.create_task(queue.have(one.store, "after it"))
            await waits_in_postgres(one.store, 1)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        assert queue.had == ["after it"]
        async with asyncio.timeout(WITHIN_S):
            while not await one.store.peers.is_gone(sender):
                await asyncio.sleep(0.01)
        assert await one.store.peers.take("upkeep") is True
