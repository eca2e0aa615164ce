"""Names become addresses once, are looked at, and are connected to as they were looked at: no second answer of a name
server (DNS rebinding) comes between."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.outgoing.hosts import CallRefused, Hosts, as_address


class CheckedResolver(AbstractResolver):
    """Gives of a host's addresses those it may have."""

    def __init__(self, hosts: Hosts, names: AbstractResolver | None = None) -> None:
        self._hosts = hosts
        self._names = names or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises CallRefused where none is left, OSError for a name that isn't known."""
        allowed: list[ResolveResult] = []
        refused: CallRefused | None = None
        for found in await self._names.resolve(host, port, family):
            address = as_address(found["host"].partition("%")[0])
            if address is None:
                continue
            try:
                self._hosts.check_address(host.lower().rstrip("."), address)
            except CallRefused as error:
                refused = error
            else:
                allowed.append(found)
        if not allowed and refused is not None:
            raise refused
        return allowed

    async def close(self) -> None:
        await self._names.close()
