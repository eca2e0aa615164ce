"""New intents: proposed from what was asked in vain, made, dismissed."""

import re
from datetime import timedelta

from bot.console.console import CONSOLE
from tests.bot.console.console_desk import OURS, Answer, Browser, ConsoleDesk
from tests.bot.console.test_review import hidden

PAGE = "/review/new-intents"
LIKE = ("can I pay with a voucher", "is a voucher fine", "voucher <b>please</b>", "voucher there?")


async def ask(desk: ConsoleDesk, texts: tuple[str, ...], prefix: str = "c") -> None:
    for number, text in enumerate(texts):
        customer = desk.customer(f"{prefix}{number}")
        customer.now -= timedelta(minutes=5)
        await customer.say(text)


async def ready(desk: ConsoleDesk) -> Browser:
    await ask(desk, (*LIKE, "do you ship to Norway", "something with my order"))
    return await desk.signed_in("lena@shop.example", "lead", "Lena")


async def look(desk: ConsoleDesk, browser: Browser) -> Answer:
    await browser.get(PAGE)
    await desk.console[CONSOLE].grouping.wait()
    return await browser.get(PAGE)


async def test_what_several_ask_and_nothing_known_is_like_is_proposed_with_a_name(desk: ConsoleDesk) -> None:
    lena = await ready(desk)
    assert "6 are being grouped" in (await lena.get(PAGE)).words
    page = await look(desk, lena)
    assert "× 4" in page.words
    assert "4 customers · began 5 minutes ago" in page.words
    assert re.search(r'name="intent" value="[^"]*voucher', page.text)
    assert "Norway" not in page.words
    assert "<b>" not in page.text


async def test_accepted_its_messages_are_labelled_and_its_answer_is_begun(desk: ConsoleDesk) -> None:
    lena = await ready(desk)
    page = await look(desk, lena)
    answer = await lena.post(f"{PAGE}/accept", message=hidden(page, "message"), intent="vouchers")
    assert answer.status == 200
    assert 'name="intent" type="text" value="vouchers"' in answer.text
    assert "is a voucher fine" in answer.words
    assert {(one.text, one.intent, one.by) for one in await desk.store.corrections()} == {
        (text, "vouchers", "Lena") for text in LIKE
    }
    assert (desk.n_learned, (await desk.actions())[0]) == (1, "labelled_together")
    assert "Nothing new" in (await look(desk, lena)).words
    late = await lena.post(f"{PAGE}/accept", message=hidden(page, "message"), intent="vouchers")
    assert (late.status, late.leads_to) == (303, f"/console{PAGE}")


async def test_a_known_intents_name_labels_them_so(desk: ConsoleDesk) -> None:
    lena = await ready(desk)
    page = await look(desk, lena)
    answer = await lena.post(f"{PAGE}/accept", message=hidden(page, "message"), intent="order_status")
    assert answer.status == 303
    assert len(await desk.store.corrections()) == 4


async def test_dismissed_it_comes_again_only_when_it_is_asked_much_more(desk: ConsoleDesk) -> None:
    lena = await ready(desk)
    page = await look(desk, lena)
    answer = await lena.post(f"{PAGE}/dismiss", message=hidden(page, "message"))
    assert answer.leads_to == f"/console{PAGE}"
    assert (await desk.actions())[0] == "proposal_dismissed"
    assert "Nothing new" in (await look(desk, lena)).words
    await ask(desk, ("my voucher", "a voucher, ok"), "d")
    assert "Nothing new" in (await look(desk, lena)).words
    await ask(desk, ("by voucher", "voucher now", "voucher or two"), "e")
    assert "× 9" in (await look(desk, lena)).words


async def test_nonsense_makes_nothing(desk: ConsoleDesk) -> None:
    lena = await ready(desk)
    about = {"message": hidden(await look(desk, lena), "message")}
    for name in ("", "<b>", "Voucher", "x" * 200):
        refused = await lena.post(f"{PAGE}/accept", **about, intent=name)
        assert (refused.status, "wanted small letters" in refused.words) == (422, True)
    for nothing in ("", "1 OR 1", "1,,2"):
        assert (await lena.post(f"{PAGE}/accept", message=nothing, intent="voucher")).status == 400
        assert (await lena.post(f"{PAGE}/dismiss", message=nothing)).status == 400
    assert (await lena.send(f"{PAGE}/dismiss", OURS, **about)).status == 403
    ben = await desk.signed_in("ben@shop.example")
    assert (await ben.get(PAGE)).status == 403
    assert (await ben.post(f"{PAGE}/accept", **about, intent="voucher")).status == 403
    assert await desk.store.corrections() == []
