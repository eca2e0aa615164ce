"""The chat page and the widget, in a real browser."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, FrameLocator, Page, expect

from bot.channels.web.app import web_app
from bot.channels.web.conversations import conversation_of
from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.channels.web_desk import WebDesk, open_web_desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
LOST = "WebSocket connection"  # what the browser itself says of a server that is away


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder) as opened:
        yield opened


async def say(page: Page | FrameLocator, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")


async def shows(page: Page | FrameLocator, *texts: str) -> None:
    """Wait until the log holds these, in this order."""
    pattern = ".*".join(re.escape(text) for text in texts)
    await expect(page.get_by_role("log")).to_have_text(re.compile(pattern, re.DOTALL))


async def test_a_message_is_sent_with_enter_and_answered(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await expect(page.get_by_text("Online")).to_be_visible()
        await page.get_by_role("textbox").press_sequentially("where is")
        await page.get_by_role("textbox").press("Shift+Enter")
        await page.get_by_role("textbox").press_sequentially("it")
        await expect(page.get_by_role("textbox")).to_have_value("where is\nit")
        await say(page, "where is LW-11111")
        await shows(page, "where is LW-11111", "LW-11111")
        await expect(page.get_by_role("textbox")).to_have_value("")
        await expect(page.locator(".line.bot .bubble").last).to_contain_text("LW-11111")


async def test_the_page_begins_with_a_welcome_and_something_to_say(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await expect(page.get_by_text("I'm the assistant of Larkwood")).to_be_visible()
        await page.get_by_role("button", name="Where is my parcel?").click()
        await shows(page, "Where is my parcel?", "order number?")
        await expect(page.get_by_text("I'm the assistant of Larkwood")).to_be_hidden()


async def test_a_customer_downloads_what_is_stored_of_them(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "where is LW-11111")
        await shows(page, "LW-11111")
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("menuitem", name="What is stored about me").click()
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Send me my data").click()
        download = await coming.value
        assert download.suggested_filename == "my-data.json"
        found = json.loads(Path(await download.path()).read_text("utf-8"))
        assert found["messages"][0]["text"] == "where is LW-11111"
        async with page.expect_download():  # once more is fine
            await page.get_by_role("button", name="Send me my data").click()


async def test_a_pressed_button_stays_pressed(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "something with my order")
        await page.get_by_role("button", name="Where is my order").click()
        await shows(page, "something with my order", "Where is my order", "Your order number?")
        for _ in range(2):
            await expect(page.get_by_role("button", name="Where is my order")).to_be_disabled()
            await expect(page.get_by_role("button", name="Something else")).to_be_disabled()
            await page.reload()


async def test_an_answer_is_called_helpful(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "where is LW-11111")
        await page.get_by_role("button", name="Helpful", exact=True).click()
        await shows(page, "Thank you, good to know.")
        for _ in range(2):
            await expect(page.get_by_role("button", name="Helpful", exact=True)).to_be_disabled()
            await expect(page.get_by_role("button", name="Send it back")).to_be_enabled()
            await expect(page.locator(".line.customer")).to_have_count(1)
            await page.reload()


async def test_a_reload_goes_on_where_it_was(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "Where is my parcel?")
        await shows(page, "order number?")
        await page.reload()
        await shows(page, "Where is my parcel?", "order number?")
        await say(page, "LW-11111")
        await shows(page, "LW-11111", "LW-11111")
        await expect(page.locator(".line")).to_have_count(5)  # with the hidden welcome


async def test_two_tabs_show_the_same(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        other = await page.context.new_page()
        await other.goto(desk.url)
        await say(page, "Where is my parcel?")
        await shows(other, "Where is my parcel?", "order number?")
        await say(other, "LW-11111")
        await shows(page, "LW-11111", "LW-11111")


async def test_what_is_said_while_the_server_is_away_is_answered_once_it_is_back(
    browser: Browser, desk: WebDesk
) -> None:
    async with open_tab(browser, may_say=LOST) as page:
        await page.goto(desk.url)
        await say(page, "Where is my parcel?")
        await shows(page, "order number?")
        await desk.stop()
        await expect(page.get_by_text("Connecting…")).to_be_visible()
        await say(page, "LW-11111")
        await say(page, "thanks")
        await expect(page.get_by_text("Sending…").last).to_be_visible()
        await desk.start(desk.port)
        await shows(page, "order number?", "LW-11111", "LW-11111", "thanks", "You're welcome.")
        await expect(page.get_by_text("Online")).to_be_visible()
        assert await speakers(page, desk) == ["customer", "bot"] * 3


async def test_what_was_not_sent_is_kept_for_the_next_visit(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser, may_say=LOST) as page:
        await page.route_web_socket(re.compile("/ws$"), lambda socket: socket.close())
        await page.goto(desk.url)
        await say(page, "where is LW-11111")
        await expect(page.get_by_text("Sending…")).to_be_visible()
        later = await page.context.new_page()
        await page.close()
        await later.goto(desk.url)
        await shows(later, "where is LW-11111", "LW-11111")
        await later.reload()
        await shows(later, "where is LW-11111", "LW-11111")
        assert await speakers(later, desk) == ["customer", "bot"]


async def test_a_message_that_could_not_be_sent_can_be_tried_again(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser, may_say=LOST) as page:
        await page.clock.install()
        await page.goto(desk.url)
        await expect(page.get_by_text("Online")).to_be_visible()
        await desk.stop()
        await expect(page.get_by_text("Connecting…")).to_be_visible()
        await say(page, "where is LW-11111")
        for _ in range(5):  # and the page tries to come back meanwhile
            await page.clock.run_for(2_000)
            await expect(page.get_by_text("Connecting…")).to_be_visible()
        await expect(page.get_by_text("Not sent")).to_be_visible()
        await desk.start(desk.port)
        await page.get_by_role("button", name="Try again").click()
        await shows(page, "where is LW-11111", "LW-11111")
        await expect(page.get_by_text("Not sent")).to_be_hidden()


async def test_while_the_database_is_away_the_page_tries_again_by_itself(
    browser: Browser, desk: WebDesk
) -> None:
    async with open_tab(browser, may_say=LOST) as page:
        await page.goto(desk.url)
        await expect(page.get_by_text("Online")).to_be_visible()
        desk.store.is_away = True
        await say(page, "where is LW-11111")
        await expect(page.get_by_text("Sending…")).to_be_visible()
        desk.store.is_away = False
        await shows(page, "where is LW-11111", "LW-11111")
        assert await speakers(page, desk) == ["customer", "bot"]


async def test_the_desk_is_seen_typing(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "slowly")
        await expect(page.get_by_role("status", name="Writing…")).to_be_visible()
        desk.slow.go.set()
        await expect(page.get_by_role("status", name="Writing…")).to_be_hidden()


async def test_texts_are_shown_as_they_are_written(browser: Browser, desk: WebDesk) -> None:
    nasty = '<img src=x onerror="alert(1)"><script>alert(2)</script> & "quotes"'
    async with open_tab(browser) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        await page.goto(desk.url)
        await say(page, "I have a complaint")
        await shows(page, "What happened?")
        await say(page, nasty)
        await shows(page, nasty, f"Noted: {nasty}")
        await page.reload()
        await shows(page, nasty, f"Noted: {nasty}")
        assert await page.locator(".line img, .line script").count() == 0


async def test_addresses_in_replies_can_be_followed(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "I have a complaint")
        await shows(page, "What happened?")
        await say(page, "see https://example.com/a?b=1&c=2, or javascript:alert(1)")
        link = page.locator(".line.bot a")
        await expect(link).to_have_attribute("href", "https://example.com/a?b=1&c=2")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(link).to_have_count(1)


async def test_a_conversation_with_a_person_is_told_apart(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("menuitem", name="Talk to a person").click()
        notice = page.get_by_text("A person has this conversation")
        await expect(notice).to_be_visible()
        await expect(page.locator(".line.customer .bubble")).to_have_text("You: Talk to a person")
        await page.reload()
        await expect(notice).to_be_visible()
        await page.locator("#back").click()
        await expect(notice).to_be_hidden()
        await shows(page, "I'm back.")


async def test_a_customer_is_forgotten_on_their_word(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "where is LW-11111")
        await shows(page, "where is LW-11111")
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("menuitem", name="Delete my data").click()
        await page.get_by_role("button", name="Yes").click()
        await shows(page, "is removed.")
        await expect(page.get_by_role("log")).not_to_contain_text("LW-11111")


async def test_everything_can_be_done_with_the_keyboard(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await expect(page.get_by_role("textbox")).to_be_focused()
        await page.keyboard.type("something with my order")
        await page.keyboard.press("Enter")
        choice = page.get_by_role("button", name="Where is my order")
        await expect(choice).to_be_visible()
        for _ in range(10):
            if await choice.evaluate("button => button === document.activeElement"):
                break
            await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await shows(page, "Your order number?")
        menu = page.get_by_role("button", name="Menu")
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem", name="Talk to a person")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitem", name="Change the language")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(menu).to_be_focused()
        await expect(page.get_by_role("menu")).to_be_hidden()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("End")
        await page.keyboard.press("Enter")
        await shows(page, "Are you sure?")


async def test_enter_that_ends_the_choice_of_a_character_sends_nothing(
    browser: Browser, desk: WebDesk
) -> None:
    async with open_tab(browser) as page:
        await page.goto(f"{desk.url}/?lang=zh")
        await page.get_by_role("textbox").fill("ni")
        await page.get_by_role("textbox").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        await expect(page.get_by_role("textbox")).to_have_value("ni")
        await say(page, "你好")
        await expect(page.locator(".line.customer .delivery")).to_have_text("已发送")


async def test_new_lines_are_announced_to_screen_readers(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser) as page:
        await page.goto(desk.url)
        await say(page, "hi")
        log = page.get_by_role("log", name="Conversation")
        await expect(log).to_have_attribute("aria-live", "polite")
        await expect(log).to_have_attribute("aria-busy", "false")
        await expect(page.locator(".line.bot .bubble").last).to_contain_text("Assistant: ")
        unnamed = await page.evaluate(
            "[...document.querySelectorAll('button, textarea, [role=dialog], iframe')]"
            ".filter((item) => !(item.ariaLabel || item.textContent.trim())).length"
        )
        assert unnamed == 0
        assert await page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_stands_out_from_its_ground(browser: Browser, desk: WebDesk, scheme: Any) -> None:
    async with open_tab(browser, color_scheme=scheme, reduced_motion="reduce") as page:
        await page.goto(desk.url)
        await say(page, "something with my order")
        await page.get_by_role("button", name="Where is my order").click()
        await say(page, "LW-11111")
        await shows(page, "LW-11111", "LW-11111")
        await page.get_by_role("button", name="Helpful", exact=True).click()
        await say(page, "/human")
        await expect(page.get_by_text("A person has this conversation")).to_be_visible()
        await page.get_by_role("button", name="Menu").click()
        assert await page.evaluate(FAINT) == []


async def test_a_phone_shows_everything_without_scrolling_sideways(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser, **PHONE) as page:
        await page.goto(desk.url)
        await say(page, "something with my order")
        await page.get_by_role("button", name="Where is my order").tap()
        await say(page, "x" * 300)
        await say(page, "/human")
        await expect(page.get_by_text("A person has this conversation")).to_be_visible()
        await page.get_by_role("button", name="Menu").tap()
        assert await page.evaluate(WIDER) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
        small = await page.evaluate(
            "[...document.querySelectorAll('button')].filter((item) => item.offsetParent && item.offsetHeight < 24).length"
        )
        assert small == 0


async def test_the_page_works_below_a_path(browser: Browser, desk: WebDesk) -> None:
    site = web.Application()
    site.add_subapp("/chat/", web_app(desk.engine, desk.store, desk.settings))
    async with serving(site) as url, open_tab(browser) as page:
        await page.goto(f"{url}/chat/")
        await say(page, "where is LW-11111")
        await shows(page, "where is LW-11111", "LW-11111")


async def test_motion_can_be_turned_off(browser: Browser, desk: WebDesk) -> None:
    async with open_tab(browser, reduced_motion="reduce") as page:
        await page.goto(desk.url)
        await say(page, "hi")
        await shows(page, "hi")
        assert await page.evaluate("document.getAnimations().length") == 0


class TestWidget:
    """The chat on somebody else's page."""

    async def test_a_foreign_page_gets_a_chat_from_one_tag(self, browser: Browser, folder: Path) -> None:
        async with shop_with_widget(folder) as (shop, _), open_tab(browser) as page:
            await page.goto(shop)
            await page.get_by_role("button", name="Open the chat").click()
            chat = page.frame_locator("iframe")
            await expect(chat.get_by_text("Online")).to_be_visible()
            await expect(chat.get_by_role("textbox")).to_be_focused()
            await say(chat, "where is LW-11111")
            await shows(chat, "where is LW-11111", "LW-11111")
            await page.reload()  # open it was, open it is
            await shows(chat, "where is LW-11111", "LW-11111")

    async def test_escape_closes_it(self, browser: Browser, folder: Path) -> None:
        async with shop_with_widget(folder) as (shop, _), open_tab(browser) as page:
            await page.goto(shop)
            launcher = page.locator(".launcher")
            await launcher.focus()
            await page.keyboard.press("Enter")
            chat = page.frame_locator("iframe")
            await expect(chat.get_by_role("textbox")).to_be_focused()
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_be_hidden()
            await expect(launcher).to_be_focused()
            await expect(launcher).to_have_attribute("aria-expanded", "false")

    async def test_what_is_said_while_it_is_closed_is_counted(self, browser: Browser, folder: Path) -> None:
        async with shop_with_widget(folder) as (shop, desk), open_tab(browser) as page:
            await page.goto(shop)
            await page.get_by_role("button", name="Open the chat").click()
            chat = page.frame_locator("iframe")
            await say(chat, "slowly")
            await desk.slow.begun.wait()
            await chat.get_by_role("button", name="Close the chat").click()
            desk.slow.go.set()
            await expect(page.locator(".badge")).to_have_text("1")
            await page.get_by_role("button", name="Open the chat (New messages: 1)").click()
            await expect(page.locator(".badge")).to_be_hidden()

    async def test_it_wears_the_sites_colour_title_and_language(self, browser: Browser, folder: Path) -> None:
        asked = 'data-colour="#ffcc00" data-title="Ask Lark" data-language="zh"'
        async with shop_with_widget(folder, asked) as (shop, _), open_tab(browser) as page:
            await page.goto(shop)
            await page.get_by_role("button", name="打开聊天").click()
            chat = page.frame_locator("iframe")
            await expect(chat.get_by_role("heading", name="Ask Lark")).to_be_visible()
            await expect(chat.get_by_role("textbox", name="您的消息")).to_be_visible()
            await say(chat, "你好")
            bubble = chat.locator(".line.customer .bubble")
            await expect(bubble).to_have_css("background-color", "rgb(255, 204, 0)")
            await expect(bubble).to_have_css("color", "rgb(0, 0, 0)")

    async def test_on_a_phone_it_takes_the_whole_screen(self, browser: Browser, folder: Path) -> None:
        async with shop_with_widget(folder) as (shop, _), open_tab(browser, **PHONE) as page:
            await page.goto(shop)
            await page.get_by_role("button", name="Open the chat").tap()
            chat = page.frame_locator("iframe")
            await expect(chat.get_by_text("Online")).to_be_visible()
            await expect(page.locator("iframe")).to_have_js_property("clientWidth", 360)
            await expect(page.locator("iframe")).to_have_js_property("clientHeight", 640)
            await chat.get_by_role("button", name="Close the chat").tap()
            await expect(page.get_by_role("button", name="Open the chat")).to_be_visible()

    async def test_a_site_that_is_not_allowed_gets_a_link_instead(
        self, browser: Browser, folder: Path
    ) -> None:
        async with (
            shop_with_widget(folder, is_allowed=False) as (shop, desk),
            open_tab(browser, may_say="frame-ancestors") as page,
        ):
            await page.clock.install()
            await page.goto(shop)
            await page.get_by_role("button", name="Open the chat").click()
            await page.clock.run_for(9_000)
            link = page.get_by_role("link", name="Open it in a new tab")
            await expect(link).to_have_attribute("href", f"{desk.url}/")


@asynccontextmanager
async def shop_with_widget(
    folder: Path, attributes: str = "", *, is_allowed: bool = True
) -> AsyncIterator[tuple[str, WebDesk]]:
    """A shop's page, strict about scripts and styles, on another origin than the desk; its address, and the desk."""

    async def page(request: web.Request) -> web.Response:
        policy = f"default-src 'none'; script-src {desk.url}; frame-src {desk.url}; style-src 'self'; img-src data:"
        tag = f'<script src="{desk.url}/widget.js" {attributes} async></script>'
        text = f'<!doctype html><html lang="en"><title>Shop</title><meta name="viewport" content="width=device-width">{tag}<h1>Shop</h1>'
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", page)
    async with (
        serving(app) as shop,
        open_web_desk(folder, allowed_origins=(shop,) if is_allowed else ()) as desk,
    ):
        yield shop, desk


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Its address, while it listens."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def speakers(page: Page, desk: WebDesk) -> list[str]:
    """Who spoke in the page's conversation, as the log has it."""
    token = await page.evaluate("localStorage.getItem('kefu.token')")
    lines = await desk.store.transcript(f"web:{conversation_of(token)}")
    return [line.speaker for line in lines]
