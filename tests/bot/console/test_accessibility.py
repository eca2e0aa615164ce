"""Every page through axe-core, light and dark, on a laptop and a phone: WCAG 2.2 A and AA."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bot.autonomy import Levels
from bot.console.links import join_path
from bot.store.insights.alerts import NewAlert
from tests.bot.channels.browser import open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console
from tests.bot.store.log import Log
from tests.training.mining.proposals import write_proposal_files

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ANA = "ana@shop.example"
COLOURS = ["color-contrast", "link-in-text-block"]  # what can differ in the dark: only colours change there
VIEWS: dict[str, dict[str, Any]] = {
    "laptop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True},
}
STAFF_PAGES = (
    "/inbox", "/inbox/closed", "/inbox/search?q=order", "/conversations/1", "/conversations/2", "/review", "/autonomy", "/canned", "/answers", "/answers/new",
    "/review/mined", "/review/mined/where", "/insights?period=7", "/team", "/team/1", "/team/invite", "/audit", "/account", "/account/second-factor", "/nowhere",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    """With something on each page."""
    async with open_console(folder, staff_group=-1001) as opened:
        await opened.add(ANA, "admin", "Ana Moreno")
        write_proposal_files(opened.settings.folder)
        await opened.accounts.invite("emil@shop.example", "lead", by=1)
        anna, zoe = opened.customer(), opened.customer("zoe")
        for text in (
            "where is LW-11111",
            "something with my order",
            "a human please",
            "it is still not here",
        ):
            await anna.send(text)
        await opened.store.inbox.add_note(1, 1, "called twice")
        await opened.store.canned.keep(None, "late", "en", "Sorry, {customer}: {order_number} is late.", 1)
        opened.engine.levels = Levels("suggest")
        await zoe.send("where is LW-22222")
        log, now = Log(opened.store), datetime.now(UTC)
        numbers = [
            await log.say(
                now - timedelta(days=day), str(day), sentiment="angry", reason="out_of_scope", kind="clarify"
            )
            for day in range(1, 9)
        ]
        await opened.store.alerts.raise_alert(
            NewAlert(("all", ""), now, 0.1, 0.4, 30, numbers[0], numbers[-1])
        )
        yield opened


async def complaints(page: Page, where: str) -> list[str]:
    """What axe-core finds there, in the light and then in the dark."""
    found = await violations(page, where, RULES)
    await page.emulate_media(color_scheme="dark")
    found += await violations(page, f"{where}, dark", {"type": "rule", "values": COLOURS})
    await page.emulate_media(color_scheme="light")
    return found


async def violations(page: Page, where: str, rules: object) -> list[str]:
    found = await Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"{where}: {violation['id']} ({violation['impact']}): {node['html'][:160]} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("view", VIEWS)
async def test_no_page_has_a_barrier(view: str, browser: Browser, desk: ConsoleDesk) -> None:
    link = await desk.accounts.invite("dora@shop.example", "agent", by=1)
    found: list[str] = []
    async with open_tab(browser, may_say="404", reduced_motion="reduce", **VIEWS[view]) as page:
        for path in ("/sign-in", join_path(link), join_path("spent")):
            await page.goto(f"{desk.url}/console{path}")
            found += await complaints(page, path)
        await page.goto(f"{desk.url}/console/sign-in")
        await page.locator("#email").fill(ANA)
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#password").press("Enter")
        await expect(page.locator("#list")).to_be_visible()
        for path in STAFF_PAGES:
            await page.goto(f"{desk.url}/console{path}")
            if path.startswith("/conversations"):
                await expect(page.locator("#suggestions :is(.suggestion, .draft)").first).to_be_visible()
                await page.locator("[data-opens-picker]").click()
                await expect(page.locator("#picker .suggestion")).to_be_visible()
                await page.locator("[data-message] .chip").first.click()
                await expect(page.locator("#details h4").first).to_be_visible()
            found += await complaints(page, path)
        await page.goto(f"{desk.url}/console/inbox")
        await page.evaluate("document.getElementById('keys').showModal()")
        found += await complaints(page, "keys")
        await page.goto(f"{desk.url}/")
        await page.get_by_role("textbox").fill("hi")
        await page.get_by_role("textbox").press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("A colleague of mine")
        found += await complaints(page, "chat")
    assert found == []
