"""A customer's own data as a file: for the chat page by its token, for the company's system by its API key."""

from aiohttp import web
from pydantic import ValidationError

from bot.channels.web.channel import CHANNEL
from bot.channels.web.conversations import conversation_of
from bot.channels.web.errors import parse_json, refused, unfit
from bot.channels.web.origins import check_origin
from bot.channels.web.rest import Reading
from bot.channels.web.shapes import OwnDataRequest

FILE_NAME = "my-data.json"


async def post_own_data(request: web.Request) -> web.Response:
    """To whoever shows the secret that opens the conversation; it comes in the body, so that no log has it."""
    channel = request.app[CHANNEL]
    check_origin(request, channel.settings.web)
    channel.check_rate(channel.client_of(request))
    try:
        asked = OwnDataRequest.model_validate(parse_json(await request.read()))
    except ValidationError as error:
        raise unfit(error) from error
    return await _file(request, conversation_of(asked.token))


async def get_own_data(request: web.Request) -> web.Response:
    """Of the customer of a conversation."""
    try:
        reading = Reading.model_validate({**request.query, **request.match_info})
    except ValidationError as error:
        raise unfit(error) from error
    return await _file(request, reading.id)


async def _file(request: web.Request, conversation: str) -> web.Response:
    found = await request.app[CHANNEL].conversations.own_data(conversation)
    if found is None:
        raise refused(404, "not_found", "nothing is stored of this customer")
    headers = {
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Cache-Control": "no-store",
    }
    return web.Response(text=found, content_type="application/json", headers=headers)
