"""The web channel put together: one aiohttp application with page, widget, socket and REST."""

from collections.abc import AsyncIterator

from aiohttp import web

from bot.channels.web import live, own_data, rest
from bot.channels.web.channel import CHANNEL, WebChannel
from bot.channels.web.doorway import within_limits
from bot.channels.web.errors import errors_as_json
from bot.channels.web.headers import secure
from bot.channels.web.hooks import Hooks
from bot.channels.web.pages import Pages
from bot.channels.web.shapes import MAX_BYTES
from bot.engine import Engine
from bot.monitoring.meters import count_response
from bot.monitoring.readiness import Readiness
from bot.settings import Settings
from bot.store.store import Store


def web_app(
    engine: Engine,
    store: Store,
    settings: Settings,
    hooks: Hooks | None = None,
    *,
    readiness: Readiness | None = None,
) -> web.Application:
    """Everything a customer's browser or a company's own system talks to, and what other services post to `hooks`; `store`
    stays the caller's to close, `readiness` is what balancers are told."""
    app = web.Application(
        middlewares=[errors_as_json, within_limits, rest.at_the_door], client_max_size=MAX_BYTES
    )
    app[CHANNEL] = WebChannel.of(engine, store, settings)
    app[rest.READINESS] = readiness or Readiness()
    app.on_response_prepare.append(secure)
    app.on_response_prepare.append(_count)
    app.on_shutdown.append(_close_sockets)
    app.cleanup_ctx.append(_turns)
    pages, hooks = Pages(), hooks or Hooks()
    app.add_routes(
        [
            web.get("/", pages.page),
            web.get("/embed", pages.embed),
            web.get("/widget.js", pages.widget),
            web.get("/static/{name}", pages.static),
            web.get("/ws", live.socket),
            web.post("/api/v1/messages", rest.post_message),
            web.get("/api/v1/conversations/{id}", rest.get_conversation),
            web.get("/api/v1/conversations/{id}/data", own_data.get_own_data),
            web.post("/data", own_data.post_own_data),
            web.get("/api/v1/openapi.json", rest.get_openapi),
            web.post("/telegram", hooks.telegram),
            web.post("/telegram/{bot}", hooks.telegram),
            web.get("/healthz", rest.healthz),
            web.get("/readyz", rest.readyz),
        ]
    )
    return app


async def _count(request: web.Request, response: web.StreamResponse) -> None:
    count_response(response.status)


async def _close_sockets(app: web.Application) -> None:
    await app[CHANNEL].close_sockets()


async def _turns(app: web.Application) -> AsyncIterator[None]:
    channel = app[CHANNEL]
    with channel.engine.news.heard_by(channel.conversations.tell_news):
        yield
    await channel.conversations.finish()
