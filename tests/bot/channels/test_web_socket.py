"""The socket: a conversation as it grows, in every tab, through every break."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.channels.web.channel import WebChannel
from bot.channels.web.conversations import PAGE, conversation_of
from bot.channels.web.live import MAX_UNDER_WAY, Session
from bot.channels.web.shapes import MAX_BYTES
from bot.staffing import Staffing
from tests.bot.channels.web_desk import TOKEN, WebDesk, open_web_desk, said
from tests.bot.colleagues import add_colleague

ANNA = conversation_of(TOKEN)


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder) as opened:
        yield opened


async def test_a_message_is_answered(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        hello = await tab.next("transcript")
        await tab.say("where is LW-11111", 7)
        asked, answer = await tab.lines(2)

    assert hello == {
        "type": "transcript", "conversation": ANNA, "status": "bot", "messages": [], "is_restart": True
    }  # fmt: skip
    assert (asked["speaker"], asked["client_message_id"]) == ("customer", "7")
    assert "LW-11111" in answer["text"]
    assert answer["buttons"][2]["kind"] == "helpful"


async def test_typing_is_shown_before_the_answer(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("slowly")
        assert (await tab.next("typing"))["is_typing"]
        desk.slow.go.set()
        await tab.lines(2)


async def test_a_button_is_pressed(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("something with my order", 1)
        question = (await tab.lines(2))[1]
        await tab.press(question["id"], 0, 2)
        pressed, answer = await tab.lines(2)

    assert pressed["pressed"] == {"message_id": question["id"], "index": 0}
    assert (pressed["text"], answer["text"]) == ("Where is my order", "Your order number?")


async def test_a_conversation_is_resumed_after_the_last_message(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("hi", 1)
        known = (await tab.lines(2))[-1]["id"]
        await tab.say("thanks", 2)
        missed = await tab.lines(2)

    async with desk.socket(after=known) as tab:
        resumed = await tab.next("transcript")

    assert (resumed["messages"], resumed["is_restart"]) == (missed, False)


async def test_a_long_conversation_comes_in_pieces(desk: WebDesk) -> None:
    for number in range(PAGE // 2 + 1):
        await desk.say("hi", number, ANNA)

    async with desk.socket() as tab:
        first, rest = await tab.next("transcript"), await tab.next("transcript")

    assert (len(first["messages"]), first["is_restart"]) == (PAGE, True)
    assert (len(rest["messages"]), rest["is_restart"]) == (2, False)
    async with desk.socket(after=first["messages"][-1]["id"]) as tab:
        assert (await tab.next("transcript"))["messages"] == rest["messages"]


async def test_tabs_of_one_conversation_stay_in_step(desk: WebDesk) -> None:
    async with desk.socket() as one, desk.socket() as other, desk.socket(token="b" * 43) as stranger:
        for tab in (one, other, stranger):
            await tab.next("transcript")
        await one.say("hi", 1)
        assert await one.lines(2) == await other.lines(2)
        await desk.say("thanks", 2, ANNA)
        assert await one.lines(2) == await other.lines(2)
        await stranger.socket.send_json({"type": "ping"})
        assert (await stranger.socket.receive_json(timeout=10))["type"] == "pong"


async def test_the_same_id_is_answered_once(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("hi", 1)
        await tab.say("hi", 1)
        await tab.lines(2)
        assert (await tab.next("transcript"))["messages"] == []

    assert len(await desk.texts(ANNA)) == 2


async def test_a_message_gets_its_turn_though_the_socket_drops(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("slowly")
        await desk.slow.begun.wait()
    desk.slow.go.set()
    async with desk.socket() as tab:
        lines = await tab.lines(2)

    assert lines[0]["text"] == "slowly"


async def test_replies_count_as_delivered_once_a_socket_took_them(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("slowly")
        await desk.slow.begun.wait()
    desk.slow.go.set()
    while len(await desk.texts(ANNA)) < 2:
        await asyncio.sleep(0.01)
    assert len(await desk.store.undelivered("web")) == 1

    async with desk.socket() as tab:
        await tab.lines(2)
        while await desk.store.undelivered("web"):
            await asyncio.sleep(0.01)


class GoneSocket:
    """The browser went away a moment ago."""

    async def send_str(self, text: str) -> None:
        raise ConnectionResetError


async def test_replies_do_not_count_as_delivered_where_the_browser_is_gone(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("slowly")
        await desk.slow.begun.wait()
    desk.slow.go.set()
    channel = WebChannel.of(desk.engine, desk.store, desk.settings)
    session = Session(channel, GoneSocket(), "client", conversation=ANNA)
    while await session._tell_news(0) == 0:
        await asyncio.sleep(0.01)

    assert len(await desk.store.undelivered("web")) == 1


async def test_a_server_that_stops_says_so_and_finishes_its_turns(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("slowly")
        await desk.slow.begun.wait()
        stopping = asyncio.create_task(desk.stop())
        assert await tab.close_code() == aiohttp.WSCloseCode.GOING_AWAY
        assert not stopping.done()
        desk.slow.go.set()
        await stopping

    assert len(await desk.texts(ANNA)) == 2


async def test_after_forget_nothing_old_is_shown_in_any_tab(desk: WebDesk) -> None:
    async with desk.socket() as tab, desk.socket() as other:
        for number, text in enumerate(["hi", "/forget", "yes"]):
            await tab.say(text, number)
            while not (frame := await tab.next("transcript"))["messages"]:
                pass
        assert (frame["is_restart"], frame["messages"][0]["text"]) == (True, "")
        seen: list[Any] = []
        while not any("removed" in line["text"] for line in seen):
            told = await other.next("transcript")
            seen = told["messages"] + ([] if told["is_restart"] else seen)
        assert len(seen) == 2

    async with desk.socket(after=1) as tab:  # a tab that slept through it
        assert (await tab.next("transcript"))["is_restart"]


async def test_while_a_person_has_the_conversation_the_tab_knows(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("/human", 1)
        assert (await tab.next("transcript"))["status"] == "waiting"
        await tab.say("hello?", 2)
        assert [line["speaker"] for line in (await tab.next("transcript"))["messages"]] == ["customer"]


async def test_what_a_person_says_comes_without_a_reload(desk: WebDesk) -> None:
    staffing = Staffing(desk.store, desk.engine.settings, desk.engine.news)
    async with desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("/human", 1)
        await tab.next("transcript")
        number = (await desk.store.inbox.conversations("waiting", 0))[0].id
        await staffing.say(number, await add_colleague(desk.store, "ben"), "Ben here.")
        told = await tab.next("transcript")

    assert (told["status"], [line["text"] for line in told["messages"]]) == ("person", ["Ben here."])
    assert told["messages"][0]["speaker"] == "person"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "not_json"),
        ("[" * 60_000, "not_json"),
        (b"\x00\xff", "not_json"),
        ("[]", "invalid"),
        ('{"type": "dance"}', "invalid"),
        ('{"text": "hi"}', "invalid"),
        ('{"type": "message", "text": "hi"}', "invalid"),
        ('{"type": "message", "client_message_id": "1", "text": 7}', "invalid"),
        ('{"type": "press", "client_message_id": "1", "button": {"message_id": 0, "index": 0}}', "invalid"),
        (f'{{"type": "hello", "token": "{TOKEN}"}}', "unexpected"),
    ],
)
async def test_a_malformed_frame_gets_an_error_and_the_conversation_goes_on(
    desk: WebDesk, frame: str | bytes, code: str
) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        await (tab.socket.send_str(frame) if isinstance(frame, str) else tab.socket.send_bytes(frame))
        assert (await tab.next("error"))["error"]["code"] == code
        await tab.say("hi")
        await tab.lines(2)


@pytest.mark.parametrize(
    "hello",
    [
        {"type": "hello", "token": "short"},
        {"type": "hello"},
        {"type": "ping"},
        {"type": "hello", "token": TOKEN, "after": -1},
    ],
)
async def test_who_does_not_say_hello_is_sent_away(desk: WebDesk, hello: dict[str, Any]) -> None:
    async with desk.client.ws_connect(f"{desk.url}/ws") as opened:
        await opened.send_json(hello)
        while not opened.closed:
            await opened.receive(timeout=10)

    assert opened.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_frame_that_is_too_large_ends_the_socket(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("x" * MAX_BYTES)

        assert await tab.close_code() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_too_many_frames_are_refused_for_a_while(folder: Path) -> None:
    async with open_web_desk(folder, requests_per_minute=2) as desk, desk.socket() as tab:
        await tab.next("transcript")
        await tab.say("hi", 1)
        await tab.say("thanks", 2)
        refusal = await tab.next("error")
        assert (refusal["error"]["code"], refusal["client_message_id"]) == ("too_many_requests", "2")
        assert 1 <= refusal["error"]["retry_after_s"] <= 30


async def test_so_many_messages_may_wait_for_their_turn_and_no_more(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        for number in range(MAX_UNDER_WAY + 1):
            await tab.say("hi" if number else "slowly", number)
        assert (await tab.next("error"))["client_message_id"] == str(MAX_UNDER_WAY)
        desk.slow.go.set()
        await tab.lines(2 * MAX_UNDER_WAY)


async def test_a_client_may_open_so_many_sockets_and_no_more(folder: Path) -> None:
    async with open_web_desk(folder, requests_per_minute=2) as desk:
        async with desk.socket() as one, desk.socket() as two:
            for tab in (one, two):
                await tab.next("transcript")
            status, body, _ = await desk.get("/ws")
        assert (status, body["error"]["code"]) == (429, "too_many_sockets")
        while (body := (await desk.get("/ws"))[1])["error"]["code"] == "too_many_sockets":
            await asyncio.sleep(0.01)  # until the server knows that they closed


async def test_pages_elsewhere_cannot_open_a_socket(desk: WebDesk) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with desk.socket(origin="https://evil.example"):
            pass

    assert refusal.value.status == 403
    async with desk.socket(origin=desk.url) as tab:
        await tab.next("transcript")


async def test_while_the_database_is_away_a_message_can_be_sent_again(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.next("transcript")
        desk.store.is_away = True
        await tab.say("hi", 1)
        refusal = await tab.next("error")
        assert (refusal["error"]["code"], refusal["client_message_id"]) == ("unavailable", "1")
        assert refusal["error"]["retry_after_s"] >= 1
        desk.store.is_away = False
        await tab.say("hi", 1)
        await tab.lines(2)


async def test_a_transcript_that_cannot_be_read_ends_the_socket(desk: WebDesk) -> None:
    desk.store.is_away = True
    async with desk.socket() as tab:
        assert (await tab.next("error"))["error"]["code"] == "unavailable"
        assert await tab.close_code() == aiohttp.WSCloseCode.TRY_AGAIN_LATER


async def test_the_token_is_stored_nowhere(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("hi")
        await tab.lines(2)
    await desk.stop()
    await desk.store.close()

    files = [path.read_bytes() for path in desk.settings.folder.glob("kefu.db*")]
    assert any(ANNA.encode() in content for content in files)
    assert not any(TOKEN.encode() in content for content in files)


async def test_who_knows_the_id_of_a_conversation_cannot_enter_it(desk: WebDesk) -> None:
    await desk.post(said("hi", 1, ANNA))
    async with desk.socket(token=ANNA) as tab:
        assert (await tab.next("transcript"))["messages"] == []
