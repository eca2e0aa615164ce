"""A day at the demo shop: customers on Telegram, a colleague in a real browser, `kefu serve` between them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.bot.channels.browser import open_browser, open_tab
from tests.bot.channels.fake_bot_api import TOKEN, FakeBotApi, Sent, bot_api, person
from tests.bot.console.console_desk import PASSWORD, code_of
from tests.shop_desk import PATIENCE_S, Served, copy_shop, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLANG = "yo wheres me clobber at"
UNKNOWN_PRODUCT = "is the Hygge bench in stock?"
NEW_PRICE = "Delivery is £3.50 this week, whatever you buy."
RATING = "How content are you"


@dataclass
class Customer:
    """Somebody in a private chat with the bot."""

    api: FakeBotApi
    chat: int
    name: str

    def say(self, text: str) -> None:
        sender: dict[str, Any] = {"from": person(self.chat) | {"first_name": self.name, "last_name": ""}}
        self.api.say(text, self.chat, **sender)

    async def gets(self, words: str) -> Sent:
        """Wait for a message with these words; the newest of them."""
        await self.api.until(lambda: bool(self._with(words)), within_s=PATIENCE_S)
        return self._with(words)[-1]

    def _with(self, words: str) -> list[Sent]:
        return [sent for sent in self.api.sent if sent.chat_id == self.chat and words in sent.text]


@dataclass
class Day:
    """The browser tab of a colleague, and who writes to the desk."""

    page: Page
    served: Served
    anna: Customer
    otto: Customer

    @property
    def head(self) -> Locator:
        return self.page.locator("#head")

    @property
    def transcript(self) -> Locator:
        return self.page.locator("#transcript")

    @property
    def details(self) -> Locator:
        return self.page.locator("#details")

    def row(self, name: str) -> Locator:
        return self.page.locator("#rows .row", has_text=name)

    def said(self, text: str) -> Locator:
        return self.transcript.locator("[data-message]", has_text=text)

    async def menu(self, name: str) -> None:
        await self.page.get_by_role("navigation", name="Menu").get_by_role("link", name=name).click()

    async def press(self, button: str) -> None:
        await self.page.get_by_role("button", name=button, exact=True).click()


async def test_a_day_from_signing_in_to_a_rating(trained_shop: Path, orders: str, tmp_path: Path) -> None:
    async with bot_api() as api, open_browser() as browser:
        telegram = f'\n[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
        shop = copy_shop(trained_shop, tmp_path / "shop", orders, telegram)
        async with (
            serving(shop, "--port", "0", TELEGRAM_BOT_TOKEN=TOKEN) as served,
            open_tab(browser) as page,
        ):
            day = Day(page, served, Customer(api, 7, "Anna"), Customer(api, 8, "Otto"))
            await join_and_sign_in_with_a_second_factor(day)
            await see_a_customer_arrive_and_write_on(day)
            await answer_and_give_back(day)
            await teach_an_intent(day)
            await teach_a_product_with_the_mouse(day)
            await change_an_answer(day)
            await find_what_was_said(day)
            await close_and_be_rated_once(day)
            assert "Traceback" not in served.log


async def join_and_sign_in_with_a_second_factor(day: Day) -> None:
    page = day.page
    await page.goto(await first_link(day.served))
    await page.get_by_label("Name").fill("Ana Moreno")
    await page.get_by_label("E-mail address").fill("ana@larkwood.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await day.press("Join")
    await day.menu("Account")
    await page.get_by_role("link", name="Set up").click()
    secret = (await page.locator(".letters").inner_text()).replace(" ", "").strip()
    await page.get_by_label("Code that the app shows").fill(code_of(secret))
    await page.get_by_label("Your password").fill(PASSWORD)
    await day.press("Turn on")
    await expect(page.get_by_role("status")).to_contain_text("The second factor is on.")

    await day.press("Sign out here")
    await page.get_by_label("E-mail address").fill("ana@larkwood.example")
    await page.locator("#password").fill(PASSWORD)
    await day.press("Sign in")
    await page.get_by_label("Code").fill(code_of(secret, 1))  # that of now was taken
    await day.press("Go on")
    await expect(page.locator("#list")).to_contain_text("Nobody waits")


async def first_link(served: Served) -> str:
    """The link for the first admin, as `kefu serve` prints it."""
    assert served.process.stdout is not None
    while line := await served.process.stdout.readline():
        if "/console/join/" in line.decode():
            return line.decode().strip()
    raise AssertionError(served.log)


async def see_a_customer_arrive_and_write_on(day: Day) -> None:
    page = day.page
    await page.get_by_role("link", name="All open").click()
    await expect(page.locator("#list")).to_contain_text("Nothing here yet")
    await page.evaluate("window.isStillTheSame = true")
    day.anna.say("Where is my order LW-10023?")
    await expect(day.row("Anna")).to_contain_text("Telegram")
    assert await page.evaluate("window.isStillTheSame"), "it arrived without a reload"

    await day.row("Anna").click()
    await expect(day.said("Where is my order").locator("mark")).to_have_text("LW-10023")
    await expect(day.said("Where is my order")).to_contain_text("order_status")
    await expect(day.transcript.locator(".by-bot")).to_contain_text("LW-10023")
    await page.evaluate("window.isStillTheSame = true")
    day.anna.say("I want to talk to a person")
    await expect(day.said("I want to talk to a person")).to_be_visible()
    await expect(day.head).to_contain_text("Waiting")
    assert await page.evaluate("window.isStillTheSame"), "it arrived without a reload"


async def answer_and_give_back(day: Day) -> None:
    page = day.page
    await day.press("Take it")
    await expect(day.head).to_contain_text("You have it")
    await page.locator("#text").fill("Hello Anna, Royal Mail has it; it comes on Friday.")
    await day.press("Send")
    await expect(day.said("it comes on Friday")).to_contain_text("Ana Moreno")
    await expect(page.locator("#text")).to_have_value("")
    await day.anna.gets("Royal Mail has it; it comes on Friday.")

    await day.press("To the bot")
    await expect(day.head).to_contain_text("With the bot")
    await day.anna.gets("I'm back.")
    day.anna.say("How much is delivery?")
    await day.anna.gets("£4.95")
    await expect(day.transcript.locator(".by-bot").last).to_contain_text("£4.95")


async def teach_an_intent(day: Day) -> None:
    day.anna.say(SLANG)
    await day.anna.gets("I'm not sure I can help with that.")
    await day.said(SLANG).locator(".chip").first.click()
    await day.details.get_by_label("It means").fill("order_status")
    await day.press("That's right")
    await expect(day.details).to_contain_text("by Ana Moreno; the bot knows it already")
    await expect(day.said(SLANG)).to_contain_text("✓ order_status")

    day.otto.say(SLANG)
    await day.otto.gets("order number")
    await expect(day.row("Otto")).to_contain_text("order_status")


async def teach_a_product_with_the_mouse(day: Day) -> None:
    day.anna.say(UNKNOWN_PRODUCT)
    await day.anna.gets("hich product is it about?")
    await day.said(UNKNOWN_PRODUCT).locator(".chip").first.click()
    await expect(day.details.locator("#marked-text")).to_contain_text(UNKNOWN_PRODUCT)
    await drag_over(day.page, "Hygge bench")
    await expect(day.page.locator("#mark-words")).to_have_value("Hygge bench")
    await day.page.locator("#mark-label").select_option("product")
    await day.press("Mark")
    await expect(day.said(UNKNOWN_PRODUCT).locator("mark")).to_have_text("Hygge bench")

    await day.row("Otto").click()
    await expect(day.head).to_contain_text("Otto")
    day.otto.say("do you have the hygge bench in stock?")
    asked = day.said("do you have the hygge bench")
    await expect(asked.locator("mark")).to_have_text("hygge bench")
    await expect(asked).to_contain_text("product_availability")
    await expect(day.head).to_contain_text(
        "Waiting"
    )  # no question which product, and nothing known of this one


async def drag_over(page: Page, words: str) -> None:
    """Select words of the message under the glass, as a hand does."""
    x0, x1, y0, y1 = await page.evaluate(
        """(words) => {
          const whole = document.getElementById("marked-text");
          whole.scrollIntoView({ block: "center", behavior: "instant" });
          const walker = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT);
          let text = walker.nextNode();
          while (!text.data.includes(words)) text = walker.nextNode();
          const at = text.data.indexOf(words);
          const box = (place) => {
            const range = document.createRange();
            range.setStart(text, place);
            range.setEnd(text, place + 1);
            return range.getBoundingClientRect();
          };
          const [first, last] = [box(at), box(at + words.length - 1)];
          return [first.left, last.right, first.top + first.height / 2, last.top + last.height / 2];
        }""",
        words,
    )
    await page.mouse.move(x0 + 0.5, y0)
    await page.mouse.down()
    await page.mouse.move(x1 - 0.5, y1, steps=5)
    await page.mouse.up()


async def change_an_answer(day: Day) -> None:
    page = day.page
    await day.menu("Answers")
    await page.get_by_label("Search the answers").fill("shipping_costs")
    await page.get_by_role("link", name="What delivery costs and how long it takes").click()
    english = page.get_by_role("group", name="English").locator("textarea")
    await english.nth(0).fill(NEW_PRICE)
    await english.nth(1).fill("")  # an empty variant is none
    await expect(page.locator("#preview")).to_contain_text(NEW_PRICE)
    await page.locator("#answer-form").get_by_role("button", name="Save").click()
    await expect(page.locator("#toasts")).to_contain_text("Saved")
    await day.served.until(lambda: "the answers as they are now" in day.served.log)

    clara = Customer(day.anna.api, 9, "Clara")
    clara.say("How much is delivery?")
    await clara.gets(NEW_PRICE)


async def find_what_was_said(day: Day) -> None:
    await day.menu("Inbox")
    await day.page.get_by_label("Search all messages").fill("clobb")
    await day.page.keyboard.press("Enter")
    await expect(day.page.locator("#rows .row")).to_have_count(2)
    await expect(day.row("Anna")).to_contain_text(SLANG)
    await day.row("Anna").click()
    await expect(day.said(SLANG)).to_be_in_viewport()


async def close_and_be_rated_once(day: Day) -> None:
    await day.head.get_by_role("button", name="Close", exact=True).click()
    await expect(day.head).to_contain_text("Closed")
    question = await day.anna.gets(RATING)
    day.anna.api.press(question, "5", user=day.anna.chat)
    await day.anna.gets("Thank you!")
    await expect(day.head).to_contain_text("rated 5 of 5")

    day.anna.say("Ana was very kind")
    await day.anna.gets("Thank you, we read that.")
    await expect(day.head).to_contain_text("rated 5 of 5: “Ana was very kind”")
    await expect(day.head).to_contain_text("Closed")
    day.anna.say("And where is my order LW-10024?")
    await expect(day.head).to_contain_text("With the bot")
    await day.head.get_by_role("button", name="Close", exact=True).click()
    await expect(day.head).to_contain_text("Closed")
    await day.press("To the bot")
    await expect(day.head).to_contain_text("With the bot")
    await day.anna.gets("I'm back.")
    assert sum(RATING in text for text in day.anna.api.texts(day.anna.chat)) == 1
    await day.menu("Insights")
    await expect(day.page.locator("#satisfaction-panel")).to_contain_text("mean of 1 ratings; 1 were asked")
