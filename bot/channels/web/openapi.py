"""The OpenAPI 3.1 document of everything this channel listens to."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.channels.web.conversations import PAGE
from bot.channels.web.hooks import SECRET
from bot.channels.web.shapes import (
    MAX_ID,
    Answered,
    Failure,
    Health,
    NewPress,
    NewText,
    OwnDataRequest,
    Transcript,
)

VERSION = "1"
REF = "#/components/schemas/{model}"
REFUSALS = {
    400: "The body is not the JSON that is wanted.",
    401: "The API key is missing or wrong.",
    403: "The page's origin is not allowed, or the secret is wrong.",
    404: "Not found.",
    413: "The body is too large.",
    415: "The Content-Type is not application/json.",
    422: "A field is not as it must be; `met` and `wanted` say how.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "The desk can't answer at the moment; send it again after Retry-After, with the same client_message_id.",
}
SHAPES = (NewText, NewPress, Answered, Transcript, OwnDataRequest, Failure, Health)
OWN_DATA: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
WAITS = {429, 503}


def openapi() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "kefu",
            "version": VERSION,
            "description": "Send customers' messages to the desk and read their conversations.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "KEFU_API_KEY; not needed where the server listens to its own machine only.",
                }
            },
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/messages": {"post": _post_message()},
        "/api/v1/conversations/{id}": {"get": _get_conversation()},
        "/api/v1/conversations/{id}/data": {"get": _get_own_data()},
        "/data": {"post": _post_own_data()},
        "/api/v1/openapi.json": {
            "get": _open(
                "openapi", "This document.", {"application/json": {"schema": {"type": "object"}}}, (429,)
            )
        },
        "/healthz": {
            "get": _open(
                "healthz", "The process runs, and understands what it is given.", _json(Health), (503,)
            )
        },
        "/readyz": {"get": _open("readyz", "The desk can answer.", _json(Health), (503,))},
        "/": {"get": _open("page", "The chat page.", _text("text/html"), ())},
        "/embed": {"get": _open("embed", "The chat page in the widget's frame.", _text("text/html"), ())},
        "/widget.js": {"get": _open("widget", "The script for other sites.", _text("text/javascript"), ())},
        "/static/{name}": {"get": _static()},
        "/ws": {"get": _socket()},
        "/telegram": {"post": _telegram("telegram", [])},
        "/telegram/{bot}": {
            "post": _telegram(
                "telegramBot", [_parameter("bot", "path", {"type": "string"}, "The bot's name in kefu.toml.")]
            )
        },
    }


def _post_message() -> dict[str, Any]:
    schema = {"oneOf": [_ref(NewText), _ref(NewPress)]}
    return {
        "operationId": "postMessage",
        "summary": "Answer a message or a button press; the same client_message_id gets the same answer.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": _responses("The answer.", _json(Answered), (400, 401, 403, 413, 415, 422, 429, 503)),
    }


def _get_conversation() -> dict[str, Any]:
    return {
        "operationId": "getConversation",
        "summary": "What was said in a conversation, oldest first.",
        "parameters": [
            _parameter("id", "path", {"type": "string"}, "The conversation's id."),
            _parameter(
                "after",
                "query",
                {"type": "integer", "minimum": 0, "maximum": MAX_ID, "default": 0},
                "Only messages with higher ids.",
            ),
            _parameter(
                "limit",
                "query",
                {"type": "integer", "minimum": 1, "maximum": PAGE, "default": PAGE},
                "At most so many.",
            ),
        ],
        "responses": _responses("The transcript.", _json(Transcript), (401, 403, 404, 422, 429, 503)),
    }


def _get_own_data() -> dict[str, Any]:
    return {
        "operationId": "getOwnData",
        "summary": "All that is stored of the customer of a conversation, for the customer.",
        "parameters": [_parameter("id", "path", {"type": "string"}, "The conversation's id.")],
        "responses": _responses("The file.", OWN_DATA, (401, 403, 404, 422, 429, 503)),
    }


def _post_own_data() -> dict[str, Any]:
    return {
        "operationId": "postOwnData",
        "summary": "The same for the chat page, which shows the secret of its conversation.",
        "security": [],
        "requestBody": {"required": True, "content": _json(OwnDataRequest)},
        "responses": _responses("The file.", OWN_DATA, (400, 403, 404, 413, 422, 429, 503)),
    }


def _static() -> dict[str, Any]:
    operation = _open("static", "A file of the pages.", {"*/*": {}}, (404,))
    return operation | {"parameters": [_parameter("name", "path", {"type": "string"}, "The file's name.")]}


def _socket() -> dict[str, Any]:
    return {
        "operationId": "socket",
        "summary": "The WebSocket of the chat page; its frames are described in docs/web.md.",
        "security": [],
        "responses": {"101": {"description": "A WebSocket."}} | _refusals((400, 403, 429)),
    }


def _telegram(operation: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    secret = {"name": SECRET, "in": "header", "required": True, "schema": {"type": "string"}}
    described = secret | {"description": "What Telegram was given with the webhook."}
    return {
        "operationId": operation,
        "summary": "For Telegram alone: an update of the Bot API, answered once it is stored.",
        "security": [],
        "parameters": [*parameters, described],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"200": {"description": "It is stored."}} | _refusals((400, 403, 404, 413, 503)),
    }


def _open(operation: str, summary: str, content: dict[str, Any], refusals: tuple[int, ...]) -> dict[str, Any]:
    """Something that needs no key."""
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": _responses(summary, content, refusals),
    }


def _responses(summary: str, content: dict[str, Any], refusals: tuple[int, ...]) -> dict[str, Any]:
    return {"200": {"description": summary, "content": content}} | _refusals(refusals)


def _refusals(codes: tuple[int, ...]) -> dict[str, Any]:
    waits = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return {
        str(code): {"description": REFUSALS[code], "content": _json(Failure)}
        | ({"headers": waits} if code in WAITS else {})
        for code in codes
    }


def _parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }


def _json(shape: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(shape)}}


def _text(content_type: str) -> dict[str, Any]:
    return {content_type: {"schema": {"type": "string"}}}


def _ref(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=shape.__name__)}


def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema([(shape, "validation") for shape in SHAPES], ref_template=REF)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas
