"""What the handlers of the web channel share."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import WSCloseCode, web

from bot.channels.web.connections import Connections
from bot.channels.web.conversations import Conversations
from bot.channels.web.errors import refused
from bot.channels.web.hub import Hub
from bot.channels.web.limits import Network, RateLimit, client_of
from bot.engine import Engine
from bot.settings import Settings
from bot.store.store import Store


@dataclass
class WebChannel:
    """One desk on the web."""

    engine: Engine
    settings: Settings
    hub: Hub
    conversations: Conversations
    limit: RateLimit
    page_limit: RateLimit
    trusted_proxies: tuple[Network, ...]
    connections: Connections | None = None  # where a LimitedRunner runs it
    _sockets: dict[web.WebSocketResponse, str] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, store: Store, settings: Settings) -> "WebChannel":
        """A channel that nobody uses yet."""
        hub = Hub()
        return cls(
            engine=engine,
            settings=settings,
            hub=hub,
            conversations=Conversations(engine, store, hub),
            limit=RateLimit(settings.web.requests_per_minute),
            page_limit=RateLimit(settings.web.pages_per_minute),
            trusted_proxies=tuple(ip_network(proxy, strict=False) for proxy in settings.web.trusted_proxies),
        )

    def client_of(self, request: web.Request) -> str:
        """Who asks, for the limits."""
        return client_of(request, self.trusted_proxies)

    def check_rate(self, client: str) -> None:
        """Count a request; raise Refused where it is one too many."""
        _count(self.limit, client)

    def check_page_rate(self, client: str) -> None:
        """Count a request for anything but the API; raise Refused where it is one too many."""
        _count(self.page_limit, client)

    def check_sockets(self, client: str) -> None:
        """Raise Refused for a client with as many sockets open as it may ask for things in a minute."""
        n_open = sum(owner == client for owner in self._sockets.values())
        if n_open >= self.settings.web.requests_per_minute:
            message = f"{n_open} sockets are open from here already"
            raise refused(429, "too_many_sockets", message, retry_after_s=60)

    @contextmanager
    def counting(self, socket: web.WebSocketResponse, client: str) -> Iterator[None]:
        """Know of an open socket for as long as the block runs."""
        self._sockets[socket] = client
        try:
            yield
        finally:
            del self._sockets[socket]

    async def close_sockets(self) -> None:
        """Send the browsers away; they come back to the server that follows."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._sockets)))


def _count(limit: RateLimit, client: str) -> None:
    if wait_s := limit.take(client):
        message = f"more than {limit.per_minute} requests in a minute"
        raise refused(429, "too_many_requests", message, retry_after_s=wait_s)


CHANNEL = web.AppKey("CHANNEL", WebChannel)
