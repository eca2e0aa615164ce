"""How many connections there are and how long one may dawdle: kept before HTTP is read, for a client that never finishes
a request (slowloris) is never seen by a handler."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from aiohttp.web_protocol import RequestHandler

from bot.channels.web.limits import Network, client_of_address, is_within_any
from bot.settings import Web

HEAD_WITHIN_S = 10.0  # from the first byte of a request to the end of its head
TAKEN_WITHIN_S = 60.0  # a browser that reads nothing of an answer for so long is gone
FULL = b"too many connections"
LATE = b"the request took too long"


class Connections:
    """Those of one server; `inner` makes aiohttp's protocol for each."""

    def __init__(self, options: Web, proxies: Sequence[Network], inner: Callable[[], RequestHandler]) -> None:
        self._most = options.max_connections
        self._most_of_one = options.connections_per_client
        self._proxies = proxies
        self._inner = inner
        self._open: dict[asyncio.BaseTransport, Connection] = {}
        self._by_client: Counter[str] = Counter()

    def __call__(self) -> "Connection":
        """A protocol for a connection that was accepted; asyncio asks for it."""
        return Connection(self, self._inner)

    def admit(self, connection: "Connection") -> bool:
        """Count one in; False where it is one too many."""
        client = connection.client
        is_limited = not is_within_any(client, self._proxies)  # a proxy has the connections of everybody
        if len(self._open) >= self._most or (is_limited and self._by_client[client] >= self._most_of_one):
            return False
        self._open[connection.transport] = connection
        self._by_client[client] += 1
        return True

    def let_go(self, connection: "Connection") -> None:
        """It is closed."""
        if self._open.pop(connection.transport, None) is not None:
            self._by_client[connection.client] -= 1
            self._by_client += Counter()  # drops those with none

    def of(self, transport: asyncio.BaseTransport | None) -> "Connection | None":
        """The connection of a request's transport."""
        return self._open.get(transport) if transport is not None else None


class Connection(asyncio.Protocol):
    """One connection, with aiohttp's protocol behind it."""

    transport: asyncio.Transport

    def __init__(self, connections: Connections, inner: Callable[[], RequestHandler]) -> None:
        self._connections = connections
        self._make_inner = inner
        self._inner: RequestHandler | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._n_bytes = 0  # of the request that is coming in
        self._is_handled = False
        self.client = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of TCP
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.client = client_of_address(peer[0] if peer else "")
        if not self._connections.admit(self):
            self._refuse(503, FULL)
            return
        self._inner = self._make_inner()
        self._inner.connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            return
        if not self._is_handled:
            self._n_bytes += len(data)
            if self._timer is None:
                self._wait_for_head()
        self._inner.data_received(data)

    def eof_received(self) -> None:
        if self._inner is not None:
            self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop(self._timer)
        self._stop(self._taking)
        self._connections.let_go(self)
        if self._inner is not None:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        self._taking = asyncio.get_running_loop().call_later(TAKEN_WITHIN_S, self.transport.abort)
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._stop(self._taking)
        if self._inner is not None:
            self._inner.resume_writing()

    def begin(self) -> None:
        """A request's head is here: from now on its handler keeps time."""
        self._stop(self._timer)
        self._timer, self._n_bytes, self._is_handled = None, 0, True

    def end(self) -> None:
        """It was handled; the next may come."""
        self._is_handled = False

    def _wait_for_head(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HEAD_WITHIN_S, self._give_up)

    def _give_up(self) -> None:
        # Browsers open connections in advance: one that was never used is closed without a word.
        if self._n_bytes:
            self._refuse(408, LATE)
        else:
            self.transport.close()

    def _refuse(self, status: int, reason: bytes) -> None:
        words = {408: b"Request Timeout", 503: b"Service Unavailable"}[status]
        body = b'{"error":{"code":"%s","message":"%s"}}' % (
            b"too_slow" if status == 408 else b"too_many_connections",
            reason,
        )
        head = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nRetry-After: 5\r\n" % (
            status, words, len(body),
        )  # fmt: skip
        self.transport.write(head + b"Connection: close\r\n\r\n" + body)
        self.transport.close()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
