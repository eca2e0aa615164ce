"""A desk behind its channels, until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from bot.address import address
from bot.channels.web.app import web_app
from bot.channels.web.hooks import Hooks
from bot.channels.web.runner import LimitedRunner
from bot.console.app import console_app, mount
from bot.console.links import console_link, join_path
from bot.desk import Desk, beside, open_desk
from bot.errors import BotError
from bot.garbage import hold_little, settle
from bot.learning.retraining import Retrainings, can_retrain
from bot.monitoring.listening import metrics_at
from bot.monitoring.readiness import Readiness
from bot.reader.threads import n_cores
from bot.review.mined import OpenMined
from bot.secrets.bots import BotToken, telegram_bots
from bot.settings import Settings
from bot.store.peers.work import Work
from bot.store.privacy.masking import Mask
from bot.store.store import Store

SHUTDOWN_S = 10.0  # for requests and turns under way

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a desk is: the web address, that of its metrics, "" where they are off, and a link that makes the first admin,
    "" where there is an account already."""

    web: str
    metrics: str
    first_admin: str


async def serve(
    settings: Settings,
    ready: Callable[[Places], None],
    open_mined: OpenMined | None = None,
    mask: Mask | None = None,
) -> None:
    """Answer on the web, and on Telegram where there is a token, until SIGINT or SIGTERM.

    `ready` is told where once everything listens; `open_mined` gives what was proposed from transcripts, `mask` masks
    personal data. Raises BotError where it can't."""
    hold_little()
    tokens = telegram_bots(settings)
    stopping = _Stopping(settings.web.drain_s)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.begin)
    async with AsyncExitStack() as stack:
        if settings.tracing.enabled:
            # Costs half a second to import.
            from bot.monitoring.exporting import exporting

            await stack.enter_async_context(exporting())
        desk = await stack.enter_async_context(open_desk(settings, mask=mask, in_worker=n_cores() > 1))
        hooks = Hooks()
        readiness = Readiness(stopping.is_begun, lambda: bool(desk.model.problem))
        url = await stack.enter_async_context(listening(desk, open_mined, hooks, readiness))
        if can_retrain():
            retraining = Work(desk.store.peers, "retraining", Retrainings(desk.store, settings).run)
            await stack.enter_async_context(beside(retraining.run()))
        metrics = ""
        if settings.metrics.port is not None:
            metrics = await stack.enter_async_context(
                metrics_at(desk, settings.metrics.host, settings.metrics.port)
            )
        for account in tokens:
            await stack.enter_async_context(_telegram(desk, account, hooks))
        settle()
        ready(Places(url, metrics, await _first_admin_link(desk.store, url)))
        await stopping.wait()
        logger.info("stopping: turns under way are finished first")


class _Stopping:
    """From the first SIGINT or SIGTERM on: balancers are told at once, and have `drain_s` to learn of it; a second signal
    cuts that short."""

    def __init__(self, drain_s: float) -> None:
        self._drain_s = drain_s
        self._begun, self._hurried = asyncio.Event(), asyncio.Event()

    def is_begun(self) -> bool:
        return self._begun.is_set()

    def begin(self) -> None:
        """A signal came."""
        if self.is_begun():
            self._hurried.set()
        self._begun.set()

    async def wait(self) -> None:
        """Until it is time to listen no more."""
        await self._begun.wait()
        if self._drain_s:
            logger.info("told to stop: /readyz says so, and requests are taken for %g s more", self._drain_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._drain_s):
                    await self._hurried.wait()


async def _first_admin_link(store: Store, url: str) -> str:
    token = await store.accounts.first_link()
    return console_link(url, join_path(token)) if token else ""


@asynccontextmanager
async def listening(
    desk: Desk,
    open_mined: OpenMined | None = None,
    hooks: Hooks | None = None,
    readiness: Readiness | None = None,
) -> AsyncIterator[str]:
    """Serve page, widget, API, console and what is posted to `hooks`; yields the address."""
    options = desk.settings.web
    app = web_app(desk.engine, desk.store, desk.settings, hooks, readiness=readiness)
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
async def _telegram(desk: Desk, account: BotToken, hooks: Hooks) -> AsyncIterator[None]:
    # Costs half a second to import: only where there is a token.
    from bot.channels.telegram.channel import telegram_channel

    channel = telegram_channel(desk.engine, desk.store, desk.settings, account.token, account=account)
    async with channel as bot:
        if bot.webhook is not None:
            hooks.put(account.name, bot.webhook.receive)
        try:
            yield
        finally:
            hooks.remove(account.name)
