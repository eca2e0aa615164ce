"""The review of proposed intents in a real browser, by keyboard alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console
from tests.bot.console.test_inbox_browser import VIEWS
from tests.training.mining.proposals import write_proposal_files
from training.mining.review import Review

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    write_proposal_files(folder)
    async with open_console(folder) as opened:
        await opened.add("lea@shop.example", "lead", "Lea")
        yield opened


async def open_page(page: Page, desk: ConsoleDesk) -> None:
    await page.goto(f"{desk.url}/console/sign-in?next=/console/review/mined")
    await page.locator("#email").fill("lea@shop.example")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator(".progress-line")).to_be_visible()
    await page.wait_for_load_state()


async def stands_at(page: Page, name: str) -> None:
    """The page of that intent is there, and its keys are listened to."""
    await expect(page.locator("h1")).to_have_text(name)
    await page.wait_for_load_state()


async def test_a_proposal_is_reviewed_by_keyboard(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_page(page, desk)
        await page.keyboard.press("Enter")
        await stands_at(page, "hours")
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_be_visible()
        await page.keyboard.press("Escape")

        await page.keyboard.press("a")
        await stands_at(page, "where")
        await page.keyboard.press("2")
        await expect(page.locator(".proposed.first .bot")).to_have_text("We're open from nine to five.")
        await page.keyboard.press("u")
        await expect(page.locator(".proposed.first .bot")).not_to_have_text("We're open from nine to five.")
        await stands_at(page, "where")
        await page.keyboard.press("p")
        await stands_at(page, "hours")
        await page.keyboard.press("n")
        await stands_at(page, "where")
        await page.keyboard.press("e")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("It takes a day or two.")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".proposed.first .bot")).to_have_text("It takes a day or two.")
        await page.keyboard.press("r")
        await page.keyboard.type("parcel")
        await page.keyboard.press("Enter")
        await stands_at(page, "parcel")
        await page.keyboard.press("a")
        await stands_at(page, "cancel")
        await page.keyboard.press("m")
        await page.keyboard.type("parcel")
        await page.keyboard.press("Enter")
        await expect(page.locator(".progress-line")).to_contain_text("2 of 2 reviewed")
    met = Review(desk.settings.folder).read()
    assert [(one.name, one.status, one.n_requests) for one in met.intents] == [
        ("hours", "accepted", 4),
        ("parcel", "accepted", 6),
    ]


@pytest.mark.parametrize("view", VIEWS)
async def test_pages_are_readable_everywhere(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    async with open_tab(browser, **view) as page:
        await open_page(page, desk)
        for path in ("", "/where", "/cancel"):
            await page.goto(f"{desk.url}/console/review/mined{path}")
            assert await page.evaluate(FAINT) == []
            assert await page.evaluate(WIDER) == []
