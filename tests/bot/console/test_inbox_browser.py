"""The inbox in a real browser: a conversation arrives, is taken, answered, given back, put right and closed."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.autonomy import Levels
from bot.console.console import CONSOLE
from bot.console.inbox.conversation import STRETCH
from bot.staffing import Staffing
from tests.bot.channels.browser import FAINT, WIDER, open_browser, open_tab
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

VIEWS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark", "locale": "zh-CN"},
    {
        "viewport": {"width": 360, "height": 740},
        "color_scheme": "light",
        "is_mobile": True,
        "has_touch": True,
    },
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(folder) as opened:
        await opened.add("ben@shop.example", name="Ben Okafor")
        yield opened


async def sign_in(page: Page, desk: ConsoleDesk, email: str = "ben@shop.example") -> None:
    await page.goto(f"{desk.url}/console/sign-in")
    await page.locator("#email").fill(email)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await expect(page.locator("#list")).to_be_visible()
    await page.wait_for_load_state()  # keys pressed before the scripts run are lost


async def test_from_a_call_for_a_person_to_a_closed_conversation(browser: Browser, desk: ConsoleDesk) -> None:
    anna = desk.customer()
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await expect(page.locator("#list")).to_contain_text("Nobody waits")

        await anna.say("where is LW-11111")
        await anna.say("a human please")
        row = page.locator("#rows .row")
        await expect(row).to_contain_text("asked for a person")  # without a reload
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")

        head, transcript = page.locator("#head"), page.locator("#transcript")
        await expect(transcript.locator("mark")).to_have_text("LW-11111")
        await page.wait_for_load_state()
        await expect(head.get_by_role("button", name="Take it")).to_be_visible()
        await page.keyboard.press("r")
        await page.keyboard.type("Hello, Ben here.")
        await page.keyboard.press("Control+Enter")
        await expect(head).to_contain_text("You have it")
        await expect(transcript).to_contain_text("Hello, Ben here.")
        await expect(page.locator("#text")).to_have_value("")

        assert await anna.say("where is LW-22222") == ("silent", None)
        await expect(page.locator(".suggestion").first).to_contain_text("LW-22222")
        await page.locator("#text").blur()
        await page.keyboard.press("1")
        await expect(page.locator("#text")).to_have_value("On its way: LW-22222.")
        await page.locator("#text").fill("third complaint")
        await page.get_by_label("Note", exact=True).check()
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(transcript.locator(".note")).to_contain_text("third complaint")

        await page.keyboard.press("b")
        await expect(transcript).to_contain_text("Ben Okafor gave it back to the bot")
        assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
        await expect(transcript.locator(".by-bot").last).to_contain_text("LW-11111 is on its way.")

        await transcript.locator(".chip").first.click()
        details = page.locator("#details")
        await expect(details).to_contain_text(
            "The nearest examples" if await details.locator(".near").count() else "It means"
        )
        await details.locator("#intent").fill("return_request")
        await details.get_by_role("button", name="That's right").click()
        await expect(details).to_contain_text("by Ben Okafor; the bot knows it already")
        await expect(transcript.locator(".chip").first).to_have_text("✓ return_request")
        await details.get_by_role("button", name="Undo").click()
        await expect(transcript.locator(".chip").first).to_contain_text("order_status")

        await page.locator("h1").first.click()
        await page.keyboard.press("e")
        await expect(head).to_contain_text("Closed")
        await expect(transcript).to_contain_text("from 1 (not at all) to 5 (very)")

    said = [(line.speaker, line.text) for line in await desk.store.transcript("web:anna")]
    assert ("person", "Hello, Ben here.") in said
    assert "third complaint" not in str(said)


async def test_the_row_one_is_on_stays_so_while_the_list_changes(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.customer("otto").say("a human please")
    await desk.customer().say("a human please")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        rows = page.locator("#rows .row")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await expect(rows.nth(1)).to_be_focused()
        await desk.customer("zoe").say("a human please")
        await expect(rows).to_have_count(3)
        await expect(rows.nth(1)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile("/conversations/2"))


async def test_what_one_is_on_in_a_conversation_stays_so_when_more_is_said(
    browser: Browser, desk: ConsoleDesk
) -> None:
    anna = desk.customer()
    await anna.say("where is LW-11111")
    await anna.say("a human please")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.locator("#rows .row").click()
        deeds = [page.locator("#head").get_by_role("button", name=name) for name in ("Take it", "Close")]
        for number, place in enumerate((page.locator("#transcript .chip").first, *deeds)):
            old = page.locator(":is(#head, #transcript) > [data-old]")
            await page.locator("#head > *, #transcript > *").evaluate_all(
                "(parts) => parts.forEach((part) => part.setAttribute('data-old', ''))"
            )
            await place.focus()
            await anna.send(f"hello {number}")
            await expect(old).to_have_count(0)
            await expect(place).to_be_focused()


async def test_what_was_found_is_shown_and_stays_when_more_is_said(
    browser: Browser, desk: ConsoleDesk
) -> None:
    anna = desk.customer()
    await anna.say("a human please")
    await anna.send("my voucher is lost")
    for number in range(STRETCH + 5):
        await anna.send(f"are you there {number}")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.locator("#search").fill("voucher")
        await page.keyboard.press("Enter")
        await page.locator("#rows .row").click()
        found = page.locator("[data-message]", has_text="my voucher is lost")
        await expect(found).to_be_in_viewport()
        await page.get_by_role("button", name="Show what was said before").click()
        first = page.locator("[data-message]", has_text="a human please")
        await expect(first).to_have_count(1)
        await anna.send("hello?")
        await expect(page.locator("[data-message]", has_text="hello?")).to_have_count(1)
        await expect(first).to_have_count(1)
        await expect(found).to_be_in_viewport()
        assert await page.evaluate(FAINT) == []


async def test_two_people_see_who_has_it(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.customer().say("a human please")
    cora = await desk.add("cora@shop.example", name="Cora Lin")
    async with open_tab(browser, may_say="409") as page:
        await sign_in(page, desk)
        await page.locator("#rows .row").click()
        await expect(page.locator("#head")).to_contain_text("Waiting")
        [row] = await desk.store.inbox.conversations("waiting", cora)
        await Staffing(desk.store, desk.settings, desk.engine.news).say(row.id, cora, "Cora here.")
        await expect(page.locator("#head")).to_contain_text("Cora Lin has it")
        await page.locator("#text").fill("Ben here.")
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.locator("#toasts")).to_contain_text("Cora Lin has this conversation")
        await expect(page.locator("#text")).to_have_value("Ben here.")  # nothing typed is lost


async def test_messages_are_reviewed_by_key(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.customer().say("something with my order")
    await desk.customer("otto").say("is it my order?")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.get_by_role("link", name="Review").click()
        await expect(page.locator("#review")).to_contain_text("2 left")
        await page.wait_for_load_state()
        await page.keyboard.press("1")
        await expect(page.locator(".done")).to_contain_text("✓ order_status")
        await page.keyboard.press("s")
        await expect(page.locator("#review")).to_contain_text("All looked at")
        await page.keyboard.press("u")
        await expect(page.locator("#review")).to_contain_text("1 left")


async def test_those_that_mean_the_same_are_labelled_by_one_key(browser: Browser, desk: ConsoleDesk) -> None:
    for number, text in enumerate(("pay with a voucher", "is a voucher fine", "voucher, please", "voucher?")):
        await desk.customer(f"c{number}").say(text)
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.goto(f"{desk.url}/console/review")
        await desk.console[CONSOLE].grouping.wait()
        await page.reload()
        boxes = page.locator(".alike input")
        await expect(boxes).to_have_count(4)
        await page.get_by_label("is a voucher fine").uncheck()
        await page.keyboard.press("1")
        await expect(page.locator(".done")).to_contain_text("and 2 like it")
        await expect(page.locator(".item blockquote")).to_have_text("is a voucher fine")
        assert len(await desk.store.corrections()) == 3
        await page.keyboard.press("u")
        await expect(boxes).to_have_count(4)
        assert await desk.store.corrections() == []
        for box in await boxes.all():
            await box.uncheck()
        await page.keyboard.press("1")
        await expect(boxes.first).to_be_focused()
        assert await desk.store.corrections() == []
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(WIDER) == []


async def test_a_question_many_asked_in_vain_is_labelled_in_insights(
    browser: Browser, desk: ConsoleDesk
) -> None:
    await desk.add("lena@shop.example", "lead")
    for number, text in enumerate(("pay with a voucher", "is a voucher fine", "voucher, please")):
        customer = desk.customer(f"c{number}")
        customer.now -= timedelta(minutes=5)
        await customer.say(text)
    async with open_tab(browser) as page:
        await sign_in(page, desk, "lena@shop.example")
        await page.goto(f"{desk.url}/console/insights")
        cluster = page.locator(".cluster")
        await expect(cluster).to_contain_text("× 3")  # without a reload, once it is grouped
        await cluster.locator("summary").click()
        await expect(cluster.get_by_role("button", name="Make an answer of it")).to_be_visible()
        assert await page.evaluate(FAINT) == []
        await cluster.get_by_label("All of it means").fill("order_status")
        await page.keyboard.press("Enter")
        await expect(page.locator("#clusters .done")).to_contain_text("3 messages labelled")
        assert len(await desk.store.corrections()) == 3
        await page.get_by_role("button", name="Undo").click()
        await expect(cluster).to_contain_text("× 3")
        assert await desk.store.corrections() == []


async def test_a_search_is_saved_and_opened_by_key(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.customer().say("where is LW-11111")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.locator("#search").fill("where intent:order_status")
        await page.keyboard.press("Enter")
        await page.get_by_text("Save this search").click()
        await page.get_by_label("Name", exact=True).fill("Parcels")
        await page.keyboard.press("Enter")
        saved = page.locator(".views a")
        await expect(saved).to_have_text("Parcels 1")
        await expect(saved).to_have_attribute("aria-current", "true")
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(WIDER) == []

        await page.goto(f"{desk.url}/console/inbox/closed")
        await expect(saved).not_to_have_attribute("aria-current", "true")
        await desk.customer("otto").say("where is LW-22222")
        await expect(saved).to_have_text("Parcels 2")  # without a reload
        await page.keyboard.press("g")
        await page.keyboard.press("1")
        await expect(page.locator("#search")).to_have_value("where intent:order_status")
        await expect(page.locator("#rows .row")).to_have_count(2)


@pytest.mark.parametrize("view", VIEWS)
async def test_pages_are_readable_everywhere(
    browser: Browser, desk: ConsoleDesk, view: dict[str, Any]
) -> None:
    anna = desk.customer()
    for line in ("where is LW-11111", "something with my order", "a human please"):
        await anna.say(line)
    number = (await desk.store.conversation(anna.message())).id
    await desk.store.inbox.add_note(number, None, "careful")
    async with open_tab(browser, **view) as page:
        await sign_in(page, desk)
        for path in ("/inbox/open", f"/conversations/{number}?view=open", "/review", "/inbox/search?q=order"):
            await page.goto(f"{desk.url}/console{path}")
            await page.wait_for_load_state("networkidle" if path == "/review" else "load")
            assert await page.evaluate(FAINT) == []
            assert await page.evaluate(WIDER) == []
        await page.goto(f"{desk.url}/console/conversations/{number}")
        await page.locator("#transcript .chip").first.click()
        await expect(page.locator("#details h3")).to_be_visible()
        assert await page.evaluate(FAINT) == []


async def test_a_kept_text_is_put_into_the_reply_by_its_shortcut(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.store.canned.keep(None, "late", "en", "Sorry: {order_number} is late, {reason}.", 1)
    await desk.store.canned.keep(None, "hello", "en", "Hello, {agent} here.", 1)
    anna = desk.customer()
    await anna.say("where is LW-11111")
    await anna.say("a human please")
    async with open_tab(browser, may_say="409") as page:
        await sign_in(page, desk)
        await page.locator("#rows .row").first.click()
        picker, text = page.locator("#picker"), page.locator("#text")
        await expect(picker.locator("[data-short]")).to_have_count(2)
        await expect(picker).to_be_hidden()

        await page.keyboard.press("r")
        await page.keyboard.type("/la")
        await expect(picker.locator("[data-short]:visible")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(text).to_have_value("Sorry: LW-11111 is late, {reason}.")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast.bad")).to_contain_text("Fill in {reason} first.")
        await text.fill("Sorry: LW-11111 is late.")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#transcript")).to_contain_text("Sorry: LW-11111 is late.")

        await text.blur()
        await page.keyboard.press("c")
        await page.keyboard.press("Enter")
        await expect(text).to_have_value("Hello, Ben Okafor here.")


async def test_a_draft_is_sent_changed_and_rejected_by_keys(browser: Browser, desk: ConsoleDesk) -> None:
    desk.engine.levels = Levels("suggest")
    anna = desk.customer()
    await anna.send("where is LW-11111")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.locator("#rows .row").first.click()
        draft, transcript = page.locator(".draft"), page.locator("#transcript")
        await expect(draft).to_contain_text("LW-11111")
        await page.keyboard.press("s")
        await expect(page.locator("#head")).to_contain_text("With the bot")
        await expect(transcript).to_contain_text("Ben Okafor sent the bot's draft")
        await expect(draft).to_have_count(0)

        await anna.send("where is LW-22222")
        await expect(draft).to_contain_text("LW-22222")
        await page.keyboard.press("d")
        await page.keyboard.type(" Promised.")
        await page.keyboard.press("Control+Enter")
        await expect(transcript).to_contain_text(" Promised.")

        await expect(draft).to_have_count(0)
        await page.locator("#text").blur()
        await anna.send("where is LW-11111")
        await expect(draft).to_contain_text("LW-11111")
        await page.keyboard.press("x")
        await expect(draft).to_have_count(0)
        assert await desk.store.status(anna.key) == "waiting"


async def test_words_are_marked_with_the_mouse(browser: Browser, desk: ConsoleDesk) -> None:
    await desk.customer().send("where is my lamp table 😀 LW-11111")
    async with open_tab(browser) as page:
        await sign_in(page, desk)
        await page.goto(f"{desk.url}/console/conversations/1")
        await page.locator("[data-message] .chip").first.click()
        whole = page.locator("#marked-text")
        await expect(whole).to_contain_text("lamp table")
        await page.evaluate("""() => {
          const walker = document.createTreeWalker(document.getElementById("marked-text"), NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          for (let text = walker.nextNode(); text; text = walker.nextNode()) {
            if (text.data.includes("lamp")) range.setStart(text, text.data.indexOf("lamp"));
            if (text.data.includes("table")) range.setEnd(text, text.data.indexOf("table") + 5);
          }
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""")
        await expect(page.locator("#mark-words")).to_have_value("lamp table")
        await page.locator("#mark-label").select_option("product")
        await page.get_by_role("button", name="Mark", exact=True).click()
        await expect(page.locator(".entities")).to_contain_text("product: lamp table")
        await expect(page.locator("#transcript mark").first).to_have_text("lamp table")
        await page.get_by_role("button", name="LW-11111 is none").click()
        await expect(page.locator(".entities li")).to_have_count(1)
        await page.locator("#details .undo").filter(has_text="marked by").get_by_role("button").click()
        await expect(page.locator(".entities")).to_contain_text("LW-11111")
