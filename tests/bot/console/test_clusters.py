"""Questions without an answer by what they mean: shown, opened, labelled at once, made an answer of."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from bot.console.console import CONSOLE
from bot.console.review.unanswered import by_wording, clusters_of
from bot.store.insights.unanswered import Example
from tests.bot.console.console_desk import OURS, Answer, Browser, ConsoleDesk
from tests.bot.console.test_review import hidden

LIKE = ("can I pay with a voucher", "is a voucher fine", "voucher <b>please</b>")
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def example(number: int, text: str, **more: Any) -> Example:
    values: dict[str, Any] = {"reason": "uncertain", "customer_id": number, "intent": None}
    return Example(number, 1, NOW, text, **values | more)


async def ask_all(desk: ConsoleDesk) -> Browser:
    for number, text in enumerate([*LIKE, "do you ship to Norway"]):
        customer = desk.customer(f"c{number}")
        customer.now -= timedelta(minutes=5)  # or their message is still to come
        await customer.say(text)
    return await desk.signed_in("lena@shop.example", "lead", "Lena")


async def part(desk: ConsoleDesk, browser: Browser) -> Answer:
    await browser.get("/insights/clusters?period=7")
    await desk.console[CONSOLE].grouping.wait()
    return await browser.get("/insights/clusters?period=7")


async def send(browser: Browser, deed: str, **form: str) -> Answer:
    headers = {**OURS, "HX-Request": "true", "X-CSRF-Token": browser.csrf}
    return await browser.send(f"/insights/clusters/{deed}", headers, period="7", **form)


async def test_what_means_the_same_is_together_and_told_when_all_is_read(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    assert 'hx-get="/console/insights/clusters?period=7"' in (await lena.get("/insights")).text

    first = await lena.get("/insights/clusters?period=7")
    assert "4 are being grouped" in first.words
    assert 'hx-trigger="load delay:1s"' in first.text

    page = await part(desk, lena)
    assert "× 3 3 customers" in page.words
    assert "voucher" in page.text.split("<strong>")[1].split("</strong>")[0]
    assert "<b>" not in page.text
    assert "hx-trigger" not in page.text
    assert page.text.count('href="/console/conversations/') == 4


async def test_all_of_a_cluster_is_labelled_and_taken_back(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    page = await part(desk, lena)

    after = await send(lena, "label", message=hidden(page, "message"), intent="order_status")
    assert {one.text for one in await desk.store.corrections()} == set(LIKE)
    assert "3 messages labelled; the bot knows it already" in after.words
    assert "voucher" not in after.text
    assert (desk.n_learned, (await desk.actions())[0]) == (1, "labelled_together")

    again = await send(lena, "label", message=hidden(page, "message"), intent="cancel_order")
    assert "Colleagues looked at those already" in again.words

    back = await send(lena, "undo", undo=hidden(after, "undo"))
    assert await desk.store.corrections() == []
    assert "× 3" in back.words


async def test_a_new_answer_begins_with_intent_and_examples(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    beginning = (
        (await part(desk, lena)).text.split('action="/console/answers/-/begin"')[1].split("</form>")[0]
    )
    intent, numbers = (
        re.findall(rf'name="{name}" value="([^"]*)"', beginning)[0] for name in ("intent", "message")
    )

    page = await lena.post("/answers/-/begin", intent=intent, message=numbers)

    assert page.status == 200
    assert re.search(r'name="intent" type="text" value="[^"]*voucher', page.text)
    typed = re.findall(r"<textarea[^>]*name=\"examples\"[^>]*>([^<]*)<", page.text)
    assert set(unescape(typed[0]).strip().splitlines()) == set(LIKE)


async def test_no_address_holds_what_customers_said(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    addresses = re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', (await part(desk, lena)).text)
    assert addresses
    assert [one for one in addresses if "voucher" in one or "Norway" in one] == []


async def test_a_new_answer_begins_with_customers_words_only(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    await desk.store.forget("web:c0")
    lines = await desk.store.transcript("web:c1")
    numbers = ",".join(str(line.id) for line in lines) + ",1,1,99999"

    page = await lena.post("/answers/-/begin", intent="<b>", message=numbers)

    typed = re.findall(r"<textarea[^>]*name=\"examples\"[^>]*>([^<]*)<", page.text)
    assert unescape(typed[0]).strip().splitlines() == [LIKE[1]]
    assert "<b>" not in page.text
    assert (await lena.post("/answers/-/begin", intent="x", message="1 OR 1")).status == 400


async def test_every_conversation_of_a_wording_can_be_opened(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    again = desk.customer("mia")
    again.now -= timedelta(minutes=5)
    await again.say(LIKE[0])
    page = await part(desk, lena)
    assert "× 4 4 customers" in page.words
    assert page.text.count('href="/console/conversations/') == 5


@pytest.mark.parametrize("role", ["agent", "lead"])
async def test_only_who_sees_insights_does_this(desk: ConsoleDesk, role: str) -> None:
    browser = await desk.signed_in("x@shop.example", role)  # type: ignore[arg-type]
    wanted = 403 if role == "agent" else 200
    assert (await browser.get("/insights/clusters?period=7")).status == wanted
    assert (await send(browser, "label", message="1", intent="order_status")).status == wanted
    assert (await send(browser, "undo", undo="1")).status == wanted
    assert (await browser.post("/answers/-/begin", message="1")).status == wanted


async def test_nonsense_changes_nothing(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    page = await part(desk, lena)
    about = {"message": hidden(page, "message")}
    assert "There is no intent" in (await send(lena, "label", **about, intent="<b>")).words
    for nothing in ("", "1 OR 1", "1,,2", "9" * 30, "1," * 5000 + "1"):
        assert (await send(lena, "label", message=nothing, intent="order_status")).status == 400
        assert (await send(lena, "undo", undo=nothing)).status == 400
    assert (await lena.get("/insights/clusters?period=never")).status == 400
    unsafe = await lena.send("/insights/clusters/label", OURS, **about, intent="order_status")
    assert unsafe.status == 403
    assert await desk.store.corrections() == []


async def test_of_a_forgotten_customer_nothing_is_left(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    assert "please" in (await part(desk, lena)).words
    await desk.store.forget("web:c2")
    page = await lena.get("/insights/clusters?period=7")
    assert "please" not in page.words
    assert "× 2" in page.words


async def test_without_scripts_the_page_comes_back(desk: ConsoleDesk) -> None:
    lena = await ask_all(desk)
    page = await part(desk, lena)
    about = {"message": hidden(page, "message"), "period": "7"}
    answer = await lena.post("/insights/clusters/label", **about, intent="order_status")
    assert (answer.status, answer.leads_to) == (303, "/console/insights?period=7")
    assert len(await desk.store.corrections()) == 3


def test_a_cluster_is_named_after_what_most_were_taken_for_else_after_its_words() -> None:
    guessed = [example(n, f"text {n}", intent="refund") for n in (1, 2, 3)]
    outside = [example(n, "a voucher", intent="refund", reason="out_of_scope") for n in (4, 5)]
    found = clusters_of(by_wording([*guessed, *outside]), [[1, 2, 3], [4]])
    assert [(one.name, one.n) for one in found] == [("refund", 3), ("a voucher", 2)]
    assert (found[0].intent, found[1].intent) == ("refund", "voucher")


def test_chinese_is_named_by_characters_that_stand_together() -> None:
    said = ("礼品卡怎么用", "你们收礼品卡吗", "你好")
    wordings = by_wording([example(number, text) for number, text in enumerate(said)])
    found = clusters_of(wordings, [[0, 1], [2]])
    assert found[0].name.split(" · ")[0] == "礼品卡"
    assert found[1].name == "你好"
