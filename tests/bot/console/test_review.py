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
    about = {name: hidden(page, name) for name in ("messages", "conversation")}
    after = await send(ben, "label", **about, intent="order_status")

    assert desk.n_learned == 1
    [standing] = await desk.store.corrections()
    assert (standing.text, standing.intent, standing.by) == (first, "order_status", "Ben")
    assert f"✓ order_status “{first}”" in after.words
    assert "To the same words it would say now" in after.words
    assert "1 left" in after.words

    back = await send(ben, "undo", undo=hidden(after, "undo"), kind=hidden(after, "kind"))
    assert "2 left" in back.words
    assert await desk.store.corrections() == []


async def test_what_is_passed_over_is_gone_until_undone(desk: ConsoleDesk) -> None:
    await desk.customer().say("something with my order")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")

    after = await send(
        ben, "pass", messages=hidden(page, "messages"), conversation=hidden(page, "conversation")
    )
    assert "All looked at" in after.words
    back = await send(ben, "undo", undo=hidden(after, "undo"), kind=hidden(after, "kind"))
    assert "something with my order" in back.words


async def test_an_empty_queue_says_so(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("ben@shop.example")
    assert "All looked at" in (await ben.get("/review")).words


async def test_nonsense_is_refused_and_changes_nothing(desk: ConsoleDesk) -> None:
    anna = desk.customer()
    await anna.say("something with my order")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")
    about = {name: hidden(page, name) for name in ("messages", "conversation")}

    assert "There is no intent" in (await send(ben, "label", **about, intent="nothing_such")).words
    assert (
        await send(ben, "label", messages="1 OR 1", conversation="1", intent="order_status")
    ).status == 400
    assert (await send(ben, "label", messages="999", conversation="1", intent="order_status")).status == 404
    assert (
        await send(ben, "label", messages=about["messages"], conversation="77", intent="order_status")
    ).status == 404
    assert (await ben.send("/review/label", OURS, **about, intent="order_status")).status == 403
    assert await desk.store.corrections() == []


async def test_nobody_undoes_the_labels_of_others(desk: ConsoleDesk) -> None:
    number = await desk.store.add_correction("hi", "greeting", "Cora")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    await send(ben, "undo", undo=str(number), kind="label")
    assert [one.id for one in await desk.store.corrections()] == [number]


async def test_hostile_texts_are_shown_as_they_are(desk: ConsoleDesk) -> None:
    await desk.customer().say("<img src=x onerror=alert(1)>")
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get("/review")
    assert "<img" not in page.text
    assert "<img src=x" in page.words
