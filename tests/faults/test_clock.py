"""The clock of the machine is set forward or back, or messages carry times of another one."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.telegram.place import CHANNEL
from bot.incoming.flood import SWEEP_AT, FloodLimit
from bot.store import ages, delivery, updates
from tests.bot.channels.fake_bot_api import FakeBotApi, bot_api
from tests.bot.channels.telegram_desk import telegram_desk

DAY_S = 86_400
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = 3


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with bot_api() as opened:
        yield opened


def flooded() -> FloodLimit:
    """Somebody wrote too much and was told so."""
    flood = FloodLimit(LIMIT)
    assert [flood.judge("anna", NOW) for _ in range(LIMIT + 2)] == ["fine"] * LIMIT + ["tell", "ignore"]
    return flood


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-365), timedelta(hours=1)])
def test_who_wrote_too_much_is_heard_again_whichever_way_the_clock_jumps(jump: timedelta) -> None:
    flood = flooded()

    assert flood.judge("anna", NOW + jump) == "fine"
    later = [flood.judge("anna", NOW + jump + timedelta(seconds=n)) for n in range(LIMIT)]
    assert later == ["fine"] * (LIMIT - 1) + ["tell"]


def test_a_day_old_backlog_is_no_flood_and_opens_no_way_around_the_limit() -> None:
    flood = FloodLimit(LIMIT)
    hours = [NOW - timedelta(hours=hour) for hour in range(24, 0, -1)]

    assert {flood.judge("anna", at) for at in hours for _ in range(LIMIT)} == {"fine"}
    assert [flood.judge("anna", NOW) for _ in range(LIMIT + 1)] == ["fine"] * LIMIT + ["tell"]


def test_customers_of_the_future_are_let_go_too() -> None:
    flood = FloodLimit(LIMIT)
    for number in range(SWEEP_AT):
        flood.judge(f"c{number}", NOW)

    flood.judge("anna", NOW - timedelta(days=1))

    assert len(flood._seen) == 1


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
async def test_what_a_killed_process_had_in_hand_is_taken_up_whichever_way_the_clock_jumps(
    jump: timedelta, folder: Path, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a log that several processes share; alone on SQLite nobody looks at the clock."""
    async with telegram_desk(folder, api) as desk:
        api.say("where is LW-11111")
        await api.replies(1)
        database = desk.store._database
        await database.write(
            lambda log: log.execute(
                delivery.messages.update()
                .where(delivery.messages.c.speaker == "bot")
                .values(delivery="sending", sender="killed", sending_since=datetime.now(UTC))
            )
        )
        await desk.store.record_updates("other", [("1", {})])

        async def left() -> tuple[int, int]:
            free = await database.read(delivery.undelivered, CHANNEL, "me", is_alone=False)
            waiting = await database.read(updates.open_updates, "other", timedelta(minutes=5))
            return len(free), len(waiting)

        assert await left() == (0, 0)
        monkeypatch.setattr(ages, "now", lambda: datetime.now(UTC) + jump)
        assert await left() == (1, 1)


async def test_day_old_updates_that_come_out_of_order_are_all_answered_as_they_came(
    folder: Path, api: FakeBotApi
) -> None:
    now = int(time.time())
    for number, age_s in enumerate([DAY_S, 60, DAY_S - 3600, 0, 7200]):
        api.say(f"where is LW-1111{number}", date=now - age_s, update_id=5000 - number)
    async with telegram_desk(folder, api) as desk:
        texts = await api.replies(5)
        lines = await desk.store.transcript("telegram:7")
    assert [f"LW-1111{number}" in text for number, text in enumerate(texts)] == [True] * 5
    assert [line.speaker for line in lines] == ["customer", "bot"] * 5
