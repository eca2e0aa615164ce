"""Charts in a real browser: they show the numbers of the log, to the eye, to a screen reader and without colour."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.bot.channels.browser import FAINT, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console
from tests.bot.store.log import Log

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
PERIOD = "period=own&from=2026-03-09&to=2026-03-15"
MESSAGES = (3, 5, 0, 8, 2, 10, 4)  # of each day; the first of a day is unhappy
MESSAGES_BEFORE = (4, 4, 4, 4, 4, 4, 4)
HOURS = (9, 14)  # of the first message of a day, and of the others
INTENTS = ("refund_request", "order_status")  # of the first, and of the others
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 740}, "is_mobile": True}
VIEWS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "locale": "zh-CN"},
    NARROW | {"color_scheme": "dark"},
    NARROW | {"color_scheme": "light", "locale": "zh-CN"},
]

# The values that a line chart shows, read off its scale as an eye does.
READ_OFF = """(chart) => {
  const middle = (item) => {
    const box = item.getBoundingClientRect();
    return box.top + box.height / 2;
  };
  const lines = [...chart.querySelectorAll("line.grid")].map(middle);
  const marks = [...chart.querySelectorAll("line.grid + text")].map((text) => parseFloat(text.textContent));
  const [bottom, top] = [lines[0], lines[lines.length - 1]];
  const end = marks[marks.length - 1];
  return [...chart.querySelectorAll("circle.dot")].map((dot) => end * (bottom - middle(dot)) / (bottom - top));
}"""
# Words of pictures that lie beyond the edges of the page or on each other.
HARD_TO_READ = """[...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const texts = [...chart.querySelectorAll("text")].filter((text) => text.checkVisibility());
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const name = (at) => `${chart.querySelector("title").textContent}: ${texts[at].textContent}`;
  return boxes.flatMap((box, at) => {
    const beyond = box.left < 0 || box.right > innerWidth + 0.5;
    const under = boxes.findIndex((other, there) => there > at && box.left < other.right && other.left < box.right
      && box.top + 2 < other.bottom && other.top + 2 < box.bottom);
    return beyond || under >= 0 ? [name(at)] : [];
  });
})"""
# What reaches beyond the right edge; a table may, for it scrolls in a region of its own.
BEYOND = """[...document.querySelectorAll("main *:not(.scroll *, .unseen)")]
  .filter((item) => item.checkVisibility() && item.getBoundingClientRect().right > innerWidth + 0.5)
  .map((item) => item.outerHTML)"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path) -> AsyncIterator[ConsoleDesk]:
    """With two weeks of messages."""
    async with open_console(tmp_path) as opened:
        await opened.add("lena@shop.example", "lead")
        log = Log(opened.store)
        for monday, counts in ((MONDAY - timedelta(days=7), MESSAGES_BEFORE), (MONDAY, MESSAGES)):
            for day, count in enumerate(counts):
                for number in range(count):
                    is_later = min(number, 1)
                    await log.say(
                        monday + timedelta(days=day, hours=HOURS[is_later], minutes=number),
                        str(number),
                        intent=INTENTS[is_later],
                        sentiment=("angry", "neutral")[is_later],
                        kind=("ask", "answer")[is_later],
                    )
        yield opened


async def open_insights(page: Page, desk: ConsoleDesk) -> None:
    await page.goto(f"{desk.url}/console/sign-in")
    await page.locator("#email").fill("lena@shop.example")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("#list")).to_be_visible()
    await page.goto(f"{desk.url}/console/insights?{PERIOD}")
    await expect(page.locator("#insights")).to_be_visible()
    await expect(page.locator(".counting")).to_have_count(0)  # days that are still being counted


def chart(page: Page, name: str) -> Locator:
    """A picture, by what a screen reader calls it."""
    return page.get_by_role("img", name=name)


def rounded(values: list[float]) -> list[float]:
    return [round(value, 1) for value in values]


