"""How much one client may ask for, and who counts as one."""

import math
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

Network = IPv4Network | IPv6Network
SWEEP_AT = 4096  # clients kept before those long quiet are let go
CLIENT_BITS = {4: 32, 6: 64}  # a household has a whole /64 of IPv6


class RateLimit:
    """A bucket for each client that holds a minute's requests and fills up evenly."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # client -> (requests left, at that time)

    def take(self, client: str) -> int:
        """Count a request; 0, or the seconds after which the next one is taken."""
        now = self._clock()
        left = min(self._left(client, now), self._size)
        is_fine = left >= 1
        if client not in self._buckets and len(self._buckets) >= SWEEP_AT:
            self._sweep(now)
        self._buckets[client] = (left - 1 if is_fine else left, now)
        return 0 if is_fine else math.ceil((1 - left) * 60 / self._size)

    def _left(self, client: str, now: float) -> float:
        left, then = self._buckets.get(client, (self._size, now))
        return left + (now - then) * self._size / 60

    def _sweep(self, now: float) -> None:
        self._buckets = {
            client: bucket for client, bucket in self._buckets.items() if self._left(client, now) < self._size
        }


def client_of(request: web.Request, trusted_proxies: Sequence[Network]) -> str:
    """The address, or IPv6 network, a request comes from.

    Anybody can write X-Forwarded-For: it is read from its end, and only as far as trusted proxies wrote it."""
    hops = [
        hop.strip() for header in request.headers.getall("X-Forwarded-For", []) for hop in header.split(",")
    ]
    client = _network(request.remote or "")
    while client is not None and hops and any(_is_within(client, proxy) for proxy in trusted_proxies):
        before = _network(hops.pop())
        if before is None:
            break
        client = before
    return str(client)


def client_of_address(address: str) -> str:
    """Who an address counts as, for the limits."""
    return str(_network(address))


def is_within_any(client: str, networks: Sequence[Network]) -> bool:
    """Whether a client, as client_of_address gives it, is in one of these networks."""
    met = _network(client.partition("/")[0])
    return met is not None and any(_is_within(met, network) for network in networks)


@lru_cache(maxsize=SWEEP_AT)
def _network(address: str) -> Network | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    parsed = mapped or parsed
    return ip_network((parsed, CLIENT_BITS[parsed.version]), strict=False)


def _is_within(client: Network, proxy: Network) -> bool:
    return client.version == proxy.version and client.overlaps(proxy)
