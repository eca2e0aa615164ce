"""The insights page: who may see it, what it shows, what it gives to download."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.console.insights.alike import alike
from bot.console.insights.charts import Point, bar, heat_map, line_chart, nice, short
from bot.console.insights.periods import read_period
from bot.console.insights.report import quantile
from bot.console.insights.rising import rise_prob, rising
from bot.console.insights.sheets import Column, Sheet, as_csv
from bot.store.insights.alerts import Alert, NewAlert
from bot.store.insights.unanswered import Example
from tests.bot.console.console_desk import Answer, ConsoleDesk
from tests.bot.store.log import Log

HOSTILE = "<script>alert(1)</script>"
NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def table(answer: Answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_a_period_stands_beside_the_one_before(desk: ConsoleDesk) -> None:
    log, now = Log(desk.store), datetime.now(UTC)
    for day, n in ((1, 3), (8, 2)):
        for minute in range(n):
            kind = "answer" if minute else "ask"
            await log.say(now - timedelta(days=day, minutes=minute), str(minute), kind=kind)
    lena = await desk.signed_in("lena@shop.example", "lead")

    page = await lena.get("/insights?period=7")
    outcomes = table(await lena.get("/insights?period=7&format=csv&table=outcomes"))

    assert page.status == 200
    assert "Customers' messages 3 before: 2" in page.words
    assert "Answered by the bot 66.7 % before: 50.0 %" in page.words
    assert outcomes[1] == ["Answered by the bot", "2", "0.666667", "1", "0.5"]
    assert page.text.count('<svg class="chart') == 3
    assert 'role="img" aria-labelledby="messages-t messages-d"' in page.text
    assert "style=" not in page.text


async def test_days_that_are_not_counted_yet_are_told(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.console.insights.page.PATIENCE_S", -1)
    log, now = Log(desk.store), datetime.now(UTC)
    for day in (1, 3, 5):
        await log.say(now - timedelta(days=day), str(day))
    lena = await desk.signed_in("lena@shop.example", "lead")

    first = await lena.get("/insights?period=7")

    assert "4 of 14 days are still being counted" in first.words
    assert 'hx-get="/console/insights?period=7" hx-trigger="load delay:3s"' in first.text
    assert "Customers' messages 1 before" in first.words
    assert len(table(await lena.get("/insights?period=7&format=csv&table=days"))) == 8
    whole = await lena.get("/insights?period=7")
    assert "still being counted" not in whole.words
    assert "Customers' messages 3 before" in whole.words


@pytest.mark.parametrize("role", ["agent", "lead", "admin"])
async def test_leads_and_admins_see_it(desk: ConsoleDesk, role: str) -> None:
    browser = await desk.signed_in("a@shop.example", role)  # type: ignore[arg-type]
    may = role != "agent"
    for query in ("", "?format=csv"):
        assert (await browser.get(f"/insights{query}")).status == (200 if may else 403)
    assert ("/console/insights" in (await browser.get("/account")).text) == may
    assert (await desk.browser().get("/insights")).status == 303


async def test_an_empty_log_is_told_kindly(desk: ConsoleDesk) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead")
    for period in ("today", "7", "30", "90", "own&from=2026-01-01&to=2026-01-31"):
        page = await lena.get(f"/insights?period={period}")
        assert page.status == 200
        assert "Nothing was said in this time" in page.words


@pytest.mark.parametrize(
    "query",
    ["period=8", "period=own", "period=own&from=x", "period=own&from=2026-02-02&to=2026-02-01",
     "period=own&from=2020-01-01&to=2022-01-01", "period=own&from=9999-12-31&to=9999-12-31",
     "period=own&from=0001-01-01"],
)  # fmt: skip
async def test_a_period_there_cannot_be_is_refused(desk: ConsoleDesk, query: str) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead")
    assert (await lena.get(f"/insights?{query}")).status == 400


async def test_hostile_words_are_shown_as_words_and_harmless_in_spreadsheets(desk: ConsoleDesk) -> None:
    log, now = Log(desk.store), datetime.now(UTC)
    for text in (HOSTILE, "=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", " =2"):
        await log.say(now, text=text, reason="uncertain", intent=HOSTILE, product="=lamp", sentiment="angry")
    lena = await desk.signed_in("lena@shop.example", "lead")

    page = await lena.get("/insights?period=today")
    examples = table(await lena.get("/insights?period=today&format=csv&table=examples"))
    moods = table(await lena.get("/insights?period=today&format=csv&table=moods"))

    assert HOSTILE not in page.text
    assert HOSTILE in page.words.replace("&lt;", "<")
    cells = [row[0] for row in examples[1:]] + [row[1] for row in moods[1:]]
    assert not [cell for cell in cells if cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=lamp" in cells
    assert (await lena.get("/insights?format=csv&table=none")).status == 404


async def test_downloads_say_what_they_are(desk: ConsoleDesk) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead")
    answer = await lena.get("/insights?period=own&from=2026-01-01&to=2026-01-02&format=csv&table=days")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="kefu-days-2026-01-01-2026-01-02.csv"' in answer.headers["Content-Disposition"]
    assert [row[0] for row in table(answer)] == ["Day", "2026-01-01", "2026-01-02"]


def test_numbers_in_a_download_stay_numbers() -> None:
    sheet = Sheet("x", "X", (Column("a"), Column("b"), Column("c")), ((-3, 0.5, None),))
    body = as_csv(sheet, "p").body
    assert isinstance(body, bytes)
    assert body.decode("utf-8-sig") == "a,b,c\r\n-3,0.5,\r\n"


# periods


def test_a_period_ends_now_and_the_one_before_at_the_same_time_of_day() -> None:
    period = read_period({"period": "7"}, ZoneInfo("UTC"), NOW)
    assert (period.first.day, period.last.day, period.end) == (26, 4, NOW)
    assert period.before.end == NOW - timedelta(days=7)
    assert (period.before.first.day, period.before.last.day) == (19, 25)


def test_the_day_is_that_of_the_zone() -> None:
    assert read_period({"period": "today"}, ZoneInfo("Asia/Tokyo"), NOW.replace(hour=16)).first.day == 5


def test_over_a_change_of_clocks_the_time_of_day_is_the_same() -> None:
    now = datetime(2026, 3, 29, 11, 0, tzinfo=UTC)  # noon in London, since that night
    before = read_period({"period": "today"}, ZoneInfo("Europe/London"), now).before
    assert before.end == datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


def test_own_days_end_today_at_the_latest() -> None:
    period = read_period({"from": "2026-03-01", "to": "2026-04-01"}, ZoneInfo("UTC"), NOW)
    assert (len(period.days), period.end, period.is_whole) == (4, NOW, False)
    past = read_period({"from": "2026-03-01", "to": "2026-03-02"}, ZoneInfo("UTC"), NOW)
    assert past.is_whole


# what is rising


def test_fishers_test_is_that_of_the_tea() -> None:
    """The lady tasting tea: 3 of 4 right by chance 17 times of 70, all right once."""
    assert rise_prob(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert rise_prob(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert rise_prob(2, 4, 2, 4) == 1.0


def test_only_what_chance_does_not_explain_is_rising() -> None:
    now = {"refund": 60, "order": 300, "return": 25, "new": 12}
    before = {"refund": 30, "order": 310, "return": 20}
    assert rising(now, 500, before, 500) == {"refund", "new"}
    assert rising(now, 500, {}, 0) == frozenset()


# texts and charts


def test_near_identical_wordings_stand_together() -> None:
    texts = ["Do you ship to Iceland?", "do you ship to iceland", "to Iceland do you ship?", "I lost 12 keys",
             "I lost 7 keys", "!!!", "???"]  # fmt: skip
    examples = [Example(number, 1, NOW, text, "uncertain") for number, text in enumerate(texts)]
    assert [(group.example.text, group.n) for group in alike(examples)] == [
        ("Do you ship to Iceland?", 3), ("I lost 12 keys", 2), ("!!!", 1), ("???", 1),
    ]  # fmt: skip
    assert alike([]) == []


@pytest.mark.parametrize("n", [0, 1, 2, 90])
def test_a_line_has_as_many_points_as_there_are(n: int) -> None:
    chart = line_chart("id", HOSTILE, "told", [Point(str(k), k, None) for k in range(n)])
    assert chart.count("<circle") == n
    assert chart.count("<path") == (1 if n > 1 else 0)
    assert HOSTILE not in chart
    assert "nan" not in chart.lower()


def test_a_gap_breaks_the_line() -> None:
    points = [Point("a", 1, 2), Point("b", None, 2), Point("c", 1, None), Point("d", 1, 2)]
    chart = line_chart("id", "t", "d", points)
    assert chart.count("M") == 4
    assert 'd="M0.0 88.0M666.7 88.0L1000.0 88.0"' in chart


def test_cells_are_larger_where_there_is_more_and_say_how_much() -> None:
    chart = heat_map("id", "t", "d", ["Mon"], ["00", "01", "02"], [[0, 1, 12345]])
    assert chart.count("<rect") == 2
    assert "level-1" in chart
    assert ">12k<" in chart
    assert heat_map("id", "t", "d", ["Mon"], ["00"], [[0]]).count("<rect") == 0


def test_a_bar_has_a_mark_for_the_period_before() -> None:
    assert '<line class="before" x1="50.0%"' in bar(1.0, 0.5)
    assert "line" not in bar(None)


def test_scales_have_room_and_short_numbers_fit() -> None:
    assert [nice(value) for value in (0, 3, 11, 49, 51, 1234)] == [2, 4, 20, 50, 80, 2000]
    assert [nice(value, is_share=True) for value in (0.0, 0.11, 1.0)] == [0.1, 0.2, 1.0]
    assert [short(number) for number in (7, 999, 1200, 31_000)] == ["7", "999", "1.2k", "31k"]


def test_quantiles_lie_between_neighbours() -> None:
    assert quantile([], 0.5) is None
    assert quantile([3.0], 0.9) == 3.0
    assert quantile([10, 0, 20], 0.5) == 10
    assert quantile([0, 10], 0.9) == 9


# alerts


async def alerted(desk: ConsoleDesk, text: str) -> Alert:
    """An alert for one intent, with a message of that text and others behind it."""
    log, now = Log(desk.store), datetime.now(UTC)
    first = await log.say(now, "1", text=text, sentiment="angry", intent=HOSTILE)
    await log.say(now, "2", text="quite content", intent=HOSTILE)
    last = await log.say(now, "3", text="another matter", sentiment="angry", intent="refund")
    new = NewAlert(("intent", HOSTILE), now, 0.1, 0.6, 20, first, last)
    alert = await desk.store.alerts.raise_alert(new)
    assert alert is not None
    assert await desk.store.alerts.raise_alert(new) is None
    return alert


async def test_an_alert_is_on_the_page_and_in_the_menu(desk: ConsoleDesk) -> None:
    alert = await alerted(desk, "outrageous")
    lena = await desk.signed_in("lena@shop.example", "lead")

    page = await lena.get("/insights?period=today")
    behind = await lena.get(f"/insights/alerts/{alert.id}", **{"HX-Request": "true"})

    assert "Unhappy customers are on the rise 60.0 % of 20 messages, usually 10.0 %" in page.words
    assert HOSTILE not in page.text
    assert 'aria-label="1 alert">1<' in (await lena.get("/account")).text
    assert "outrageous" in behind.words
    assert "quite content" not in behind.words
    assert "another matter" not in behind.words
    assert "/console/conversations/1?view=open" in behind.text
    await desk.store.alerts.resolve(alert.id)
    assert "1 alert" not in (await lena.get("/account")).text
    assert "Alerts that are over" in (await lena.get("/insights?period=today")).words


async def test_alerts_are_not_for_agents(desk: ConsoleDesk) -> None:
    alert = await alerted(desk, HOSTILE)
    ben = await desk.signed_in("ben@shop.example")
    assert (await ben.get(f"/insights/alerts/{alert.id}")).status == 403
    assert "1 alert" not in (await ben.get("/inbox")).text
    lena = await desk.signed_in("lena@shop.example", "lead")
    assert (await lena.get("/insights/alerts/999")).status == 404
    assert HOSTILE not in (await lena.get(f"/insights/alerts/{alert.id}")).text
