"""Texts that staff keep for their replies."""

import html
import re

import pytest

from bot.console.inbox.canned import fill_in, holes_in
from tests.bot.console.console_desk import ConsoleDesk

BEN, LEA = "ben@shop.example", "lea@shop.example"
HOSTILE = "<script>alert(1)</script>"


async def test_a_text_is_kept_changed_and_removed(desk: ConsoleDesk) -> None:
    lea = await desk.signed_in(LEA, "lead")
    await lea.post("/canned", shortcut="/Refund", text="Sent, {customer}.", language="en")
    [kept] = await desk.store.canned.all()
    assert (kept.shortcut, kept.text, kept.language) == ("refund", "Sent, {customer}.", "en")

    await lea.post("/canned", id=str(kept.id), shortcut="refund", text="On its way.", language="")

    [changed] = await desk.store.canned.all()
    assert (changed.id, changed.text, changed.language) == (kept.id, "On its way.", "")
    assert "On its way." in (await lea.get("/canned")).words
    await lea.post(f"/canned/{kept.id}/remove")
    assert await desk.store.canned.all() == []
    assert (await desk.actions())[:3] == ["canned_removed", "canned_changed", "canned_added"]


@pytest.mark.parametrize(
    "form",
    [
        {"shortcut": "two words", "text": "x"},
        {"shortcut": "", "text": "x"},
        {"shortcut": "ok", "text": "  "},
        {"shortcut": "ok", "text": "x" * 4001},
        {"shortcut": "ok", "text": "x", "language": "xx"},
        {"shortcut": "taken", "text": "x"},
    ],
)
async def test_what_will_not_do_is_said(form: dict[str, str], desk: ConsoleDesk) -> None:
    lea = await desk.signed_in(LEA, "lead")
    await lea.post("/canned", shortcut="taken", text="mine")

    page = await lea.post("/canned", **form)

    assert page.status == 422
    assert form["text"].strip()[:100] in html.unescape(page.text)
    assert [one.text for one in await desk.store.canned.all()] == ["mine"]


async def test_the_same_shortcut_in_two_languages(desk: ConsoleDesk) -> None:
    lea = await desk.signed_in(LEA, "lead")
    await lea.post("/canned", shortcut="hi", text="Hello", language="en")
    assert (await lea.post("/canned", shortcut="hi", text="你好", language="zh")).status == 303
    assert len(await desk.store.canned.all()) == 2


async def test_agents_use_but_do_not_change_them(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in(BEN)
    assert (await ben.get("/canned")).status == 200
    assert (await ben.post("/canned", shortcut="x", text="x")).status == 403
    assert (await ben.post("/canned/1/remove")).status == 403


async def test_names_are_filled_in_for_the_conversation(desk: ConsoleDesk) -> None:
    lea = await desk.signed_in(LEA, "lead")
    await lea.post("/canned", shortcut="late", text="{agent} of {desk}: {order_number} is late, {reason}.")
    await lea.post("/canned", shortcut="zh", text="你好", language="zh")
    turn = await desk.customer().send("where is LW-11111")
    ben = await desk.signed_in(BEN, name="Ben")

    part = await ben.get(f"/conversations/{turn.conversation_id}/canned")

    filled = [html.unescape(found) for found in re.findall(r'data-puts="(.*?)"', part.text)]
    assert filled == ["Ben of Larkwood: LW-11111 is late, {reason}.", "你好"]


async def test_a_hole_is_not_sent(desk: ConsoleDesk) -> None:
    turn = await desk.customer().send("a human please")
    ben = await desk.signed_in(BEN)
    answer = await ben.post(f"/conversations/{turn.conversation_id}/reply", text="Hello {customer}")
    assert "Fill in {customer} first." in (await ben.get(answer.leads_to.removeprefix("/console"))).words
    assert [line.speaker for line in await desk.store.transcript("web:anna")] == ["customer", "bot"]
    await ben.post(f"/conversations/{turn.conversation_id}/note", text="Hello {customer}")


async def test_hostile_texts_are_text(desk: ConsoleDesk) -> None:
    lea = await desk.signed_in(LEA, "lead")
    await lea.post("/canned", shortcut="bad", text=HOSTILE)
    turn = await desk.customer().send("hi")
    for path in ("/canned", f"/conversations/{turn.conversation_id}/canned"):
        assert "<script>alert" not in (await lea.get(path)).text
    assert "<script>alert" not in (await lea.post("/canned", shortcut=HOSTILE, text=HOSTILE)).text


def test_filling_in() -> None:
    assert fill_in("{a} {b} {A} {} {{a}}", {"a": "1"}) == "1 {b} {A} {} {1}"
    assert holes_in("{b} {b} {c_2} {X}") == ["{b}", "{c_2}"]
