"""The OpenAPI document: valid, complete, and true of what is really answered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from bot.channels.web.app import web_app
from bot.channels.web.shapes import (
    ErrorFrame,
    Hello,
    Ping,
    PressFrame,
    TextFrame,
    TranscriptFrame,
    TypingFrame,
)
from tests.bot.channels.web_desk import WebDesk, open_web_desk, said

GUIDE = Path(__file__).parents[3] / "docs" / "web.md"
MESSAGES, CONVERSATION = "/api/v1/messages", "/api/v1/conversations/{id}"


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder) as opened:
        yield opened


async def document_of(desk: WebDesk) -> dict[str, Any]:
    document: dict[str, Any] = (await desk.get("/api/v1/openapi.json"))[1]
    return document


async def test_the_document_is_valid(desk: WebDesk) -> None:
    validate(await document_of(desk))


async def test_every_route_is_described_and_nothing_else(desk: WebDesk) -> None:
    app = web_app(desk.engine, desk.store, desk.settings)
    routes = {
        (resource.canonical, route.method.lower())
        for resource in app.router.resources()
        for route in resource
        if route.method != "HEAD"
    }

    described = {
        (path, method) for path, item in (await document_of(desk))["paths"].items() for method in item
    }

    assert described == routes


def errors_in(
    document: dict[str, Any], path: str, method: str, status: int, body: Any, content_type: str
) -> list[str]:
    """What an answer has against the schema described for it."""
    content = document["paths"][path][method]["responses"][str(status)]["content"]
    schema = content[content_type]["schema"] | {"components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(body)]


async def test_answers_are_as_described(desk: WebDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    document = await document_of(desk)
    conversation = "/api/v1/conversations/anna"
    asked = await desk.say("something with my order")
    button = {"message_id": asked["replies"][0]["id"], "index": 0}
    press = {"conversation": "anna", "client_message_id": "2", "button": button}
    met = [
        (MESSAGES, "post", *(await desk.post(said("where is LW-11111", 3)))),
        (MESSAGES, "post", *(await desk.post(press))),
        (MESSAGES, "post", *(await desk.post(said("/human", 4)))),
        (MESSAGES, "post", *(await desk.post(said("hello?", 5)))),
        (MESSAGES, "post", *(await desk.post({"text": "hi"}))),
        (MESSAGES, "post", *(await desk.post([]))),
        (MESSAGES, "post", *(await desk.post(said("hi"), headers={"Origin": "https://evil.example"}))),
        (MESSAGES, "post", *(await desk.post(said("hi"), headers={"Content-Type": "text/plain"}))),
        (MESSAGES, "post", *(await desk.post({"text": " " * 200_000}))),
        (CONVERSATION, "get", *(await desk.get(conversation))),
        (CONVERSATION, "get", *(await desk.get("/api/v1/conversations/nobody"))),
        (CONVERSATION, "get", *(await desk.get(f"{conversation}?after=x"))),
        (f"{CONVERSATION}/data", "get", *(await desk.get(f"{conversation}/data"))),
        (f"{CONVERSATION}/data", "get", *(await desk.get("/api/v1/conversations/nobody/data"))),
        ("/healthz", "get", *(await desk.get("/healthz"))),
        ("/readyz", "get", *(await desk.get("/readyz"))),
        ("/static/{name}", "get", *(await desk.get("/static/nothing"))),
        ("/ws", "get", *(await desk.get("/ws"))),
    ]
    desk.store.is_away = True
    met.append((MESSAGES, "post", *(await desk.post(said("hi", 6)))))
    met.append(("/readyz", "get", *(await desk.get("/readyz"))))
    monkeypatch.setenv("KEFU_API_KEY", "secret")
    met.append((MESSAGES, "post", *(await desk.post(said("hi", 7)))))

    for path, method, status, body, headers in met:
        content_type = headers["Content-Type"].partition(";")[0]
        assert errors_in(document, path, method, status, body, content_type) == [], (path, status)
    assert {status for _, _, status, _, _ in met} == {200, 400, 401, 403, 404, 413, 415, 422, 503}


async def test_what_is_sent_is_as_described(desk: WebDesk) -> None:
    document = await document_of(desk)
    body = document["paths"][MESSAGES]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator(body | {"components": document["components"]})

    assert validator.is_valid(said("hi"))
    assert not validator.is_valid(said("hi") | {"conversation": "a b"})
    assert not validator.is_valid(said("hi") | {"colour": "red"})


async def test_too_many_requests_are_as_described(folder: Path) -> None:
    async with open_web_desk(folder, requests_per_minute=1) as desk:
        document = await document_of(desk)
        status, body, _ = await desk.post(said("hi"))

    assert status == 429
    assert errors_in(document, MESSAGES, "post", status, body, "application/json") == []


async def test_pages_have_the_type_that_is_described(desk: WebDesk) -> None:
    paths = (await document_of(desk))["paths"]
    for path in ("/", "/embed", "/widget.js"):
        async with desk.client.get(desk.url + path) as response:
            assert [response.content_type] == list(paths[path]["get"]["responses"]["200"]["content"])


def test_every_frame_is_described_in_the_guide() -> None:
    guide = GUIDE.read_text("utf-8")
    for shape in (Hello, TextFrame, PressFrame, Ping, TranscriptFrame, TypingFrame, ErrorFrame):
        described = next(
            line
            for line in guide.splitlines()
            if f'"type": "{get_args(shape.model_fields["type"].annotation)[0]}"' in line
        )
        for name in shape.model_fields:
            assert f'"{name}"' in described, (shape, name)
