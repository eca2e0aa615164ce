"""The webhook: Telegram posts updates to us, to whichever process; an update is acknowledged only after it is stored."""

import asyncio
import hmac
import json
import logging
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.api import ALLOWED_UPDATES, SlowDown, TelegramBot
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.retrying import persistently, readable
from bot.channels.telegram.tempo import Tempo
from bot.store.records import StoredUpdate
from bot.store.store import Store

GATHER_S = 0.005

logger = logging.getLogger(__name__)


def webhook_url(public_url: str, bot: str) -> str:
    """Where Telegram posts the updates of a bot."""
    return public_url.rstrip("/") + "/telegram" + (f"/{bot}" if bot else "")


def secret_of(token: str, url: str) -> str:
    """What Telegram sends along so that we know it. It follows from the token, so every process has the same and
    nothing has to be kept; it doesn't lead back to it."""
    return hmac.new(token.encode(), f"kefu webhook {url}".encode(), sha256).hexdigest()


@dataclass
class Webhook:
    """One bot's. `receive` works in every process, `keep` is for one of them."""

    bot: TelegramBot
    store: Store
    intake: Intake
    tempo: Tempo
    url: str
    secret: str
    me: Me | None = None  # once Telegram was reached
    _arrived: list[tuple[int, dict[str, Any], "asyncio.Future[None]"]] = field(default_factory=list)
    _storing: asyncio.Task[None] | None = None

    async def receive(self, secret: str, body: bytes) -> int:
        """Take a POST; the HTTP status to answer it with. Raises what the store does: then nothing is taken."""
        if not hmac.compare_digest(secret.encode("utf-8", "surrogateescape"), self.secret.encode()):
            return 403
        update = _update_in(body)
        if update is None:
            logger.warning("something that is no update was posted with the webhook's secret")
            return 400
        if self.me is None or self.intake.is_full:
            return 503
        stored = asyncio.get_running_loop().create_future()
        self._arrived.append((update["update_id"], update, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store(self.me))
        await stored
        return 200

    async def keep(self) -> None:
        """Have Telegram post to us, and take up what a process left that is gone, until cancelled, or Telegram refuses the token."""
        if not await self._set():
            return
        while True:
            left = await persistently(
                lambda: self.store.open_updates(self.intake.channel, left_for_s=self.tempo.left_after_s),
                "unfinished updates can't be read",
                self.tempo,
            )
            for stored in left:
                assert self.me is not None  # noqa: S101 - the channel connects first
                self.intake.take(stored, self.me)
            await asyncio.sleep(self.tempo.left_after_s)

    async def _set(self) -> bool:
        """False where the token is refused."""
        for pause_s in self.tempo.pauses():
            try:
                await readable(
                    self.bot.set_webhook(self.url, allowed_updates=ALLOWED_UPDATES, secret_token=self.secret)
                )
            except InvalidToken:
                return False
            except SlowDown as error:
                await asyncio.sleep(error.pause_s)
            except TelegramError as error:
                why = error.message if isinstance(error, BadRequest) else type(error).__name__
                logger.warning(
                    "Telegram doesn't take %s as webhook: %s; again in %g s", self.url, why, pause_s
                )
                await asyncio.sleep(pause_s)
            else:
                logger.info("Telegram posts updates to %s", self.url)
                return True
        return False

    async def _store(self, me: Me) -> None:
        """All that arrived within GATHER_S or while the transaction before was under way, in Telegram's order: it posts
        several at once."""
        while self._arrived:
            await asyncio.sleep(GATHER_S)
            arrived, self._arrived = sorted(self._arrived, key=lambda one: one[0]), []
            received = {str(number): update for number, update, _ in arrived}
            try:
                new = await self.store.record_updates(self.intake.channel, list(received.items()))
            except Exception as error:
                for _, _, stored in arrived:
                    if not stored.done():
                        stored.set_exception(error)
                continue
            for update_id in new:
                self.intake.take(StoredUpdate(update_id, received[update_id]), me)
            for _, _, stored in arrived:
                if not stored.done():
                    stored.set_result(None)


def _update_in(body: bytes) -> dict[str, Any] | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(update, dict) and type(update.get("update_id")) is int
    return update if is_one else None
