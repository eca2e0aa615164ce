"""REST: messages in, answers and transcripts out, as JSON."""

import asyncio
from typing import Annotated, Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.channels.web.auth import check_key
from bot.channels.web.channel import CHANNEL
from bot.channels.web.conversations import PAGE, answered, line
from bot.channels.web.errors import RETRY_AFTER_S, Refused, parse_json, refused, response_to, unfit
from bot.channels.web.openapi import openapi
from bot.channels.web.origins import check_origin, is_preflight, preflight, share_with_origin
from bot.channels.web.shapes import (
    MAX_ID,
    ConversationId,
    Health,
    NewPress,
    NewText,
    Shape,
    Transcript,
)
from bot.monitoring.pulse import UNDERSTANDING
from bot.monitoring.readiness import Readiness

READINESS = web.AppKey("readiness", Readiness)
PREFIX = "/api/"
READY_WITHIN_S = 3.0  # or the database counts as away
PUBLIC = "/api/v1/openapi.json"  # says nothing of anybody


class Reading(BaseModel):
    """What a GET of a conversation may ask for; from path and query, so numbers come as text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: ConversationId
    after: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=PAGE)] = PAGE


@web.middleware
async def at_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Origin, rate and key of a request to the API, in this order."""
    if not request.path.startswith(PREFIX):
        return await handler(request)
    channel = request.app[CHANNEL]
    try:
        check_origin(request, channel.settings.web)
        if is_preflight(request):
            response: web.StreamResponse = preflight()
        else:
            channel.check_rate(channel.client_of(request))
            if request.path != PUBLIC:
                check_key(request, channel.settings)
            response = await handler(request)
    except Refused as refusal:
        response = response_to(refusal)
    share_with_origin(request, response, channel.settings.web)
    return response


async def post_message(request: web.Request) -> web.Response:
    """Answer a message; the same client_message_id gets the same answer."""
    channel, new = request.app[CHANNEL], _new_message(await _body(request))
    turn = await channel.conversations.answer(new)
    channel.conversations.mark_delivered([reply.message_id for reply in turn.replies])
    return _json(answered(new, turn))


async def get_conversation(request: web.Request) -> web.Response:
    """A conversation's messages after an id."""
    conversations = request.app[CHANNEL].conversations
    try:
        reading = Reading.model_validate({**request.query, **request.match_info})
    except ValidationError as error:
        raise unfit(error) from error
    status = await conversations.status(reading.id)
    if status is None:
        raise refused(404, "not_found", f"no conversation {reading.id!r}")
    stretch = await conversations.read(reading.id, reading.after, reading.limit)
    conversations.mark_delivered([message.id for message in stretch.messages if message.is_waiting])
    return _json(
        Transcript(
            conversation=reading.id,
            status=status,
            messages=tuple(line(message) for message in stretch.messages),
            has_more=stretch.has_more,
        )
    )


async def get_openapi(request: web.Request) -> web.Response:
    """The description of all this."""
    return web.json_response(openapi())


async def healthz(request: web.Request) -> web.Response:
    """The process runs, and understands what it is given."""
    if UNDERSTANDING.is_stuck:
        raise refused(503, "stuck", "a message is being understood for far too long; restart this process")
    return _json(Health(status="ok", note=request.app[READINESS].note), with_defaults=False)


async def readyz(request: web.Request) -> web.Response:
    """The desk can answer: its log can be read soon, and it was not told to stop. One that makes do without a release
    answers too, and says so."""
    readiness = request.app[READINESS]
    if readiness.is_stopping():
        raise refused(
            503, "stopping", "this process was told to stop and takes no more", retry_after_s=RETRY_AFTER_S
        )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await request.app[CHANNEL].conversations.status("readyz")
    except TimeoutError as error:
        raise refused(
            503, "unavailable", "the database doesn't answer", retry_after_s=RETRY_AFTER_S
        ) from error
    return _json(Health(status="ready", note=readiness.note), with_defaults=False)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        met = request.content_type
        raise refused(415, "not_json", f"Content-Type: met {met!r}; wanted 'application/json'")
    body = parse_json(await request.read())
    if not isinstance(body, dict):
        raise refused(400, "not_json", f"the body is a {type(body).__name__}; wanted an object")
    return body


def _new_message(body: dict[str, Any]) -> NewText | NewPress:
    try:
        return NewPress(**body) if "button" in body else NewText(**body)
    except ValidationError as error:
        raise unfit(error) from error


def _json(shape: Shape, *, with_defaults: bool = True) -> web.Response:
    return web.Response(
        text=shape.model_dump_json(exclude_defaults=not with_defaults),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
