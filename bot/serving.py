"""A desk behind its channels, until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.channels.web.app import web_app
from bot.console.app import console_app, mount
from bot.desk import Desk, open_desk
from bot.errors import BotError
from bot.settings import Settings, Web

SHUTDOWN_S = 10.0  # for requests and turns under way

logger = logging.getLogger(__name__)


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Answer on the web, and on Telegram where there is a token, until SIGINT or SIGTERM.

    `ready` is told the web address once everything listens. Raises BotError where it can't."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(open_desk(settings))
        url = await stack.enter_async_context(listening(desk))
        if settings.telegram_token:
            await stack.enter_async_context(_telegram(desk))
        ready(url)
        await stop.wait()
        logger.info("stopping: turns under way are finished first")


@asynccontextmanager
async def listening(desk: Desk) -> AsyncIterator[str]:
    """Serve page, widget, API and console; yields the address."""
    options = desk.settings.web
    app = web_app(desk.engine, desk.store, desk.settings)
    mount(app, console_app(desk.engine, desk.learn_corrections))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, options.host, options.port).start()
        except OSError as error:
            reason = str(error.strerror).rpartition(": ")[2]  # asyncio names the address before it
            raise BotError(
                f"can't listen on {options.host}:{options.port}: {reason}; "
                "stop what uses it, or choose another with --port or [web] port in kefu.toml"
            ) from error
        port: int = runner.addresses[0][1]
        yield address(options, port)
    finally:
        await runner.cleanup()


def address(options: Web, port: int) -> str:
    """What to type into a browser."""
    if options.public_url:
        return options.public_url
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::", ""} else options.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@asynccontextmanager
async def _telegram(desk: Desk) -> AsyncIterator[None]:
    # Costs half a second to import: only where there is a token.
    from bot.channels.telegram.channel import telegram_channel

    async with telegram_channel(desk.engine, desk.store, desk.settings, desk.settings.telegram_token):
        yield
