"""Before every page and every call: how many of them, how long a body may take to come, and what a form may be."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.channels.web.channel import CHANNEL
from bot.channels.web.errors import refused

BODY_WITHIN_S = 30.0
MAX_FIELDS = 1000  # of a form
FORM = "application/x-www-form-urlencoded"
# They have limits of their own.
COUNTED_ELSEWHERE = ("/api/", "/ws", "/telegram")
HOOKS = "/telegram"
HOOK_BYTES = 1024 * 1024  # of an update: a message with all that it answers


@web.middleware
async def within_limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Rate, then body, then the handler."""
    channel = request.app[CHANNEL]
    connection = channel.connections.of(request.transport) if channel.connections else None
    if connection is not None:
        connection.begin()
    try:
        if not request.path.startswith(COUNTED_ELSEWHERE):
            channel.check_page_rate(channel.client_of(request))
        if request.path.startswith(HOOKS):
            request = request.clone(client_max_size=HOOK_BYTES)
        if request.can_read_body:
            await _read(request)
        return await handler(request)
    finally:
        if connection is not None:
            connection.end()


async def _read(request: web.Request) -> None:
    """Have the body here; raises Refused for one that doesn't come, or is no form of ours."""
    if request.content_type.startswith("multipart/"):
        raise refused(415, "no_files", "files are not taken here")
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            body = await request.read()
    except TimeoutError as error:
        raise refused(408, "too_slow", f"the body did not come within {BODY_WITHIN_S:g} s") from error
    except web.RequestPayloadError as error:
        raise refused(400, "broken_body", "the body is not what its headers say") from error
    if request.content_type != FORM:
        return
    if not _is_text(body, request.charset):
        raise refused(400, "no_text", "the form is not UTF-8 text")
    if body.count(b"&") >= MAX_FIELDS:
        raise refused(400, "too_many_fields", f"wanted at most {MAX_FIELDS} fields")


def _is_text(body: bytes, charset: str | None) -> bool:
    if (charset or "utf-8").lower() not in {"utf-8", "us-ascii"}:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
