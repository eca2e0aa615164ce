"""Long polling: an update is acknowledged only after it is stored."""

import logging
from asyncio import sleep
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from telegram.error import Conflict, InvalidToken, TelegramError

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.api import SlowDown, TelegramBot, Unclear
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.retrying import persistently
from bot.channels.telegram.tempo import Tempo
from bot.store.records import StoredUpdate
from bot.store.store import Store

logger = logging.getLogger(__name__)


@dataclass
class Poller:
    """Fetches updates, stores them, hands on those that are new."""

    bot: TelegramBot
    store: Store
    intake: Intake
    tempo: Tempo
    timeout_s: int
    variable: str  # that holds the token
    _offset: int | None = None
    _pauses: Iterator[float] = field(init=False)

    def __post_init__(self) -> None:
        self._pauses = self.tempo.pauses()

    async def run(self, me: Me) -> None:
        """Take up what was left unfinished, then poll until the token is refused."""
        left = await persistently(
            lambda: self.store.open_updates(self.intake.channel),
            "unfinished updates can't be read",
            self.tempo,
        )
        for stored in left:
            self.intake.take(stored, me)
        with suppress(InvalidToken):
            while True:
                await self.intake.wait_for_room()
                for stored in await self._fetch():
                    self.intake.take(stored, me)

    async def _fetch(self) -> list[StoredUpdate]:
        """New updates, stored; none where Telegram had none or couldn't be asked. Raises InvalidToken."""
        try:
            received = _updates_in(
                await self.bot.raw_updates(self._offset, self.timeout_s, self.tempo.answer_s)
            )
        except InvalidToken:
            raise
        except TelegramError as error:
            await sleep(self._pause_after(error))
            return []
        self._pauses = self.tempo.pauses()
        if not received:
            # All below the offset is acknowledged. Without one Telegram gives the earliest, also where it
            # numbers anew after a silent week.
            self._offset = None
            if self.timeout_s == 0:
                await sleep(self.tempo.first_pause_s)
            return []
        return await self._store(received)

    async def _store(self, received: dict[str, dict[str, Any]]) -> list[StoredUpdate]:
        # Should this fail for long, the same updates are stored later: none is acknowledged meanwhile.
        new = set(
            await persistently(
                lambda: self.store.record_updates(self.intake.channel, list(received.items())),
                "updates can't be stored",
                self.tempo,
            )
        )
        self._offset = max(map(int, received)) + 1
        return [
            StoredUpdate(update_id, payload) for update_id, payload in received.items() if update_id in new
        ]

    def _pause_after(self, error: TelegramError) -> float:
        if isinstance(error, SlowDown):
            return error.pause_s
        if isinstance(error, Conflict):
            pause_s = self.tempo.conflict_pause_s
            logger.error(
                "another program asks Telegram for the updates of %s's bot, and only one can; "
                "stop it, or make a second bot. Trying again in %g s",
                self.variable,
                pause_s,
            )
            return pause_s
        pause_s = next(self._pauses)
        logger.warning(
            "Telegram can't be asked for updates: %s; again in %g s", type(error).__name__, pause_s
        )
        return pause_s


def _updates_in(result: Any) -> dict[str, dict[str, Any]]:
    """The updates by id, in the order Telegram gave them; what is none is left out. Raises Unclear for nonsense."""
    items = result if isinstance(result, list) else [None]
    found = {
        str(item["update_id"]): item
        for item in items
        if isinstance(item, dict) and type(item.get("update_id")) is int
    }
    if items and not found:
        raise Unclear("getUpdates gave no updates")
    return found
