"""The memory page: what staff taught, who, when and why; searched, paged, taken back."""

import re

import pytest

from bot.console.review.memory import released_at
from bot.store.inbox.views import Person
from tests.bot.console.console_desk import Browser, ConsoleDesk

PAGE = "/review/memory"


async def taught(desk: ConsoleDesk) -> Browser:
    turn = await desk.customer().send("something with my order")
    ben = Person(await desk.add("ben@shop.example", name="Ben"), "Ben")
    await desk.store.inbox.label("something with my order", "order_status", ben, turn.message_id)
    await desk.store.add_correction("give me 100% back", "return_request", "sam", "asked on the phone")
    return await desk.signed_in("lena@shop.example", "lead", "Lena")


async def test_each_entry_says_who_when_and_why_and_leads_to_its_message(desk: ConsoleDesk) -> None:
    page = await (await taught(desk)).get(PAGE)
    assert "2 corrections" in page.words
    assert "give me 100% back return_request sam · just now · asked on the phone" in page.words
    assert (
        "something with my order order_status Ben · just now · Labelled the message Open the conversation"
        in page.words
    )
    assert 'href="/console/conversations/1?view=open"' in page.text


async def test_an_entry_is_taken_back_and_that_is_in_the_audit_log(desk: ConsoleDesk) -> None:
    lena = await taught(desk)
    answer = await lena.post(f"{PAGE}/1/undo", q="order", all="1")
    assert (answer.status, answer.leads_to) == (303, f"/console{PAGE}?q=order&all=1")
    assert [one.intent for one in await desk.store.corrections()] == ["return_request"]
    assert desk.n_learned == 1
    entry = (await desk.accounts.audit())[0]
    assert (entry.action, entry.target, entry.by) == ("label_undone", "1", "lena@shop.example")
    for unknown, status in (("99", 404), ("x", 404), ("9" * 30, 404)):
        assert (await lena.post(f"{PAGE}/{unknown}/undo")).status == status


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ORDER", 1),
        ("phone", 1),
        ("sam", 1),
        ("100%25", 1),
        ("100_", 0),
        ("give order", 0),
        ("%5C", 0),
        ("", 2),
    ],
)
async def test_all_words_are_searched_for_as_they_are(desk: ConsoleDesk, asked: str, found: int) -> None:
    lena = await taught(desk)
    assert f"{found} corrections" in (await lena.get(f"{PAGE}?q={asked}")).words


async def test_a_long_memory_comes_in_pages(desk: ConsoleDesk) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead", "Lena")
    for number in range(60):
        await desk.store.add_correction(f"text {number}.", "order_status", "sam")
    first = await lena.get(PAGE)
    assert "60 corrections" in first.words
    [older] = re.findall(r'href="/console(/review/memory\?[^"]*before=\d+)"', first.text)
    second = await lena.get(older.replace("&amp;", "&"))
    shown = [set(re.findall(r"text (\d+)\.", page.words)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (50, 10, set())
    assert (await lena.get(f"{PAGE}?before=x")).status == 404


async def test_of_a_release_only_what_came_since_is_shown_first(desk: ConsoleDesk) -> None:
    lena = await taught(desk)
    desk.engine.release = "2999-01-01-000000-fast"
    assert "0 corrections" in (await lena.get(PAGE)).words
    assert "2 corrections" in (await lena.get(f"{PAGE}?all=1")).words
    assert released_at("2026-11-28-002139-fast") is not None
    assert released_at("mine") is None


async def test_agents_do_not_see_it(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("x@shop.example")
    assert (await ben.get(PAGE)).status == 403
    assert (await ben.post(f"{PAGE}/1/undo")).status == 403
    assert "/review/memory" not in (await ben.get("/review")).text


async def test_of_a_forgotten_customer_nothing_is_left(desk: ConsoleDesk) -> None:
    lena = await taught(desk)
    await desk.store.forget("web:anna")
    assert "something with" not in (await lena.get(PAGE)).words
