"""What people disagree about: first in the review, with both sides, settled with one key."""

from datetime import UTC, datetime, timedelta

from bot.store.inbox.views import Person
from tests.bot.console.console_desk import OURS, Answer, Browser, ConsoleDesk
from tests.bot.console.test_review import hidden

ASKED = "something with my order"


async def send(browser: Browser, deed: str, **form: str) -> Answer:
    headers = {**OURS, "HX-Request": "true", "X-CSRF-Token": browser.csrf}
    return await browser.send(f"/review/conflicts/{deed}", headers, **form)


async def disagree(desk: ConsoleDesk) -> Browser:
    """Ana and Ben label the same words in two conversations; the browser of a third."""
    for name, who, intent in (("anna", "Ana", "order_status"), ("otto", "Ben", "cancel_order")):
        turn = await desk.customer(name).send(ASKED)
        staff = Person(await desk.add(f"{who}@shop.example", name=who), who)
        await desk.store.inbox.label(ASKED, intent, staff, turn.message_id, note=f"{who} is sure")
    await desk.customer("mia").say("is it my order?")
    return await desk.signed_in("cora@shop.example", name="Cora")


async def test_both_sides_are_shown_before_all_else_with_who_said_what_and_why(desk: ConsoleDesk) -> None:
    cora = await disagree(desk)
    page = await cora.get("/review")
    assert "People disagree about it 1 to settle · 1 left" in page.words
    assert page.words.index("1 cancel_order Ben labelled it") < page.words.index(
        "2 order_status Ana labelled it"
    )
    assert "“Ben is sure”" in page.words
    assert "is it my order?" not in page.words


async def test_one_key_settles_it_as_a_correction_and_the_queue_goes_on(desk: ConsoleDesk) -> None:
    cora = await disagree(desk)
    page = await cora.get("/review")

    after = await send(cora, "settle", correction=hidden(page, "correction"), intent="order_status")

    assert "is it my order?" in after.words
    [standing] = await desk.store.corrections()
    assert (standing.text, standing.intent, standing.by) == (ASKED, "order_status", "Cora")
    assert desk.n_learned == 1
    assert (await desk.actions())[0] == "settled"
    late = await send(cora, "settle", correction=hidden(page, "correction"), intent="cancel_order")
    assert "A colleague settled that already" in late.words
    assert len(await desk.store.corrections()) == 1


async def test_nothing_need_be_learned_from_it(desk: ConsoleDesk) -> None:
    cora = await disagree(desk)
    page = await cora.get("/review")
    after = await send(cora, "drop", correction=hidden(page, "correction"))
    assert "is it my order?" in after.words
    assert "1 left" in after.words  # the two are passed over, too
    assert await desk.store.corrections() == []


async def test_a_customer_who_chooses_otherwise_afterwards_is_a_side(desk: ConsoleDesk) -> None:
    anna = desk.customer()
    turn = await anna.send(ASKED)
    ben = Person(await desk.add("ben@shop.example", name="Ben"), "Ben")
    await desk.store.inbox.label(ASKED, "cancel_order", ben, turn.message_id)
    anna.now = datetime.now(UTC) + timedelta(seconds=1)
    await anna.press("Where is my order", turn)
    cora = await desk.signed_in("cora@shop.example", name="Cora")

    page = await cora.get("/review")

    assert "1 cancel_order Ben labelled it" in page.words
    assert "2 order_status 1 customer chose it when asked" in page.words
    assert "web:anna" not in page.text


async def test_nonsense_settles_nothing(desk: ConsoleDesk) -> None:
    cora = await disagree(desk)
    about = {"correction": hidden(await cora.get("/review"), "correction")}
    assert "There is no intent" in (await send(cora, "settle", **about, intent="<b>")).words
    for nothing in ("", "1 OR 1", "9" * 30):
        assert (await send(cora, "settle", correction=nothing, intent="order_status")).status == 400
        assert (await send(cora, "drop", correction=nothing)).status == 400
    unsafe = await cora.send("/review/conflicts/settle", OURS, **about, intent="order_status")
    assert unsafe.status == 403
    assert len(await desk.store.corrections()) == 2


async def test_without_scripts_the_page_comes_back(desk: ConsoleDesk) -> None:
    cora = await disagree(desk)
    about = {"correction": hidden(await cora.get("/review"), "correction")}
    answer = await cora.post("/review/conflicts/settle", **about, intent="order_status")
    assert (answer.status, answer.leads_to) == (303, "/console/review")
    assert len(await desk.store.corrections()) == 1
