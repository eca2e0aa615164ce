"""The staff group as a place to write to: its topics, at the pace Telegram allows."""

from asyncio import sleep
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from telegram import Bot, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.channels.telegram.api import SlowDown, is_passing
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.place import Posted
from bot.channels.telegram.retrying import TRIES, readable
from bot.channels.telegram.tempo import Tempo
from bot.errors import BotError

MAX_TITLE = 128  # characters of a topic's name

T = TypeVar("T")


class ForumClosed(BotError):
    """Nothing can be written to the group: it has no topics, or the bot lacks the right."""


class TopicGone(BotError):
    """Somebody deleted the topic."""


class Refused(BotError):
    """Telegram doesn't take this one post."""


@dataclass(frozen=True)
class Forum:
    """One group; every call may take as long as the group's limits demand. Raises ForumClosed, TopicGone."""

    bot: Bot
    chat_id: int
    pace: Pace
    tempo: Tempo

    async def open(self, title: str) -> int:
        """A new topic; its number."""
        await self.pace.wait(self.chat_id)
        topic = await self._call(lambda: self.bot.create_forum_topic(self.chat_id, title[:MAX_TITLE]))
        return topic.message_thread_id

    async def rename(self, thread_id: int, title: str) -> None:
        name = title[:MAX_TITLE]
        await self._settle(lambda: self.bot.edit_forum_topic(self.chat_id, thread_id, name=name))

    async def close(self, thread_id: int) -> None:
        await self._settle(lambda: self.bot.close_forum_topic(self.chat_id, thread_id))

    async def reopen(self, thread_id: int) -> None:
        await self._settle(lambda: self.bot.reopen_forum_topic(self.chat_id, thread_id))

    async def delete(self, thread_id: int) -> None:
        """With all that was written in it."""
        await self._settle(lambda: self.bot.delete_forum_topic(self.chat_id, thread_id))

    async def post(
        self,
        thread_id: int | None,
        text: str,
        *,
        keyboard: InlineKeyboardMarkup | None = None,
        quotes: int | None = None,
    ) -> int:
        """Write to a topic, or with None to the group's general one; the post's number."""
        await self.pace.wait(self.chat_id)
        sent = await self._call(
            lambda: self.bot.send_message(
                self.chat_id,
                text,
                message_thread_id=thread_id,
                reply_markup=keyboard,
                reply_parameters=_quote(quotes),
            )
        )
        return sent.message_id

    async def copy(self, thread_id: int, origin: Posted, *, quotes: int | None = None) -> int:
        """Show what was sent to another chat; the post's number. Raises Refused where it is gone from there."""
        await self.pace.wait(self.chat_id)
        copied = await self._call(
            lambda: self.bot.copy_message(
                self.chat_id,
                origin.chat_id,
                origin.message_id,
                message_thread_id=thread_id,
                reply_parameters=_quote(quotes),
            )
        )
        return copied.message_id

    async def _settle(self, make: Callable[[], Awaitable[object]]) -> None:
        """Have something so, also where it is so already."""
        try:
            await self._call(make)
        except Refused:
            return

    async def _call(self, make: Callable[[], Awaitable[T]]) -> T:
        pauses, n_tries = self.tempo.pauses(), 0
        while True:
            try:
                return await readable(make())
            except SlowDown as error:
                self.pace.hold(self.chat_id, error.pause_s)
                await sleep(error.pause_s)
            except TelegramError as error:
                n_tries += 1
                if not is_passing(error):
                    raise _refusal(error) from error
                if n_tries == TRIES:
                    raise NetworkError(type(error).__name__) from error
                await sleep(next(pauses))


def _quote(post_id: int | None) -> ReplyParameters | None:
    return None if post_id is None else ReplyParameters(post_id, allow_sending_without_reply=True)


def _refusal(error: TelegramError) -> BotError:
    """What Telegram's words mean; those it uses are in no list of its own."""
    said = error.message
    words = said.lower()
    if any(gone in words for gone in ("thread not found", "topic_deleted", "topic_id_invalid")):
        return TopicGone(said)
    harmless = ("not_modified", "not modified", "message to copy not found", "can't be copied")
    if isinstance(error, BadRequest) and any(part in words for part in harmless):
        return Refused(said)
    return ForumClosed(said)
