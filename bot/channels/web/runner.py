"""The web channel's application behind its limits on connections."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.channels.web.channel import CHANNEL
from bot.channels.web.connections import Connections

KEPT_IDLE_S = 75.0  # longer than the proxies in front keep one, usually 60 s

logger = logging.getLogger(__name__)


def is_ours(record: logging.LogRecord) -> bool:
    """Not what a client sent that is no HTTP: it was answered, and its bytes may hold anything."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


logger.addFilter(is_ours)


class LimitedRunner(web.AppRunner):
    """Runs the web channel's application behind Connections."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float = 60.0) -> None:
        super().__init__(
            app,
            access_log=None,
            logger=logger,
            shutdown_timeout=shutdown_timeout,
            keepalive_timeout=KEPT_IDLE_S,
        )

    @property
    def server(self) -> Any:
        """What sites have connections made with; None before setup."""
        return self.app[CHANNEL].connections

    async def setup(self) -> None:
        await super().setup()
        channel, server = self.app[CHANNEL], super().server
        assert server is not None  # noqa: S101 - setup made it
        channel.connections = Connections(channel.settings.web, channel.trusted_proxies, server)
