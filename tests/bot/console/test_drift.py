"""The panel that says whether messages are still what the release was trained for."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.outgoing.webhook import Webhook
from bot.watch.drifting import Drifting
from nlu.profile import Baseline, Seen, profile_of
from tests.bot.console.console_desk import ConsoleDesk
from tests.bot.store.log import Log

HOSTILE = "<script>alert(1)</script> where has my parcel got to, I have waited for more than a week by now"


async def talk(desk: ConsoleDesk, n: int) -> None:
    log, then = Log(desk.store), datetime.now(UTC) - timedelta(days=2)
    for i in range(n):
        await log.say(then, str(i), HOSTILE)
    release = desk.engine.release
    await desk.store._database.write(lambda connection: connection.exec_driver_sql(
        f"UPDATE understandings SET nearest = 0.2, confidence = 0.9, language = 'en', release = '{release}'"  # noqa: S608 - the test's own
    ))  # fmt: skip


async def panel(desk: ConsoleDesk, n: int, *, with_baseline: bool = True) -> str:
    folder = desk.settings.folder / "releases" / desk.engine.release
    folder.mkdir(parents=True)
    if with_baseline:
        seen = (Seen(i, 12, "en", "order_status", 0.8, is_sure=True) for i in range(100))
        Baseline(profile_of(seen), 0.7).save(folder / "baseline.json")
    await talk(desk, n)
    await Drifting(desk.store, desk.settings, Webhook(""), lambda: desk.engine.release, pause_s=0).look()
    lena = await desk.signed_in("lena@shop.example", "lead")
    page = await lena.get("/insights")
    assert page.status == 200
    assert "<script>alert" not in page.text
    return page.words


async def test_what_moved_is_told_with_the_messages_farthest_away(desk: ConsoleDesk) -> None:
    words = await panel(desk, 60)
    assert "Is it still what it was trained for?" in words
    assert "It has moved" in words
    assert "Likeness to the nearest example moved 0.82 0.23" in words
    assert "Sure enough to be answered 100.0 % 100.0 %" in words
    assert "where has my parcel got to" in words


async def test_few_messages_say_nothing(desk: ConsoleDesk) -> None:
    words = await panel(desk, 3)
    assert "3 messages of the last 7 days are too few to say." in words


@pytest.mark.parametrize(("n", "with_baseline"), [(60, False), (0, True)])
async def test_without_baseline_or_messages_there_is_no_panel(
    desk: ConsoleDesk, n: int, with_baseline: bool
) -> None:
    assert "Is it still what it was trained for?" not in await panel(desk, n, with_baseline=with_baseline)
