"""Messages that mean the same in other words: shown together, labelled and passed over with one key, taken back whole."""

import re

from bot.console.console import CONSOLE
from tests.bot.console.console_desk import Answer, Browser, ConsoleDesk
from tests.bot.console.test_review import hidden, send

LIKE = ("can I pay with a voucher", "is a voucher fine", "voucher <b>please</b>", "VOUCHER?")


async def grouped(desk: ConsoleDesk, browser: Browser) -> Answer:
    """The review once everything was read."""
    await browser.get("/review")
    await desk.console[CONSOLE].grouping.wait()
    return await browser.get("/review")


async def ask_all(desk: ConsoleDesk) -> None:
    for number, text in enumerate(LIKE):
        await desk.customer(f"c{number}").say(text)
    await desk.customer("otto").say("do you ship to Norway")


async def test_all_are_learned_at_once_and_taken_back_whole(desk: ConsoleDesk) -> None:
    await ask_all(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    assert "are being grouped" in (await ben.get("/review")).words
    page = await grouped(desk, ben)
    assert "4 wordings that seem to mean the same" in page.words
    assert "<b>" not in page.text
    assert "Norway" not in page.words  # comes after what more ask

    after = await send(ben, "label", message=hidden(page, "message"), intent="order_status")

    assert {one.text for one in await desk.store.corrections()} == set(LIKE)
    assert "and 3 like it" in after.words
    assert "Norway" in after.words
    assert desk.n_learned == 1
    assert (await desk.actions())[0] == "labelled_together"

    back = await send(ben, "undo", undo=hidden(after, "undo"))
    assert await desk.store.corrections() == []
    assert "4 wordings" in back.words


async def test_what_is_not_ticked_stays(desk: ConsoleDesk) -> None:
    await ask_all(desk)
    ben = await desk.signed_in("ben@shop.example")
    page = await grouped(desk, ben)
    ticked = hidden(page, "message").split(",")[:2]
    after = await send(ben, "label", message=",".join(ticked), intent="order_status")
    assert len(await desk.store.corrections()) == 2
    assert "3 left" in after.words


async def test_all_are_passed_over_at_once(desk: ConsoleDesk) -> None:
    await ask_all(desk)
    ben = await desk.signed_in("ben@shop.example")
    page = await grouped(desk, ben)
    after = await send(ben, "pass", message=hidden(page, "message"))
    assert "1 left" in after.words
    assert await desk.store.corrections() == []
    back = await send(ben, "undo", undo=hidden(after, "undo"))
    assert "5 left" in back.words


async def test_what_a_colleague_labelled_meanwhile_is_left_alone(desk: ConsoleDesk) -> None:
    await ask_all(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    cora = await desk.signed_in("cora@shop.example", name="Cora")
    numbers = hidden(await grouped(desk, ben), "message")
    await send(cora, "label", message=numbers.split(",")[0], intent="cancel_order")
    await send(ben, "label", message=numbers, intent="order_status")
    given = sorted((one.by, one.intent) for one in await desk.store.corrections())
    assert given == [("Ben", "order_status")] * 3 + [("Cora", "cancel_order")]


async def test_of_a_forgotten_customer_nothing_is_shown(desk: ConsoleDesk) -> None:
    await ask_all(desk)
    ben = await desk.signed_in("ben@shop.example")
    await grouped(desk, ben)
    await desk.store.forget("web:c2")
    page = await ben.get("/review")
    assert "3 wordings" in page.words
    assert not re.search("please", page.words)
