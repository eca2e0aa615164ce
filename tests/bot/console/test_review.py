"""The review queue: labelled by key, learned at once, taken back."""

import re
from html import unescape

from tests.bot.console.console_desk import OURS, Answer, Browser, ConsoleDesk


def hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


async def send(browser: Browser, deed: str, **form: str) -> Answer:
    headers = {**OURS, "HX-Request": "true", "X-CSRF-Token": browser.csrf}
    return await browser.send(f"/review/{deed}", headers, **form)


async def test_a_label_is_learned_and_the_next_message_comes(desk: ConsoleDesk) -> None:
    await desk.customer("anna").say("something with my order")
    await desk.customer("otto").say("is it my order?")
    ben = await desk.signed_in("ben@shop.example", name="Ben")

    page = await ben.get("/review")
    assert "2 left" in page.words
    first = "something with my order" if "something with my order" in page.words else "is it my order?"
    about = {"message": hidden(page, "message")}
    after = await send(ben, "label", **about, intent="order_status")

    assert desk.n_learned == 1
    [standing] = await desk.store.corrections()
    assert (standing.text, standing.intent, standing.by) == (first, "order_status", "Ben")
    assert f"✓ order_status “{first}”" in after.words
    assert "To the same words it would say now" in after.words
    assert "1 left" in after.words

    back = await send(ben, "undo", undo=hidden(after, "undo"))
    assert "2 left" in back.words
    assert await desk.store.corrections() == []


async def test_what_is_passed_over_is_gone_until_undone(desk: ConsoleDesk) -> None:
    await desk.customer().say("something with my order")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")

    after = await send(ben, "pass", message=hidden(page, "message"))
    assert "All looked at" in after.words
    back = await send(ben, "undo", undo=hidden(after, "undo"))
    assert "something with my order" in back.words


async def test_an_empty_queue_says_so(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("ben@shop.example")
    assert "All looked at" in (await ben.get("/review")).words


async def test_nonsense_is_refused_and_changes_nothing(desk: ConsoleDesk) -> None:
    anna = desk.customer()
    await anna.say("something with my order")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")
    about = {"message": hidden(page, "message")}

    assert "There is no intent" in (await send(ben, "label", **about, intent="nothing_such")).words
    for nothing in ("1 OR 1", "", "99999999999999", "1,,2"):
        assert (await send(ben, "label", message=nothing, intent="order_status")).status == 400
        assert (await send(ben, "pass", message=nothing)).status == 400
        assert (await send(ben, "undo", undo=f"{nothing},x")).status == 400
    assert "already" in (await send(ben, "label", message="999", intent="order_status")).words
    assert (await ben.send("/review/label", OURS, **about, intent="order_status")).status == 403
    assert await desk.store.corrections() == []


async def test_nobody_undoes_what_others_did(desk: ConsoleDesk) -> None:
    await desk.customer().say("something with my order")
    await desk.customer("otto").say("is it my order?")
    cora = await desk.signed_in("cora@shop.example", name="Cora")
    page = await cora.get("/review")
    labelled = await send(cora, "label", message=hidden(page, "message"), intent="order_status")
    passed = await send(cora, "pass", message=hidden(labelled, "message"))
    ben = await desk.signed_in("ben@shop.example", name="Ben")

    for page in (labelled, passed):
        await send(ben, "undo", undo=hidden(page, "undo"))

    assert len(await desk.store.corrections()) == 1
    assert "All looked at" in (await ben.get("/review")).words


async def test_what_many_said_is_learned_once_and_taken_back_whole(desk: ConsoleDesk) -> None:
    for name in ("anna", "otto", "mia"):
        await desk.customer(name).say("something with my order")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    page = await ben.get("/review")
    assert "said 3 times" in page.words

    after = await send(ben, "label", message=hidden(page, "message"), intent="order_status")
    assert len(await desk.store.corrections()) == 1  # copies would outvote all else in the memory
    assert "All looked at" in after.words

    back = await send(ben, "undo", undo=hidden(after, "undo"))
    assert "said 3 times" in back.words
    assert await desk.store.corrections() == []


async def test_of_two_who_label_one_message_the_second_is_told(desk: ConsoleDesk) -> None:
    await desk.customer().say("something with my order")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    cora = await desk.signed_in("cora@shop.example", name="Cora")
    about = {"message": hidden(await ben.get("/review"), "message")}
    await send(ben, "label", **about, intent="order_status")

    late = await send(cora, "label", **about, intent="cancel_order")

    assert "A colleague looked at that one already" in late.words
    assert [one.by for one in await desk.store.corrections()] == ["Ben"]


async def test_hostile_texts_are_shown_as_they_are(desk: ConsoleDesk) -> None:
    await desk.customer().say("<img src=x onerror=alert(1)>")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")
    assert "<img" not in page.text
    assert "<img src=x" in page.words
