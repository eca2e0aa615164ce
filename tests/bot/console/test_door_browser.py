"""The door in a real browser: joining, the second factor, inviting; on a laptop and on a phone, by day and by night."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, code_of, open_console

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

REFUSED = r"status of 4\d\d"  # what the browser itself says of pages that come with an error
VIEWS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    {
        "viewport": {"width": 360, "height": 740},
        "color_scheme": "light",
        "is_mobile": True,
        "has_touch": True,
    },
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "zh-CN"},
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(folder) as opened:
        yield opened


async def join(page: Page, link: str, name: str, email: str = "") -> None:
    await page.goto(link)
    await page.get_by_label("Name").fill(name)
    if email:
        await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("navigation", name="Menu")).to_be_visible()


async def sign_in(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/console/sign-in")
    await page.locator("#email").fill(email)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")


async def test_from_the_first_link_to_a_second_person(browser: Browser, desk: ConsoleDesk) -> None:
    first = await desk.accounts.first_link()
    async with open_tab(browser, may_say=REFUSED) as page:
        await join(page, f"{desk.url}/console/join/{first}", "Ana Moreno", "ana@shop.example")

        await page.get_by_role("link", name="Account", exact=True).click()
        await page.get_by_role("link", name="Set up").click()
        await expect(page.locator("svg.qr")).to_be_visible()
        secret = (await page.locator(".letters").inner_text()).replace(" ", "").strip()
        await page.get_by_label("Code that the app shows").fill(code_of(secret))
        await page.get_by_label("Your password").fill(PASSWORD)
        await page.get_by_role("button", name="Turn on").click()
        await expect(page.get_by_role("status")).to_contain_text("The second factor is on.")

        await page.get_by_role("navigation").get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(re.compile("/console/sign-in$"))
        await sign_in(page, desk.url, "ana@shop.example")
        await page.get_by_label("Code").fill("000000")
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("alert")).to_contain_text("doesn't hold")
        await page.get_by_label("Code").fill(code_of(secret, 1))  # that of now was taken
        await page.get_by_role("button", name="Go on").click()

        await page.get_by_role("link", name="Team").click()
        await page.get_by_role("link", name="Invite").click()
        await page.get_by_label("E-mail address").fill("ben@shop.example")
        await page.get_by_label("Role").select_option("lead")
        await page.get_by_role("button", name="Make the link").click()
        link = await page.get_by_label("Link").input_value()
        async with open_tab(browser) as other:
            await join(other, link, "Ben Okafor")
            await expect(other.get_by_role("link", name="Team")).to_have_count(0)
        await page.get_by_role("link", name="Done").click()
        await expect(page.get_by_role("row", name="Ben Okafor")).to_contain_text("Lead")


async def test_somebody_is_disabled_after_a_question(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.add("ana@shop.example", "admin", "Ana")
    await desk.add("ben@shop.example", "agent", "Ben")
    async with open_tab(browser) as page:
        await sign_in(page, desk.url, "ana@shop.example")
        await page.get_by_role("link", name="Team").click()
        await page.get_by_role("link", name="Ben").click()
        await page.get_by_role("button", name="Disable").click()
        await expect(page.get_by_role("dialog", name="Disable Ben?")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.get_by_role("button", name="Disable").click()
        await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        await expect(page.get_by_role("status")).to_contain_text("signed out everywhere")
        await expect(page.get_by_role("button", name="Enable again")).to_be_visible()


async def test_a_password_can_be_looked_at(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.add("ana@shop.example", "admin", "Ana")
    async with open_tab(browser) as page:
        await page.goto(f"{desk.url}/console/sign-in")
        await page.locator("#password").fill(PASSWORD)
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator("#password")).to_have_attribute("type", "text")
        await page.get_by_role("button", name="Hide").click()
        await expect(page.locator("#password")).to_have_attribute("type", "password")


async def test_the_keyboard_skips_the_menu(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.add("ana@shop.example", "admin", "Ana")
    async with open_tab(browser) as page:
        await sign_in(page, desk.url, "ana@shop.example")
        await page.goto(f"{desk.url}/console/account")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: f"{view['viewport']['width']}-{view['color_scheme']}"
)
async def test_pages_are_legible_and_none_is_too_wide(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    ana = await desk.add("ana@shop.example", "admin", "Ana")
    ben = await desk.add("benedict.with.a.very.long.address@department.shop.example", "agent", "x" * 80)
    await desk.accounts.disable(await desk.add("gone@shop.example", "lead"), by=ana)
    link = await desk.accounts.invite("carl@shop.example", "lead", by=ana)
    async with open_tab(browser, may_say=REFUSED, **view) as page:
        for path in ("/sign-in", f"/join/{link}", "/join/x"):
            await page.goto(f"{desk.url}/console{path}")
            await check(page, path)
        await sign_in(page, desk.url, "ana@shop.example")
        await page.get_by_role("navigation").first.wait_for()
        for path in (
            "/team", f"/team/{ben}", "/team/invite", "/account", "/account/second-factor", "/audit", "/nowhere",
        ):  # fmt: skip
            await page.goto(f"{desk.url}/console{path}")
            await check(page, path)


async def check(page: Page, path: str) -> None:
    assert await page.evaluate(FAINT) == [], path
    assert await page.evaluate(WIDER) == [], path
    width = await page.evaluate("innerWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
