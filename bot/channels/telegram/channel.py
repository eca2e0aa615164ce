"""The desk on Telegram, from the first call to the last."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.api import SlowDown, make_bot
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.menu import set_menu
from bot.channels.telegram.outbox import Outbox
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.place import channel_of
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.retrying import persistently, readable
from bot.channels.telegram.staff.commands import Commands
from bot.channels.telegram.staff.forum import Forum
from bot.channels.telegram.staff.group import StaffGroup
from bot.channels.telegram.staff.hearing import Hearing
from bot.channels.telegram.staff.texts import Texts
from bot.channels.telegram.staff.topics import Topics
from bot.channels.telegram.tempo import Tempo
from bot.channels.telegram.webhook import Webhook, secret_of, webhook_url
from bot.engine import Engine
from bot.errors import BotError
from bot.review.rereading import Rereading
from bot.secrets.bots import THE_BOT, TOKEN, BotToken
from bot.settings import Settings
from bot.staffing import Staffing
from bot.store.peers.work import Work
from bot.store.store import Store

logger = logging.getLogger(__name__)


class TokenRefused(BotError):
    """Telegram knows no bot with the token in the environment."""


class TelegramChannel:
    """One bot: the parts that keep it going, and whether Telegram was reached. Of the processes that have it, one asks
    for updates and sends replies; updates that Telegram posts are taken by all."""

    def __init__(
        self, engine: Engine, store: Store, settings: Settings, token: str, tempo: Tempo, account: BotToken
    ) -> None:
        self._settings, self._tempo, self._news, self._store = settings, tempo, engine.news, store
        self._variable, self._channel = account.variable, channel_of(account.name)
        self._is_token = TOKEN.fullmatch(token) is not None
        self._bot = make_bot(token, settings.telegram.base_url, tempo)
        pace = Pace(tempo)
        self._outbox = Outbox(store, self._bot, pace, tempo, self._channel)
        has_group = (
            settings.telegram.staff_group and not account.name
        )  # of several bots the one without a name
        self._staff = self._staff_group(engine, store, pace) if has_group else None
        hearing = self._staff.hearing if self._staff else None
        self._intake = Intake(engine, store, self._bot, self._outbox, tempo, hearing, self._channel)
        options = settings.telegram
        self._poller = Poller(self._bot, store, self._intake, tempo, options.poll_timeout_s, account.variable)
        self.webhook: Webhook | None = None
        if options.webhook:
            url = webhook_url(settings.web.public_url, account.name)
            self.webhook = Webhook(self._bot, store, self._intake, tempo, url, secret_of(token, url))
        self._work: Work | None = None
        self._listening: asyncio.Task[None] | None = None
        self._username: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def username(self) -> str:
        """The bot's name, once Telegram was reached. Raises TokenRefused where it refuses the token."""
        return await asyncio.shield(self._username)

    async def run(self) -> None:
        """Connect, then answer until cancelled; ends where the token is refused at the start."""
        try:
            me = await self._connect()
            if me is None:
                self._report_refusal()
                return
            logger.info("answering on Telegram as @%s", me.username)
            if self.webhook is not None:
                self.webhook.me = me
            self._username.set_result(me.username)
            # By Telegram's own number of the bot: two tokens of one bot are no two bots.
            self._work = Work(self._store.peers, f"telegram {me.id}", partial(self._serve, me))
            with self._news.heard_by(self._wake):
                await self._work.run()
        finally:
            await self._intake.stop()
            await self._bot.shutdown()

    async def finish(self) -> None:
        """Ask for no more updates; give turns under way and replies not yet sent a few seconds."""
        if self._work is None:
            return
        if self._listening is not None:
            self._listening.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._tempo.drain_s):
                await self._intake.finish()
                if self._work.is_ours:
                    await self._outbox.drain()
                    if self._staff is not None:
                        await self._staff.drain()

    async def _serve(self, me: Me) -> None:
        """What one process does for a bot, until cancelled."""
        beside = [asyncio.create_task(set_menu(self._bot, self._settings.desk.language, self._tempo))]
        if self._staff is not None:
            beside.append(asyncio.create_task(self._staff.run()))
        self._listening = asyncio.create_task(self._listen(me))
        beside.append(self._listening)
        try:
            await self._outbox.run()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self._listening = None

    async def _listen(self, me: Me) -> None:
        """Get updates, until the token is refused."""
        listen = partial(self._poller.run, me) if self.webhook is None else self.webhook.keep
        await persistently(listen, "asking Telegram for updates broke off", self._tempo)
        self._report_refusal()

    def _staff_group(self, engine: Engine, store: Store, pace: Pace) -> StaffGroup:
        forum = Forum(self._bot, self._settings.telegram.staff_group, pace, self._tempo)
        staffing = Staffing(store, self._settings, engine.news)
        topics = Topics(
            store, forum, Texts(self._settings), lambda: Rereading(engine.dialogue, self._settings)
        )
        return StaffGroup(topics, Hearing(topics, staffing, Commands(topics, staffing)), self._tempo)

    def _wake(self, conversation_key: str) -> None:
        self._outbox.wake()
        if self._staff is not None:
            self._staff.wake()

    async def _connect(self) -> Me | None:
        """Find out who we are, however long that takes; None where the token is refused."""
        if not self._is_token:
            return None
        for pause_s in self._tempo.pauses():
            try:
                await readable(self._bot.initialize())
                if self.webhook is None:
                    await self._bot.delete_webhook()  # beside one, Telegram gives no updates
                return Me(self._bot.id, self._bot.username, self._channel)
            except InvalidToken:
                return None
            except SlowDown as error:
                await asyncio.sleep(error.pause_s)
            except TelegramError as error:
                name = type(error).__name__
                logger.warning("Telegram can't be reached: %s; again in %g s", name, pause_s)
                await asyncio.sleep(pause_s)
        return None

    def _report_refusal(self) -> None:
        refusal = TokenRefused(
            f"{self._settings.telegram.base_url} refuses the token in {self._variable}, so the bot doesn't "
            "answer there; wanted one as @BotFather gives it, such as 123456:ABC-DEF. Put the right one into "
            "the environment and start again"
        )
        logger.error("%s", refusal)
        if not self._username.done():
            self._username.set_exception(refusal)
            self._username.exception()  # counts as looked at: nobody has to ask


@asynccontextmanager
async def telegram_channel(
    engine: Engine,
    store: Store,
    settings: Settings,
    token: str,
    *,
    tempo: Tempo | None = None,
    account: BotToken = THE_BOT,
) -> AsyncIterator[TelegramChannel]:
    """Answer on Telegram while the block runs.

    Starts in the background, and goes on trying while Telegram can't be reached. A token that is refused is
    one line in the log. At the end turns under way and their replies get a few seconds."""
    for name in ("httpx", "httpcore", "telegram"):  # they log addresses with the token in them, and texts
        logging.getLogger(name).setLevel(logging.WARNING)
    channel = TelegramChannel(engine, store, settings, token, tempo or Tempo(), account)
    running = asyncio.create_task(channel.run())
    try:
        yield channel
        await channel.finish()
    finally:
        running.cancel()
        await asyncio.wait([running])
