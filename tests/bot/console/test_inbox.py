"""The inbox: lists, a conversation, what staff do with it, and the news that keep both fresh."""

import asyncio
import html
import json
import re

import pytest

from bot.messages import ButtonPress
from tests.bot.console.console_desk import OURS, Browser, ConsoleDesk

HTMX = {**OURS, "HX-Request": "true"}
HOSTILE = "<script>alert(1)</script> \"'>&{{70001*7}}"


async def waiting(desk: ConsoleDesk, *lines: str, name: str = "anna") -> int:
    """A customer who said these lines and waits for a person; the number of the conversation."""
    anna = desk.customer(name)
    for line in (*lines, "a human please"):
        await anna.say(line)
    return (await desk.store.conversation(anna.message())).id


async def do(browser: Browser, number: int, deed: str, **form: str) -> int:
    headers = {**HTMX, "X-CSRF-Token": browser.csrf}
    answer = await browser.send(f"/conversations/{number}/{deed}", headers, **form)
    return answer.status


async def said(desk: ConsoleDesk, name: str = "anna") -> list[tuple[str, str]]:
    return [(line.speaker, line.text) for line in await desk.store.transcript(f"web:{name}")]


async def test_who_waits_is_listed_and_opened(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example")

    listed = await ben.get("/inbox")
    opened = await ben.get(f"/conversations/{number}?view=waiting")

    assert f"/console/conversations/{number}?view=waiting" in listed.text
    assert "asked for a person" in listed.words
    assert "where is LW-11111" in opened.words
    assert '<mark title="order_number: LW-11111">LW-11111</mark>' in opened.text
    assert "order_status 95 %" in opened.words


async def test_who_answers_has_the_conversation_and_the_customer_reads_it(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")

    assert await do(ben, number, "reply", text=" Hello,\r\nBen here. ") == 204

    assert (await said(desk))[-1] == ("person", "Hello,\nBen here.")
    assert "Ben took the conversation" in (await ben.get(f"/conversations/{number}/transcript")).words
    assert "You have it" in (await ben.get(f"/conversations/{number}/head")).words
    assert str(number) in (await ben.get("/inbox/mine")).text


async def test_nobody_answers_twice(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    cora = await desk.signed_in("cora@shop.example", name="Cora")
    await do(ben, number, "take")

    assert await do(cora, number, "reply", text="Cora here.") == 409
    page = await cora.get(f"/conversations/{number}/head")
    assert "Ben has it" in page.words
    assert await do(cora, number, "take") == 409
    assert await do(cora, number, "take", from_other="yes") == 204
    assert await do(cora, number, "reply", text="Cora here.") == 204
    assert [text for speaker, text in await said(desk) if speaker == "person"] == ["Cora here."]


async def test_without_scripts_the_forms_lead_back_to_the_page(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    cora = await desk.signed_in("cora@shop.example", name="Cora")

    taken = await ben.post(f"/conversations/{number}/take?view=waiting")
    refused = await cora.post(f"/conversations/{number}/reply?view=open", text="Hi")

    assert (taken.status, taken.leads_to) == (303, f"/console/conversations/{number}?view=waiting")
    assert refused.status == 303
    assert "Ben has this conversation" in (await cora.get(f"/conversations/{number}")).words


async def test_notes_are_for_colleagues(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")

    assert await do(ben, number, "note", text="third complaint") == 204

    assert "third complaint" in (await ben.get(f"/conversations/{number}/transcript")).words
    assert "third complaint" not in str(await said(desk))


async def test_a_conversation_goes_to_a_colleague_to_the_bot_and_is_closed(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    cora_id = await desk.add("cora@shop.example", name="Cora")
    anna = desk.customer()
    anna.count = 10

    assert await do(ben, number, "assign", to=str(cora_id)) == 204
    assert (await desk.store.inbox.conversations("mine", cora_id))[0].id == number
    assert await do(ben, number, "assign", to="") == 204
    assert (await desk.store.inbox.counts(cora_id)).waiting == 1
    assert await do(ben, number, "give-back") == 204
    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    assert await do(ben, number, "close") == 204
    assert "Closed" in (await ben.get(f"/conversations/{number}/head")).words
    await desk.accounts.disable(cora_id)
    assert await do(ben, number, "assign", to=str(cora_id)) == 404


async def test_a_rating_is_shown_with_what_the_customer_added(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example")
    await do(ben, number, "close")
    question = (await desk.store.transcript("web:anna"))[-1]
    anna = desk.customer()
    anna.count = 100
    await anna.send("2", kind="button", button=ButtonPress(question.id, 1))
    await anna.send("too slow" + HOSTILE)

    head = await ben.get(f"/conversations/{number}/head")

    assert "rated 2 of 5: “too slow" in head.words
    assert "<script>alert" not in head.text


async def test_suggestions_are_ready_to_send(desk: ConsoleDesk) -> None:
    anna = desk.customer()
    number = await waiting(desk)
    anna.count = 10
    await anna.say("where is LW-11111")
    ben = await desk.signed_in("ben@shop.example")

    page = await ben.get(f"/conversations/{number}/suggestions")

    assert 'data-suggests="On its way: LW-11111."' in page.text


async def test_a_correction_is_learned_before_the_page_is_shown(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    message = (await desk.store.transcript("web:anna"))[0].id
    path = f"/conversations/{number}/messages/{message}"
    headers = {**HTMX, "X-CSRF-Token": ben.csrf}

    wrong = await ben.send(f"{path}/intent", headers, intent="no_such_thing")
    right = await ben.send(f"{path}/intent", headers, intent="return_request")

    assert "There is no intent" in wrong.words
    assert "✓ return_request" in right.words
    assert "by Ben" in right.words
    assert desk.n_learned == 1
    [standing] = await desk.store.corrections()
    assert (standing.text, standing.intent, standing.by, standing.message_id) == (
        "where is LW-11111",
        "return_request",
        "Ben",
        message,
    )
    again = await ben.send(f"{path}/intent", headers, intent="cancel_order")
    assert "✓ cancel_order" in again.words
    assert [one.intent for one in await desk.store.corrections()] == ["cancel_order"]
    await ben.send(f"{path}/undo", headers)
    assert await desk.store.corrections() == []


async def test_the_right_answer_is_learned_with_an_intent_that_has_it(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    message = (await desk.store.transcript("web:anna"))[0].id
    path = f"/conversations/{number}/messages/{message}"
    headers = {**HTMX, "X-CSRF-Token": ben.csrf}

    wrong = await ben.send(f"{path}/answer", headers, answer="<b>no_such_answer")
    right = await ben.send(f"{path}/answer", headers, answer="order_shipped")

    assert "There is no answer" in wrong.words
    assert "<b>" not in wrong.text
    assert "✓ order_status: order_shipped" in right.words
    assert desk.n_learned == 1
    [standing] = await desk.store.corrections()
    assert (standing.intent, standing.answer_id) == ("order_status", "order_shipped")
    await ben.send(f"{path}/intent", headers, intent="cancel_order")
    [standing] = await desk.store.corrections()
    assert (standing.intent, standing.answer_id) == ("cancel_order", None)


async def test_the_likeliest_intents_and_out_of_scope_take_one_click(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example")
    message = (await desk.store.transcript("web:anna"))[0].id

    page = await ben.get(f"/conversations/{number}/messages/{message}")

    assert 'name="intent" list="intents" required autocomplete="off" value="order_status"' in page.text
    assert '<button class="chip" name="intent" value="order_status"' not in page.text, "it stands above"
    assert '<button class="chip" name="intent" value="out_of_scope"' in page.text


async def test_details_tell_why(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example")
    message = (await desk.store.transcript("web:anna"))[0].id

    page = await ben.get(f"/conversations/{number}/messages/{message}")

    assert "answers from 0.80, asks from 0.40" in page.words
    assert "order_number" in page.text.replace(" ", "_")


@pytest.mark.parametrize(
    "path",
    [
        "/conversations/999", "/conversations/x", "/conversations/1/messages/999", "/inbox/none",
        "/conversations/999/head", "/conversations/999/transcript", "/conversations/999/suggestions",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(desk: ConsoleDesk, path: str) -> None:
    await waiting(desk)
    ben = await desk.signed_in("ben@shop.example")
    assert (await ben.get(path)).status == 404


async def test_a_message_of_another_conversation_is_not_shown(desk: ConsoleDesk) -> None:
    """IDOR: the message must be of the conversation in the address, and the bot's own are no customer's."""
    number = await waiting(desk, name="anna")
    other = await waiting(desk, "where is LW-11111", name="otto")
    ben = await desk.signed_in("ben@shop.example")
    foreign, reply = (line.id for line in (await desk.store.transcript("web:otto"))[:2])

    assert (await ben.get(f"/conversations/{number}/messages/{foreign}")).status == 404
    assert (await ben.get(f"/conversations/{other}/messages/{reply}")).status == 404


async def test_hostile_texts_are_shown_as_they_are(desk: ConsoleDesk) -> None:
    anna = desk.customer()
    await anna.send(HOSTILE, customer_name=HOSTILE)
    number = await waiting(desk, HOSTILE)
    ben = await desk.signed_in("ben@shop.example", name=HOSTILE)
    await do(ben, number, "note", text=HOSTILE)
    await do(ben, number, "reply", text=HOSTILE)
    message = (await desk.store.transcript("web:anna"))[0].id

    for path in (
        "/inbox", "/inbox/mine", f"/conversations/{number}", f"/conversations/{number}/head",
        f"/conversations/{number}/messages/{message}",
    ):  # fmt: skip
        page = await ben.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "490007" not in page.words


async def test_empty_and_endless_replies_are_refused(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example")
    for text in ("", "  \n ", "x" * 4001):
        assert await do(ben, number, "reply", text=text) == 400


async def test_a_deed_needs_the_token_of_the_session(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example")
    for deed in ("take", "reply", "note", "give-back", "close", "assign"):
        assert (await ben.send(f"/conversations/{number}/{deed}", HTMX, text="Hi")).status == 403
    assert [speaker for speaker, _ in await said(desk) if speaker == "person"] == []


async def test_strangers_see_nothing(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    stranger = desk.browser()
    for path in ("/inbox", f"/conversations/{number}", f"/conversations/{number}/transcript", "/live"):
        answer = await stranger.get(path)
        assert answer.status == 303
        assert "/console/sign-in" in answer.leads_to


async def test_any_message_is_found_again(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "my lamp arrived broken")
    await waiting(desk, "hi", name="otto")
    ben = await desk.signed_in("ben@shop.example")

    found = await ben.get("/inbox/search?q=Lamp brok")
    nothing = await ben.get("/inbox/search?q=sofa")
    opened = await ben.get(f"/conversations/{number}?view=open&q=lamp")

    assert [f"/conversations/{n}?" in found.text for n in (number, number + 1)] == [True, False]
    assert "my lamp arrived broken" in found.words
    assert "Nothing found" in nothing.words
    assert "my lamp arrived broken" in opened.words
    assert (await ben.get(f"/inbox/search?q={'<script>' * 40}")).status == 200


async def test_a_conversation_is_exported_whole(desk: ConsoleDesk) -> None:
    number = await waiting(desk, "where is LW-11111")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    await do(ben, number, "note", text="careful")

    as_text = await ben.get(f"/conversations/{number}/export.txt")
    as_json = json.loads((await ben.get(f"/conversations/{number}/export.json")).text)

    assert "Customer: where is LW-11111" in as_text.text
    assert "(note of Ben) careful" in as_text.text
    assert "-- waiting: customer asked" in as_text.text
    assert as_text.headers["Content-Disposition"] == f'attachment; filename="conversation-{number}.txt"'
    first = next(entry for entry in as_json["entries"] if entry["type"] == "spoken")
    assert (first["type"], first["text"], first["understood"]["intents"][0][0]) == (
        "spoken",
        "where is LW-11111",
        "order_status",
    )
    assert (await ben.get(f"/conversations/{number}/export.exe")).status == 404
    assert (await ben.get("/conversations/99/export.txt")).status == 404


async def test_an_open_page_hears_of_its_conversation_and_of_the_list(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    other = desk.customer("otto")
    anna = desk.customer()
    anna.count = 10
    ben = await desk.signed_in("ben@shop.example")

    page = await ben.get(f"/conversations/{number}")
    [live] = re.findall(r'sse-connect="/console(.*?)"', page.text)
    async with ben.client.get(f"{ben.url}{html.unescape(live)}") as stream:
        assert stream.content_type == "text/event-stream"
        await other.say("hi")
        assert await _events(stream) == ["inbox"]
        await anna.say("are you there?")
        assert await _events(stream) == ["inbox", "case"]


async def test_what_happened_before_a_page_listened_is_told_at_once(desk: ConsoleDesk) -> None:
    number = await waiting(desk)
    ben = await desk.signed_in("ben@shop.example")
    page = await ben.get(f"/conversations/{number}")
    [live] = re.findall(r'sse-connect="/console(.*?)"', page.text)
    await desk.customer("otto").say("hi")

    async with ben.client.get(f"{ben.url}{html.unescape(live)}") as stream:
        assert await _events(stream) == ["inbox", "case"]


async def _events(stream: object) -> list[str]:
    """What is told within a moment."""
    found: list[str] = []
    try:
        async with asyncio.timeout(2):
            async for line in stream.content:  # type: ignore[attr-defined]
                if line.startswith(b"event: "):
                    found.append(line[7:].decode().strip())
                    if found[-1] == "case":
                        return found
                elif found and not line.strip():
                    async with asyncio.timeout(0.6):
                        line = await stream.content.readline()  # type: ignore[attr-defined]
                        if line.startswith(b"event: "):
                            found.append(line[7:].decode().strip())
                            return found
    except TimeoutError:
        pass
    return found
