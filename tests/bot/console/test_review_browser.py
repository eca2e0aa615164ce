"""Disagreements, the memory and new intents in a real browser: settled by key, readable everywhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.console.console import CONSOLE
from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console
from tests.bot.console.test_conflicts import disagree
from tests.bot.console.test_inbox_browser import VIEWS
from tests.bot.console.test_new_intents import LIKE, PAGE, ask

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    """Two who disagree, and something new that is asked for."""
    async with open_console(folder) as opened:
        await opened.add("lea@shop.example", "lead", "Lea")
        await ask(opened, LIKE)
        await disagree(opened)
        await opened.store.add_correction(
            "do you ship to Norway " + "x" * 90, "order_status", "sam", "on the phone"
        )
        yield opened


async def open_page(page: Page, desk: ConsoleDesk, path: str) -> None:
    await page.goto(f"{desk.url}/console/sign-in?next=/console{path}")
    await page.locator("#email").fill("lea@shop.example")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator(".rail")).to_be_visible()


async def test_a_disagreement_is_settled_with_one_key_and_found_in_the_memory(
    browser: Browser, desk: ConsoleDesk
) -> None:
    async with open_tab(browser) as page:
        await open_page(page, desk, "/review")
        await expect(page.locator(".conflict")).to_contain_text("Ana")
        await page.keyboard.press("2")
        await expect(page.locator(".conflict")).to_have_count(0)
        await page.get_by_role("link", name="Memory").click()
        first = page.locator(".taught li").first
        await expect(first).to_contain_text("Settled a disagreement")
        await first.get_by_role("button", name="Undo").click()
        await expect(page.locator("#toasts")).to_contain_text("Taken back")
        await expect(page.locator(".taught li")).to_have_count(1)


@pytest.mark.parametrize("view", VIEWS)
async def test_pages_are_readable_everywhere(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    async with open_tab(browser, **view) as page:
        await open_page(page, desk, PAGE)
        await desk.console[CONSOLE].grouping.wait()
        for path, shown in ((PAGE, ".proposal"), ("/review", ".conflict"), ("/review/memory", ".taught li")):
            await page.goto(f"{desk.url}/console{path}")
            await expect(page.locator(shown).first).to_be_visible()
            assert await page.evaluate(FAINT) == []
            assert await page.evaluate(WIDER) == []
