"""REST: messages in, answers and transcripts out, and what is refused."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.web.shapes import MAX_BYTES, MAX_TEXT
from tests.bot.channels.web_desk import WebDesk, open_web_desk, said

FINE = said("hi")
ANYWHERE = "0.0.0.0"  # noqa: S104 - only said to listen there


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEFU_API_KEY", raising=False)


async def test_a_message_is_answered(desk: WebDesk) -> None:
    answer = await desk.say("where is LW-11111")

    assert "LW-11111" in answer["replies"][0]["text"]
    assert [button["kind"] for button in answer["replies"][0]["buttons"]] == [
        "choice", "choice", "helpful", "not_helpful"
    ]  # fmt: skip
    assert answer["decision"] == {
        "kind": "answer", "reason": "confident", "intent": "order_status", "answer_id": "order_shipped"
    }  # fmt: skip
    assert answer["status"] == "bot"


async def test_an_answer_given_back_counts_as_delivered(desk: WebDesk) -> None:
    await desk.say("hi")

    while await desk.store.undelivered("web"):
        await asyncio.sleep(0.01)


async def test_the_same_id_gets_the_same_answer(desk: WebDesk) -> None:
    first = await desk.say("where is LW-11111")
    again = await desk.say("where is LW-11111")

    assert again == first | {"is_repeat": True}
    assert len(await desk.texts()) == 2


async def test_the_same_id_at_the_same_time_is_answered_once(desk: WebDesk) -> None:
    answers = await asyncio.gather(*(desk.say("Where is my parcel?") for _ in range(8)))

    assert len({answer["message_id"] for answer in answers}) == 1
    assert sum(not answer["is_repeat"] for answer in answers) == 1
    assert len(await desk.texts()) == 2


async def test_a_button_is_pressed(desk: WebDesk) -> None:
    asked = await desk.say("something with my order")
    button = {"message_id": asked["replies"][0]["id"], "index": 0}

    status, answer, _ = await desk.post({"conversation": "anna", "client_message_id": "2", "button": button})

    assert (status, answer["replies"][0]["text"]) == (200, "Your order number?")
    _, transcript, _ = await desk.get("/api/v1/conversations/anna")
    pressed = transcript["messages"][2]
    assert (pressed["text"], pressed["client_message_id"]) == ("Where is my order", "2")
    assert pressed["pressed"] == button


async def test_a_button_of_another_conversation_shows_nothing(desk: WebDesk) -> None:
    asked = await desk.say("something with my order", conversation="anna")
    button = {"message_id": asked["replies"][0]["id"], "index": 0}

    _, answer, _ = await desk.post({"conversation": "eve", "client_message_id": "1", "button": button})

    assert answer["decision"]["reason"] == "stale_button"
    assert (await desk.texts("eve"))[0] == ""


async def test_a_conversation_is_read_piece_by_piece(desk: WebDesk) -> None:
    await desk.say("hi", 1)
    await desk.say("thanks", 2)

    _, first, _ = await desk.get("/api/v1/conversations/anna?limit=3")
    _, rest, _ = await desk.get(f"/api/v1/conversations/anna?after={first['messages'][-1]['id']}")

    assert [line["speaker"] for line in first["messages"] + rest["messages"]] == ["customer", "bot"] * 2
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert first["messages"][0]["client_message_id"] == "1"


async def test_while_a_person_has_the_conversation_there_are_no_replies(desk: WebDesk) -> None:
    assert (await desk.say("/human", 1))["status"] == "waiting"

    answer = await desk.say("hello?", 2)

    assert (answer["replies"], answer["decision"], answer["status"]) == ([], None, "waiting")
    assert (await desk.say("/bot", 3))["status"] == "bot"


async def test_an_unknown_conversation_is_not_found(desk: WebDesk) -> None:
    status, body, _ = await desk.get("/api/v1/conversations/nobody")

    assert (status, body["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field", "met"),
    [
        ({"conversation": "a", "text": "hi"}, "client_message_id", "nothing"),
        (FINE | {"conversation": "a b"}, "conversation", "'a b'"),
        (FINE | {"conversation": "a\n"}, "conversation", "'a\\n'"),
        (FINE | {"client_message_id": 7}, "client_message_id", "7"),
        (FINE | {"text": None}, "text", "None"),
        (FINE | {"text": "x" * (MAX_TEXT + 1)}, "text", "'xxx"),
        (FINE | {"colour": "red"}, "colour", "'red'"),
        (FINE | {"button": {"message_id": 1, "index": 0}}, "text", "'hi'"),
        ({**FINE, "language": "x" * 36}, "language", "'xxx"),
        (
            {"conversation": "a", "client_message_id": "1", "button": {"message_id": 2**31, "index": 0}},
            "button.message_id",
            "2147483648",
        ),
        (
            {"conversation": "a", "client_message_id": "1", "button": {"message_id": 1, "index": -1}},
            "button.index",
            "-1",
        ),
    ],
)
async def test_a_field_that_is_wrong_is_named(desk: WebDesk, body: Any, field: str, met: str) -> None:
    status, answer, _ = await desk.post(body)

    error = answer["error"]
    assert (status, error["code"], error["field"]) == (422, "invalid", field)
    assert error["met"].startswith(met)
    assert error["wanted"]


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * (MAX_BYTES + 1), "application/json", 413),
    ],
)
async def test_a_body_that_is_wrong_is_refused(
    desk: WebDesk, raw: bytes, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    async with desk.client.post(f"{desk.url}/api/v1/messages", data=raw, headers=headers) as response:
        met = (response.status, set(await response.json()))

    assert met == (status, {"error"})


async def test_texts_no_database_takes_are_mended(desk: WebDesk) -> None:
    raw = b'{"conversation": "anna", "client_message_id": "1", "text": "a\\u0000b\\ud800c"}'
    headers = {"Content-Type": "application/json"}
    async with desk.client.post(f"{desk.url}/api/v1/messages", data=raw, headers=headers) as response:
        assert response.status == 200

    assert (await desk.texts())[0] == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "limit=201", "before=3"])
async def test_a_query_that_is_wrong_is_named(desk: WebDesk, query: str) -> None:
    status, body, _ = await desk.get(f"/api/v1/conversations/anna?{query}")

    assert (status, body["error"]["field"]) == (422, query.partition("=")[0])


async def test_a_wrong_method_is_told_the_right_one(desk: WebDesk) -> None:
    status, body, headers = await desk.get("/api/v1/messages")

    assert (status, body["error"]["code"], headers["Allow"]) == (405, "method_not_allowed", "POST")


async def test_while_the_database_is_away_clients_are_told_to_come_again(
    desk: WebDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.store.is_away = True
    status, body, headers = await desk.post(FINE)
    assert (status, body["error"]["code"]) == (503, "unavailable")
    assert int(headers["Retry-After"]) >= 1
    assert (await desk.get("/readyz"))[0] == 503
    assert (await desk.get("/healthz"))[0] == 200

    desk.store.is_away = False

    assert not (await desk.say("hi"))["is_repeat"]
    assert (await desk.get("/readyz"))[0] == 200
    assert "OSError" in caplog.text
    assert "Anna" not in caplog.text


async def test_a_desk_that_was_told_to_stop_is_healthy_and_not_ready_and_still_answers(desk: WebDesk) -> None:
    desk.was_told_to_stop = True
    status, body, headers = await desk.get("/readyz")
    assert (status, body["error"]["code"]) == (503, "stopping")
    assert int(headers["Retry-After"]) >= 1
    assert (await desk.get("/healthz"))[0] == 200
    assert (await desk.say("hi"))["replies"]


async def test_a_desk_that_makes_do_is_ready_and_says_so(desk: WebDesk) -> None:
    assert (await desk.get("/readyz"))[1] == {"status": "ready"}
    desk.makes_do = True
    for path, status in (("/readyz", "ready"), ("/healthz", "ok")):
        met, body, _ = await desk.get(path)
        assert (met, body["status"]) == (200, status)
        assert body["note"].startswith("making do without the current release")


async def test_words_of_customers_are_not_logged(desk: WebDesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await desk.say("secret words")

    assert "turn conversation=" in caplog.text
    assert "secret" not in caplog.text


async def test_a_turn_goes_on_when_its_client_goes_away(desk: WebDesk) -> None:
    request = asyncio.create_task(desk.say("slowly"))
    await desk.slow.begun.wait()
    request.cancel()
    desk.slow.go.set()
    await desk.stop()

    assert len(await desk.texts()) == 2


class TestKey:
    """Who is let in."""

    async def test_without_a_key_only_this_machine_may_ask(self, folder: Path) -> None:
        async with open_web_desk(folder, host=ANYWHERE) as desk:
            status, body, headers = await desk.post(FINE)

        assert (status, body["error"]["code"]) == (401, "unauthorized")
        assert headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Forwarded-For": "10.0.0.9"},
            {"Forwarded": "for=10.0.0.9"},
            {"Via": "1.1 proxy"},
            {"Host": "desk.example"},
            {"Host": "[::1"},
        ],
    )
    async def test_what_a_proxy_passes_on_is_not_from_this_machine(
        self, desk: WebDesk, headers: dict[str, str]
    ) -> None:
        assert (await desk.post(FINE, headers=headers))[0] == 401

    async def test_a_desk_with_a_public_address_wants_a_key(self, folder: Path) -> None:
        async with open_web_desk(folder, public_url="https://desk.example/") as desk:
            assert (await desk.post(FINE))[0] == 401

    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
    async def test_this_machine_has_several_names(self, desk: WebDesk, name: str) -> None:
        assert (await desk.post(FINE, headers={"Host": f"{name}:{desk.port}"}))[0] == 200

    @pytest.mark.parametrize("host", ["127.0.0.1", ANYWHERE])
    @pytest.mark.parametrize(
        ("shown", "status"),
        [("Bearer secret", 200), ("bearer secret", 200), ("Bearer secre", 401), ("Basic secret", 401),
         ("secret", 401), ("Bearer s\xe9cret", 401), ("", 401)],
    )  # fmt: skip
    async def test_a_key_that_is_set_is_asked_for(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, shown: str, status: int
    ) -> None:
        monkeypatch.setenv("KEFU_API_KEY", "secret")
        async with open_web_desk(folder, host=host) as desk:
            assert (await desk.post(FINE, headers={"Authorization": shown}))[0] == status
            assert (await desk.get("/api/v1/openapi.json"))[0] == 200


class TestOrigin:
    """Which pages may ask."""

    async def test_a_foreign_page_is_refused(self, desk: WebDesk) -> None:
        status, body, headers = await desk.post(FINE, headers={"Origin": "https://evil.example"})

        assert (status, body["error"]["code"]) == (403, "origin")
        assert "Access-Control-Allow-Origin" not in headers
        assert await desk.texts() == []

    async def test_a_page_of_the_desk_itself_may_ask(self, desk: WebDesk) -> None:
        assert (await desk.post(FINE, headers={"Origin": desk.url}))[0] == 200

    async def test_a_page_of_an_allowed_origin_may_ask(self, folder: Path) -> None:
        origin = "https://shop.example"
        async with open_web_desk(folder, allowed_origins=(origin,)) as desk:
            status, _, headers = await desk.post(FINE, headers={"Origin": origin})
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            async with desk.client.options(f"{desk.url}/api/v1/messages", headers=asked) as preflight:
                assert preflight.status == 204
                assert preflight.headers["Access-Control-Allow-Origin"] == origin
                assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]

        assert (status, headers["Access-Control-Allow-Origin"], headers["Vary"]) == (200, origin, "Origin")

    async def test_the_public_address_is_the_desk_itself(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KEFU_API_KEY", "secret")
        async with open_web_desk(folder, public_url="https://desk.example/chat/") as desk:
            headers = {"Origin": "https://desk.example", "Authorization": "Bearer secret"}
            assert (await desk.post(FINE, headers=headers))[0] == 200


class TestRate:
    """How much one client may ask for."""

    async def test_too_many_requests_are_refused_for_a_while(self, folder: Path) -> None:
        async with open_web_desk(folder, requests_per_minute=2) as desk:
            answers = [await desk.post(said("hi", number)) for number in range(3)]

        assert [status for status, _, _ in answers] == [200, 200, 429]
        assert 1 <= int(answers[-1][2]["Retry-After"]) <= 30
        assert answers[-1][1]["error"]["code"] == "too_many_requests"

    async def test_a_client_cannot_pass_for_another(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KEFU_API_KEY", "secret")
        async with open_web_desk(folder, requests_per_minute=1) as desk:
            assert await self._ask_as(desk, "10.0.0.1", "10.0.0.2") == [200, 429]

    async def test_behind_a_trusted_proxy_clients_are_told_apart(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KEFU_API_KEY", "secret")
        async with open_web_desk(folder, requests_per_minute=1, trusted_proxies=("127.0.0.1",)) as desk:
            assert await self._ask_as(desk, "10.0.0.1", "10.0.0.2", "10.0.0.2") == [200, 200, 429]

    @staticmethod
    async def _ask_as(desk: WebDesk, *addresses: str) -> list[int]:
        headers = {"Authorization": "Bearer secret"}
        return [
            (await desk.post(said("hi", number), headers=headers | {"X-Forwarded-For": address}))[0]
            for number, address in enumerate(addresses)
        ]
