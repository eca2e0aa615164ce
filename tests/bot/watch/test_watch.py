"""The sentiment watch: sure of itself, and quick where customers really are unhappier."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.watch import simulate
from bot.outgoing.webhook import Webhook
from bot.settings import Settings, SettingsError, load_settings
from bot.store.insights.figures import Mood
from bot.store.store import Store
from bot.watch.watch import Chart, Plan, limit_for, messages_to_alarm, observe, plan, plans, weight_of
from bot.watch.watching import Watching
from tests.bot.fakes import make_settings
from tests.bot.store.log import Log

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
TODAY = START + timedelta(days=24)
PLAN = Plan(baseline=0.1, weight=7, limit=20)


def hear(chart: Chart, *unhappy: int) -> Chart:
    for number, one in enumerate(unhappy, 1):
        chart = observe(chart, PLAN, number, START + timedelta(minutes=number), is_unhappy=bool(one))
    return chart


# the test itself


def test_the_score_rises_by_the_weight_and_never_falls_below_nothing() -> None:
    assert hear(Chart(), 0, 0).score == 0
    assert hear(Chart(), 0, 1, 0, 1).score == 11
    assert hear(Chart(), *[1] + [0] * 6).run is None


def test_an_alarm_tells_of_the_messages_since_all_was_well() -> None:
    chart = hear(Chart(), 0, 1, 0, 1, 1, 1)
    assert chart.alarm is not None
    assert (chart.alarm.first_id, chart.alarm.last_id, chart.alarm.n, chart.alarm.unhappy) == (2, 6, 5, 4)
    assert chart.alarm.since == START + timedelta(minutes=2)
    assert hear(chart, *[1] * 9).alarm == chart.alarm
    assert hear(chart, *[0] * 19).alarm == chart.alarm
    assert hear(chart, *[0] * 20) == Chart()


def test_messages_to_an_alarm_are_what_is_met_when_drawn() -> None:
    rng = np.random.default_rng(5)
    expected = messages_to_alarm(7, 20, 0.1)
    met = []
    for _ in range(300):
        score, n = 0, 0
        while score < 20:
            score = score + 6 if rng.random() < 0.1 else max(0, score - 1)
            n += 1
        met.append(n)
    assert abs(np.mean(met) - expected) < 4 * np.std(met) / math.sqrt(len(met))


def test_a_limit_is_the_least_that_keeps_the_distance() -> None:
    limit = limit_for(7, 0.1, 60)
    assert messages_to_alarm(7, limit, 0.1) >= 1.15**60 > messages_to_alarm(7, limit - 1, 0.1)


def test_an_unhappy_message_weighs_more_where_it_is_rarer() -> None:
    assert [weight_of(share) for share in (0.02, 0.1, 0.3)] == [35, 7, 3]


def test_rare_series_are_drawn_to_the_share_of_all() -> None:
    few, many = Mood(0, 0, 50, 10), Mood(0, 0, 5000, 1000)
    assert plan(few, 0.05, distance=1000).baseline == pytest.approx((10 + 5) / 150)
    assert plan(many, 0.05, distance=1000).baseline == pytest.approx(1005 / 5100)


def test_nothing_is_watched_before_there_is_enough() -> None:
    moods = {("all", ""): Mood(0, 0, 299, 30), ("channel", "web"): Mood(0, 0, 299, 30)}
    assert plans(moods, 28) == {}  # type: ignore[arg-type]
    enough = {("all", ""): Mood(0, 0, 300, 30), ("intent", "rare"): Mood(0, 0, 49, 3)}
    assert list(plans(enough, 28)) == [("all", "")]  # type: ignore[arg-type]


def test_false_alarms_are_rare_and_a_jump_is_noticed_soon() -> None:
    """On few draws; bench/watch.py has many."""
    found = simulate(3000, 25, np.random.default_rng(3))
    assert found.series == 17
    assert found.false_alarms <= 1
    assert found.delay <= 90
    assert found.delay_90 <= 160


# at work


class Hook:
    """Remembers what it was told, and answers as it is bidden."""

    def __init__(self, *statuses: int) -> None:
        self.told: list[dict[str, Any]] = []
        self.statuses = list(statuses)

    async def hear(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
async def store(tmp_path: Any) -> Any:
    async with await Store.open(f"sqlite:///{tmp_path}/kefu.db") as opened:
        yield opened


async def usual_weeks(log: Log) -> None:
    """14 days of 30 messages, 3 of them unhappy, each from somebody else."""
    for day in range(14):
        for number in range(30):
            sentiment = "negative" if number % 10 == 9 else "neutral"
            await log.say(START + timedelta(days=day, minutes=number), f"{day}-{number}", sentiment=sentiment)


def angry(n: int, begin: int = 0) -> Iterator[tuple[datetime, str]]:
    for number in range(begin, begin + n):
        yield TODAY + timedelta(minutes=number), f"angry-{number}"


def watching(store: Store, settings: Settings, url: str = "") -> Watching:
    return Watching(store, settings, Webhook(url, pause_s=0.01))


async def test_an_alert_is_kept_and_told_once_and_ends(store: Store, tmp_path: Any, caplog: Any) -> None:
    log, hook = Log(store), Hook()
    await usual_weeks(log)
    app = web.Application()
    app.router.add_post("/hook", hook.hear)
    async with TestServer(app) as server:
        watch = watching(store, make_settings(tmp_path), str(server.make_url("/hook?key=secret")))
        await watch.look(TODAY)
        assert await store.alerts.open() == []
        for at, chat in angry(20):
            await log.say(at, chat, text="outrageous", sentiment="angry")
        for minutes in (30, 31, 32):
            await watch.look(TODAY + timedelta(minutes=minutes))
        await watch.webhook.close_when_done()
        # Another process, or this one after a restart, finds what is stored.
        again = watching(store, make_settings(tmp_path), str(server.make_url("/hook")))
        await again.look(TODAY + timedelta(minutes=33))
        await again.webhook.close_when_done()

    opened = await store.alerts.open()
    assert {alert.series for alert in opened} == {
        ("all", ""), ("channel", "telegram"), ("intent", "order_status"),
    }  # fmt: skip
    [overall] = [alert for alert in opened if alert.dimension == "all"]
    assert overall.baseline == pytest.approx(0.1, abs=0.005)
    assert overall.now == 1.0
    assert overall.n <= 20
    assert overall.since == TODAY
    assert len(hook.told) == 3
    assert {one["event"] for one in hook.told} == {"unhappy_customers"}
    assert "secret" not in caplog.text
    assert "outrageous" not in caplog.text + str(hook.told)
    behind = await store.alerts.behind(overall)
    assert {one.text for one in behind} == {"outrageous"}
    assert behind[0].id == overall.last_message_id

    for number in range(200):
        await log.say(TODAY + timedelta(hours=2, minutes=number), f"calm-{number}")
    await watch.look(TODAY + timedelta(hours=6))
    assert await store.alerts.open() == []
    assert len(await store.alerts.over()) == 3


async def test_one_customer_who_stays_upset_is_no_rise(store: Store, tmp_path: Any) -> None:
    log = Log(store)
    await usual_weeks(log)
    for at, _ in angry(40):
        await log.say(at, "the same", sentiment="angry")
    watch = watching(store, make_settings(tmp_path))
    await watch.look(TODAY + timedelta(hours=1))
    assert await store.alerts.open() == []


async def test_a_webhook_that_fails_is_tried_again_then_logged(caplog: Any) -> None:
    hook = Hook(500, 500, 204, 404, 500, 503)
    app = web.Application()
    app.router.add_post("/hook", hook.hear)
    async with TestServer(app) as server:
        webhook = Webhook(str(server.make_url("/hook")), pause_s=0.01)
        webhook.post({"n": 1})
        await webhook.close_when_done()
        assert len(hook.told) == 3
        assert "webhook" not in caplog.text
        webhook.post({"n": 2})
        await webhook.close_when_done()
    assert len(hook.told) == 6
    assert "the webhook was not told, 3 tries: HTTP 503" in caplog.text


async def test_nobody_waits_for_a_webhook_that_is_away(caplog: Any) -> None:
    webhook = Webhook("http://127.0.0.1:1/", pause_s=0.01)
    webhook.post({})
    assert caplog.text == ""
    await webhook.close_when_done()
    assert "ClientConnectorError" in caplog.text
    Webhook("").post({})


def test_a_webhook_is_an_address(tmp_path: Any) -> None:
    (tmp_path / "kefu.toml").write_text('[watch]\nwebhook = "chat.example"', "utf-8")
    with pytest.raises(SettingsError, match=r"watch\.webhook"):
        load_settings(tmp_path)
