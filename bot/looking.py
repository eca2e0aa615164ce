"""What the desk does now and then beside its work, whatever goes wrong with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable


async def now_and_then(
    look: Callable[[], Awaitable[object]], every_s: float, logger: logging.Logger, failed: str
) -> None:
    """Look, and again after each pause, until cancelled. An error is logged as what `failed`: the database may be away for a
    moment, and the next look goes on."""
    while True:
        try:
            await look()
        except Exception as error:
            logger.warning("%s: %s", failed, type(error).__name__)
        await asyncio.sleep(every_s)
