"""Doing again what failed."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram.error import TelegramError

from bot.channels.telegram.api import SlowDown, Unclear, is_passing
from bot.channels.telegram.tempo import Tempo
from bot.monitoring.meters import count_error

T = TypeVar("T")
TRIES = 3  # for what is nice to have

logger = logging.getLogger(__name__)


async def persistently(work: Callable[[], Awaitable[T]], what: str, tempo: Tempo) -> T:
    """Do it until it works: for what only a database that is away makes fail.

    The one place of the channel where any error is caught; `what` tells the log what could not be done."""
    for count, pause_s in enumerate(tempo.pauses()):
        try:
            return await work()
        except Exception as error:
            # The text of an exception may quote the customer; where it arose does not.
            frames = "".join(traceback.format_tb(error.__traceback__)) if count == 0 else ""
            count_error("telegram")
            logger.error("%s: %s; again in %g s\n%s", what, type(error).__name__, pause_s, frames)
        await asyncio.sleep(pause_s)
    raise AssertionError("pauses never end")


async def attempt(call: Callable[[], Awaitable[object]], tempo: Tempo) -> None:
    """Make a call that nobody misses much: a few tries, and no error whatever comes of it."""
    pauses = tempo.pauses()
    for _ in range(TRIES):
        pause_s = next(pauses)
        try:
            await readable(call())
            return
        except SlowDown as error:
            pause_s = error.pause_s
        except TelegramError as error:
            if not is_passing(error):
                logger.debug("refused: %s", type(error).__name__)
                return
        await asyncio.sleep(pause_s)


async def readable(call: Awaitable[T]) -> T:
    """The result of a call; raises Unclear where python-telegram-bot can make nothing of it."""
    try:
        return await call
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unclear("Telegram's answer can't be read") from error
