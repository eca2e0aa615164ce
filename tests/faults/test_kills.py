"""`kefu serve` is killed (`kill -9`) at random points of its start and its work, again and again."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.store import Store
from bot.store.tables.log import messages
from tests import shop_desk
from tests.bot.channels.fake_bot_api import TOKEN, bot_api
from tests.faults.crowd import Chats, Crowd, make_shop, orders_in
from tests.faults.size import BACK_WITHIN_S, CUSTOMERS, KILLS
from tests.shop_desk import Served, free_port, launch, serving, start

pytestmark = pytest.mark.slow
WHILE_STARTING = 0.2  # of the kills
SEND_TAKES_S = 0.02

Record = Callable[[str, object], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop' / 'kefu.db'}"
    else:
        yield request.getfixturevalue("shared")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the starts of a desk: what is tested is what becomes of the messages."""
    monkeypatch.setattr(shop_desk, "PATIENCE_S", 300.0)


async def kill_at_any_moment(
    shop: Path, port: int, n_answered: Callable[[], int], chance: random.Random, **variables: str
) -> None:
    """Start it and kill it, some time later or some answers later."""
    options = ("--port", str(port), "--quiet")
    if chance.random() < WHILE_STARTING:
        process, _ = await launch(shop, *options, command="serve", **variables)
        await asyncio.sleep(chance.uniform(0, 3))
        process.kill()
        await process.communicate()
        return
    served: Served = await start(shop, *options, **variables)
    enough = n_answered() + chance.randrange(CUSTOMERS)
    await served.until(lambda: n_answered() >= enough)
    await asyncio.sleep(chance.uniform(0, 0.05))
    await served.kill()
    await served.client.close()


async def test_over_rest_each_message_is_answered_once_in_order(
    trained_shop: Path, orders: str, tmp_path: Path, database: str, record_property: Record
) -> None:
    chance, port = random.Random(1), free_port()
    shop = make_shop(trained_shop, tmp_path / "shop", orders)
    crowd = Crowd(f"http://127.0.0.1:{port}/", CUSTOMERS)
    async with crowd.talking():
        for number in range(KILLS):
            await kill_at_any_moment(shop, port, lambda: crowd.n_answered, chance, KEFU_DATABASE_URL=database)
            if number % 10 == 9:
                print(number + 1, "kills,", crowd.n_answered, "answers", flush=True)
        async with serving(shop, "--port", str(port), "--quiet", KEFU_DATABASE_URL=database):
            back_s = await crowd.back(BACK_WITHIN_S)
            await crowd.finish()
    await crowd.check(database)
    record_property("answers", crowd.n_answered)
    print(KILLS, "kills:", crowd.n_answered, "answers; back after", round(back_s, 2), "s of listening")


async def test_on_telegram_each_message_is_answered_once_but_for_the_named_window(
    trained_shop: Path, orders: str, tmp_path: Path, database: str, record_property: Record
) -> None:
    """A reply that was on its way to Telegram at a kill may come twice: nobody knows whether it arrived."""
    chance = random.Random(2)
    async with bot_api() as api:
        api.send_takes_s = SEND_TAKES_S
        chats = Chats(api, CUSTOMERS)
        options = f'\n[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
        shop = make_shop(trained_shop, tmp_path / "shop", orders, options)
        variables = {"TELEGRAM_BOT_TOKEN": TOKEN, "KEFU_DATABASE_URL": database}
        for number in range(KILLS):
            while chats.n_asked - chats.n_answered < 2 * CUSTOMERS:
                chats.say()
            await kill_at_any_moment(shop, 0, lambda: chats.n_answered, chance, **variables)
            await asyncio.sleep(2 * SEND_TAKES_S)  # what had left it arrives
            chats.in_window |= await being_sent(database)
            if number % 10 == 9:
                print(number + 1, "kills,", chats.n_answered, "answers", flush=True)
        n_at_the_end, began = chats.n_answered, time.monotonic()
        async with serving(shop, "--port", "0", "--quiet", **variables) as served:
            await served.until(lambda: chats.n_answered > n_at_the_end)
            back_s = time.monotonic() - began
            await served.until(lambda: chats.is_answered)
        twice = await chats.check(database)
    record_property("replies_sent_twice_in_the_named_window", twice)
    record_property("replies_in_the_named_window", len(chats.in_window))
    print(
        f"{KILLS} kills: {chats.n_asked} messages, {len(chats.in_window)} replies on their way at a kill, "
        f"{twice} of them came twice; first answer {back_s:.1f} s after the last start"
    )


async def being_sent(database: str) -> set[str]:
    """Of which orders the replies tell that were on their way when the desk was killed."""
    on_their_way = select(messages.c.text).where(messages.c.delivery == "sending")
    async with await Store.open(database, exclusive=False) as store:
        found = await store._database.read(lambda log: log.execute(on_their_way).scalars().all())
    return set(orders_in(list(found)))
