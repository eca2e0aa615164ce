"""What is stored of a customer, from the web: to whoever shows the secret of the conversation, or the API key."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.web.conversations import conversation_of
from tests.bot.channels.web_desk import TOKEN, WebDesk, open_web_desk, said


@pytest.fixture
async def desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebDesk]:
    monkeypatch.delenv("KEFU_API_KEY", raising=False)
    async with open_web_desk(folder) as opened:
        yield opened


async def ask(desk: WebDesk, body: Any, **options: Any) -> tuple[int, Any, Any]:
    async with desk.client.post(f"{desk.url}/data", data=json.dumps(body), **options) as response:
        return response.status, await response.json(), response.headers


async def test_the_page_gets_what_its_own_secret_opens_and_no_more(desk: WebDesk) -> None:
    other = "u" * 43
    async with desk.socket() as mine, desk.socket(other) as theirs:
        await mine.say("where is LW-11111")
        await theirs.say("where is LW-22222")
        await mine.lines(2)
        await theirs.lines(2)
    status, found, headers = await ask(desk, {"token": TOKEN})
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert headers["Cache-Control"] == "no-store"
    assert "LW-11111" in json.dumps(found["messages"])
    assert "LW-22222" not in json.dumps(found)
    assert "notes" not in found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"token": "v" * 43}, 404),
        ({"token": "short"}, 422),
        ({"token": ["t" * 43]}, 422),
        ({}, 422),
        ([], 422),
        ({"token": TOKEN, "conversation": "anna"}, 422),
    ],
)
async def test_without_the_right_secret_there_is_nothing(desk: WebDesk, body: Any, expected: int) -> None:
    await desk.say("where is LW-11111")
    status, answer, _ = await ask(desk, body)
    assert (status, list(answer)) == (expected, ["error"])


async def test_the_id_of_a_conversation_is_not_its_secret(desk: WebDesk) -> None:
    async with desk.socket() as tab:
        await tab.say("where is LW-11111")
        await tab.lines(2)
    assert (await ask(desk, {"token": TOKEN}))[0] == 200
    assert (await ask(desk, {"token": conversation_of(TOKEN)}))[0] == 404


async def test_a_foreign_page_is_refused(desk: WebDesk) -> None:
    headers = {"Origin": "https://evil.example"}
    assert (await ask(desk, {"token": TOKEN}, headers=headers))[0] == 403


async def test_many_tries_are_refused_for_a_while(folder: Path) -> None:
    async with open_web_desk(folder, requests_per_minute=3) as desk:
        met = [(await ask(desk, {"token": f"{number:043}"}))[0] for number in range(5)]
    assert met == [404, 404, 404, 429, 429]


async def test_the_companys_system_gets_it_with_its_key(
    desk: WebDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.say("where is LW-11111")
    await desk.say("where is LW-22222", conversation="ben")
    path = "/api/v1/conversations/anna/data"
    status, found, _ = await desk.get(path)
    assert status == 200
    assert "LW-11111" in json.dumps(found["messages"])
    assert "LW-22222" not in json.dumps(found)
    assert (await desk.get("/api/v1/conversations/nobody/data"))[0] == 404
    monkeypatch.setenv("KEFU_API_KEY", "right")
    assert (await desk.get(path))[0] == 401
    assert (await desk.get(path, headers={"Authorization": "Bearer wrong"}))[0] == 401
    assert (await desk.get(path, headers={"Authorization": "Bearer right"}))[0] == 200


async def test_a_program_that_presses_the_button_is_told_who_can_help(desk: WebDesk) -> None:
    told = await desk.say("/privacy")
    [reply] = told["replies"]
    assert reply["buttons"] == [{"label": "Send me my data", "kind": "data"}]
    button = {"message_id": reply["id"], "index": 0}
    press = said("", 2) | {"button": button}
    del press["text"]
    status, answer, _ = await desk.post(press)
    assert (status, answer["replies"][0]["text"]) == (
        200, "I can't send files here. A person can get it for you: /human"
    )  # fmt: skip
