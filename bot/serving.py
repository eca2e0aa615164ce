"""A desk behind its channels, until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.address import address
from bot.channels.web.app import web_app
from bot.channels.web.runner import LimitedRunner
from bot.console.app import console_app, mount
from bot.console.links import console_link, join_path
from bot.desk import Desk, beside, open_desk
from bot.errors import BotError
from bot.garbage import hold_little, settle
from bot.mined import OpenMined
from bot.retraining import Retrainings
from bot.settings import Settings
from bot.store.store import Store

SHUTDOWN_S = 10.0  # for requests and turns under way

logger = logging.getLogger(__name__)


async def serve(
    settings: Settings, ready: Callable[[str, str], None], open_mined: OpenMined | None = None
) -> None:
    """Answer on the web, and on Telegram where there is a token, until SIGINT or SIGTERM.

    `ready` is told the web address once everything listens, and a link for the first admin, "" where there is
    an account already; `open_mined` gives what was proposed from transcripts. Raises BotError where it can't."""
    hold_little()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(open_desk(settings))
        url = await stack.enter_async_context(listening(desk, open_mined))
        await stack.enter_async_context(beside(Retrainings(desk.store, settings).run()))
        if settings.telegram_token:
            await stack.enter_async_context(_telegram(desk))
        settle()
        ready(url, await _first_admin_link(desk.store, url))
        await stop.wait()
        logger.info("stopping: turns under way are finished first")


async def _first_admin_link(store: Store, url: str) -> str:
    token = await store.accounts.first_link()
    return console_link(url, join_path(token)) if token else ""


@asynccontextmanager
async def listening(desk: Desk, open_mined: OpenMined | None = None) -> AsyncIterator[str]:
    """Serve page, widget, API and console; yields the address."""
    options = desk.settings.web
    app = web_app(desk.engine, desk.store, desk.settings)
    mount(app, console_app(desk.engine, desk.learn_corrections, open_mined=open_mined))
    runner = LimitedRunner(app, shutdown_timeout=SHUTDOWN_S)
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


@asynccontextmanager
async def _telegram(desk: Desk) -> AsyncIterator[None]:
    # Costs half a second to import: only where there is a token.
    from bot.channels.telegram.channel import telegram_channel

    async with telegram_channel(desk.engine, desk.store, desk.settings, desk.settings.telegram_token):
        yield
