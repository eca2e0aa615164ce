"""Updates: stored before they are acknowledged, and there after any end."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from sqlalchemy import select

from bot.messages import Turn
from bot.store.store import Store
from bot.store.tables.log import updates
from tests.bot.store.told import message, tell


async def test_an_update_is_new_once(store: Store, url: str) -> None:
    batch = [("11", {"text": "a"}), ("10", {"text": "b"}), ("11", {"text": "a"})]
    assert await store.record_updates("telegram", batch) == ["11", "10"]
    assert await store.record_updates("telegram", [("10", {}), ("12", {"text": "c"})]) == ["12"]
    assert await store.record_updates("web", [("10", {})]) == ["10"]
    assert [(seen.update_id, seen.payload) for seen in await store.open_updates("telegram")] == [
        ("11", {"text": "a"}),
        ("10", {"text": "b"}),
        ("12", {"text": "c"}),
    ]
    async with await Store.open(url, exclusive=False) as other:
        batches = await asyncio.gather(
            *(each.record_updates("web", [("x", {})]) for each in (store, other) * 5)
        )
    assert sorted(map(len, batches)) == [0] * 9 + [1]


async def test_a_finished_update_is_known_but_empty(store: Store) -> None:
    await store.record_updates("telegram", [("1", {"text": "secret"}), ("2", {"text": "photo"})])
    await tell(store, message(update_id="1"))
    await store.finish_update("telegram", "2")
    assert await store.open_updates("telegram") == []
    assert await store.record_updates("telegram", [("1", {}), ("2", {})]) == []
    query = select(updates.c.payload)
    payloads = await store._database.read(lambda connection: connection.execute(query).scalars().all())
    assert payloads == [None, None]


async def test_a_payload_comes_back_to_the_letter(store: Store) -> None:
    payload = {"message": {"text": "NUL \0, half \ud83d, 退款 🙂", "n": [1, 2.5, None, True]}}
    await store.record_updates("telegram", [("1", payload)])
    assert (await store.open_updates("telegram"))[0].payload == payload


async def test_a_server_killed_before_the_turn_finds_its_updates_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kefu.db'}"
    program = """
        import asyncio, os, signal, sys
        from bot.store.store import Store
        from tests.bot.store.told import message, tell

        def die_in_the_middle(connection):
            connection.exec_driver_sql("DELETE FROM updates")
            os.kill(os.getpid(), signal.SIGKILL)

        async def serve():
            store = await Store.open(sys.argv[1])
            await store.record_updates("telegram", [(str(n), {"n": n}) for n in range(50)])
            for n in range(20):
                await tell(store, message(number=n, chat=str(n), update_id=str(n)))
            await store._database.write(die_in_the_middle)

        asyncio.run(serve())
    """
    path = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), url],
        env=os.environ | {"PYTHONPATH": str(path)},
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    async with await Store.open(url) as store:
        assert [seen.payload["n"] for seen in await store.open_updates("telegram")] == list(range(20, 50))
        turn = await store.arrival(message(number=3, chat="3"))
        assert isinstance(turn, Turn)
        assert turn.is_repeat
        assert len(await store.undelivered("telegram")) == 20
