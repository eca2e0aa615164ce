"""The staff group, while the desk runs: conversations go in, what staff write comes out."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from telegram.error import NetworkError

from bot.channels.telegram.retrying import persistently
from bot.channels.telegram.staff.commands import set_staff_menu
from bot.channels.telegram.staff.forum import ForumClosed
from bot.channels.telegram.staff.hearing import Hearing
from bot.channels.telegram.staff.topics import Topics
from bot.channels.telegram.tempo import Tempo

BEHIND_ALERT = 5  # messages shown with an alert

logger = logging.getLogger(__name__)


@dataclass
class StaffGroup:
    """Shows in the group what happens in the log, whoever wrote it there; `wake` makes it look at once."""

    topics: Topics
    hearing: Hearing
    tempo: Tempo
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wake(self) -> None:
        """Something may have happened."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. While the group can't be written to, staff have the console."""
        forum = self.topics.forum
        await set_staff_menu(forum.bot, forum.chat_id, self.topics.texts.words, self.tempo)
        while True:
            self._woken.clear()
            async with self._looking:
                what = "the staff group can't be brought up to date"
                closed = await persistently(self._look, what, self.tempo)
            if closed is not None:
                await self._wait_for_forum(closed)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self.tempo.look_every_s):
                    await self._woken.wait()

    async def drain(self) -> None:
        """Return once nothing is posted of which the log doesn't know yet: it would be posted again."""
        async with self._looking:
            return

    async def _look(self) -> ForumClosed | None:
        """Bring all topics up to date; why that can't be done, where it can't."""
        for conversation_id in await self.topics.store.staff_group.due(self.topics.forum.chat_id):
            try:
                await self.topics.bring_up_to_date(conversation_id)
            except ForumClosed as closed:
                return closed
            except NetworkError as error:
                logger.warning("Telegram can't be reached for the staff group: %s", type(error).__name__)
                await asyncio.sleep(self.tempo.first_pause_s)
                return None
        return await self._post_alerts()

    async def _post_alerts(self) -> ForumClosed | None:
        """What the sentiment watch noticed goes into the group's general topic."""
        alerts = self.topics.store.alerts
        while await alerts.count_open() and (alert := await alerts.take_to_post()):
            text = self.topics.texts.alert(alert, await alerts.behind(alert, BEHIND_ALERT))
            try:
                await self.topics.forum.post(None, text)
            except (ForumClosed, NetworkError) as error:
                await alerts.not_posted(alert.id)
                return error if isinstance(error, ForumClosed) else None
        return None

    async def _wait_for_forum(self, closed: ForumClosed) -> None:
        pause_s = self.tempo.forum_pause_s
        logger.error(
            "nothing can be written to the staff group %d: %s; wanted a group with topics in which the bot is an "
            "admin who may manage topics. Staff have the console meanwhile; trying again in %g s",
            self.topics.forum.chat_id,
            closed,
            pause_s,
        )
        await asyncio.sleep(pause_s)