async def test_the_numbers_are_those_of_the_log(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_insights(page, desk)
        tiles = page.locator(".tiles")
        await expect(tiles).to_contain_text("Customers' messages32before: 28")
        await expect(tiles).to_contain_text("Answered by the bot81.2 %before: 75.0 %")
        answered = page.locator("#outcomes-panel .bar-row", has_text="Answered by the bot")
        await expect(answered.locator(".n")).to_have_text("26")
        await expect(page.locator("#mood-panel .figure")).to_contain_text("18.8 % of 32 messages")
        await page.locator("#messages-panel summary").click()
        rows = page.locator("#messages-panel tbody tr")
        counts = [int(await row.locator("td").nth(1).inner_text()) for row in await rows.all()]
        assert counts == list(MESSAGES)


async def test_lines_stand_where_their_scale_says(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_insights(page, desk)
        messages = await chart(page, "Customers' messages").evaluate(READ_OFF)
        assert rounded(messages) == [float(count) for count in MESSAGES]
        unhappy = await chart(page, "Share of unhappy messages").evaluate(READ_OFF)
        assert rounded(unhappy) == [
            round(100 / count, 1) for count in MESSAGES if count
        ]  # a gap where nobody wrote
        told = await chart(page, "Customers' messages").locator("circle title").all_text_contents()
        assert told[0] == "9 Mar: 3 (4)"


async def test_bars_are_as_long_as_their_shares(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_insights(page, desk)
        for row in await page.locator("#outcomes-panel .bar-row, #intents-panel .bar-row").all():
            share = float((await row.locator(".share").inner_text()).removesuffix("%"))
            widths = (
                "(bar) => [bar.querySelector('.now'), bar].map((one) => one.getBoundingClientRect().width)"
            )
            filled, whole = await row.locator("svg.bar").evaluate(widths)
            panel_widest = await row.evaluate(
                "(row) => Math.max(...[...row.parentElement.querySelectorAll('.share')].map((one) => parseFloat(one.textContent)))"
            )
            assert filled / whole == pytest.approx(share / panel_widest, abs=0.02)


async def test_hours_hold_their_numbers_and_more_is_larger(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_insights(page, desk)
        heat = chart(page, "Busiest hours")
        shown = [int(text) for text in await heat.locator("text.n").all_text_contents()]
        assert sorted(shown) == sorted(
            [1 for count in MESSAGES if count] + [count - 1 for count in MESSAGES if count]
        )
        sides = await heat.locator("rect").evaluate_all(
            "(cells) => cells.map((cell) => cell.getBoundingClientRect().height)"
        )
        by_number = sorted(zip(shown, sides, strict=True))
        assert [side for _, side in by_number] == sorted(sides)
        assert by_number[0][1] < by_number[-1][1]


async def test_pictures_are_told_and_need_no_colour(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_insights(page, desk)
        pictures = page.locator("main svg:not(svg svg)")
        for picture in await pictures.all():
            is_told = await picture.get_attribute("role") == "img"
            assert is_told or await picture.get_attribute("aria-hidden") == "true"
            if is_told:
                assert await picture.locator("> title").text_content()
                assert await picture.locator("> desc").text_content()
        assert await page.locator("svg[role=img]").count() == 3
        for name in ("Customers' messages", "Share of unhappy messages"):
            dashes = "(line) => getComputedStyle(line).strokeDasharray"
            assert await chart(page, name).locator("path.before").evaluate(dashes) != "none"
            assert await chart(page, name).locator("path.now").evaluate(dashes) == "none"
        for legend in await page.locator(".legend").all():
            drawn = "(one) => getComputedStyle(one, '::before').borderTopStyle"
            assert await legend.locator(".now").evaluate(drawn) == "solid"
            assert await legend.locator(".before").evaluate(drawn) == "dashed"


@pytest.mark.parametrize("view", VIEWS)
async def test_everything_is_readable_and_inside_the_page(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    async with open_tab(browser, **view) as page:
        await open_insights(page, desk)
        assert await page.evaluate(HARD_TO_READ) == []
        for summary in await page.locator("details.numbers > summary").all():
            await summary.click()
        assert await page.evaluate(BEYOND) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= view["viewport"]["width"]
        assert await page.evaluate(FAINT) == []
