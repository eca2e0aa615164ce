"""The answers pages in a real browser: variants moved and seen while they are typed, saved by key, deleted."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from retrieval.answer_files import load_answers
from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console
from tests.bot.console.test_inbox_browser import VIEWS
from tests.bot.fakes import fake_reader

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(folder) as opened:
        await opened.add("lea@shop.example", "lead", "Lea")
        yield opened


async def open_page(page: Page, desk: ConsoleDesk, path: str) -> None:
    await page.goto(f"{desk.url}/console/sign-in?next=/console{path}")
    await page.locator("#email").fill("lea@shop.example")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("h1")).to_be_visible()


def texts_of(desk: ConsoleDesk, answer_id: str) -> tuple[str, ...]:
    return load_answers(desk.settings.folder / "answers").get(answer_id).variants.templates


async def test_variants_are_added_moved_seen_and_saved(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_page(page, desk, "/answers")
        await page.keyboard.press("/")
        await page.keyboard.type("order_shipped")
        await expect(page.locator("#answers .opens")).to_have_count(1)
        await page.get_by_role("link", name="Where is my order").click()
        fields, preview = page.locator(".variants").first.locator("textarea"), page.locator("#preview")
        await expect(preview).to_contain_text("‹order number› is on its way.")

        await fields.nth(2).fill("Soon: {{ result.eta | date }}")
        await expect(preview).to_contain_text("Soon: ")
        await expect(fields).to_have_count(4)
        await fields.nth(1).fill("{{ oder_number }}")
        await expect(preview).to_contain_text("did you mean 'order_number'?")
        await page.get_by_role("button", name="Remove this variant").nth(1).click()
        await page.get_by_role("button", name="Further down").first.click()
        await expect(page.get_by_role("button", name="Further up").first).to_be_disabled()
        await fields.first.press("Control+Enter")

        await expect(page.locator("#toasts")).to_contain_text("Saved")
        await expect(page.locator(".history")).to_contain_text("As it is now")
    assert texts_of(desk, "order_shipped") == (
        "Soon: {{ result.eta | date }}",
        "{{ order_number }} is on its way.",
    )


async def test_an_answer_is_deleted_after_a_question_and_comes_back(
    browser: Browser, desk: ConsoleDesk
) -> None:
    async with open_tab(browser) as page:
        await open_page(page, desk, "/answers/new_date")
        await page.get_by_role("button", name="Delete").first.click()
        await page.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Delete").first.click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(page.locator("main")).to_contain_text("This answer was deleted")
        await page.get_by_role("button", name="Bring this version back").click()
        await expect(page.locator("#toasts")).to_contain_text("Brought back")
    assert texts_of(desk, "new_date")


async def test_a_question_is_tried_without_leaving_the_page(browser: Browser, desk: ConsoleDesk) -> None:
    async with open_tab(browser) as page:
        await open_page(page, desk, "/answers/greeting")
        await page.get_by_label("A question").fill("where is LW-11111")
        await page.get_by_label("A question").press("Enter")
        await expect(page.locator("#trial")).to_contain_text("LW-11111 is on its way.")
        await expect(page.locator(".variants textarea").first).to_have_value("Hello!")


@pytest.mark.parametrize("view", VIEWS)
async def test_pages_are_readable_everywhere(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    await desk.customer().say("where is LW-11111")
    fake_reader(desk.engine.dialogue).retriever.twins.append(("greeting", "goodbye"))
    async with open_tab(browser, may_say="422", **view) as page:
        await open_page(page, desk, "/answers/order_shipped")
        await page.locator(".variants textarea").first.fill("{{ oder }} " + "x" * 200)
        await page.locator("#answer-form .button").click()
        await expect(page.locator(".refused")).to_be_visible()
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(WIDER) == []
        await page.locator(".variants textarea").first.fill("On its way.")
        await page.locator("#answer-form .button").click()
        await expect(page.locator(".history")).to_be_visible()
        for path in ("/answers", "/answers/order_shipped", "/answers/order_shipped?as=yaml", "/answers/new"):
            await page.goto(f"{desk.url}/console{path}")
            await page.wait_for_load_state("networkidle")
            assert await page.evaluate(FAINT) == []
            assert await page.evaluate(WIDER) == []
