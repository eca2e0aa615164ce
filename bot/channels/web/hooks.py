"""Addresses to which other services post: what they post goes to whoever asked for it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels.web.errors import refused

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
RETRY_AFTER_S = 1

Receive = Callable[[str, bytes], Awaitable[int]]


class Hooks:
    """By bot, who takes a secret and a body, and says the status to answer with; "" is the bot without a name."""

    def __init__(self) -> None:
        self._receivers: dict[str, Receive] = {}

    def put(self, bot: str, receive: Receive) -> None:
        """Give that bot's posts to `receive`."""
        self._receivers[bot] = receive

    def remove(self, bot: str) -> None:
        """Take no more of that bot's posts: Telegram keeps them, or another process has them."""
        self._receivers.pop(bot, None)

    async def telegram(self, request: web.Request) -> web.Response:
        """A POST of Telegram."""
        receive = self._receivers.get(request.match_info.get("bot", ""))
        if receive is None:
            raise refused(404, "not_found", "nothing is posted here")
        match await receive(request.headers.get(SECRET, ""), await request.read()):
            case 200:
                return web.Response()
            case 403:
                raise refused(403, "secret", f"wanted the header {SECRET!r} with the right secret")
            case 400:
                raise refused(400, "not_json", "wanted an update of Telegram's Bot API")
            case _:
                raise refused(503, "unavailable", "not now", retry_after_s=RETRY_AFTER_S)
