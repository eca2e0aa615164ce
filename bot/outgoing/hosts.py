"""Which hosts the desk may call, and at which addresses they may be."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import unquote

from yarl import URL

from bot.errors import BotError
from bot.settings import Outgoing

Address = IPv4Address | IPv6Address
NAT64 = ip_network("64:ff9b::/96")  # an IPv4 address in the last 32 bits
SETTING = "[outgoing] {key} of kefu.toml"
_AUTHORITY = re.compile(r"https?://(?:[^/?#@{]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#:@{]+)(?::\d+)?(?=[/?#]|$)", re.I)


class CallRefused(BotError):
    """An address that the desk doesn't call; says why, and what would allow it."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Those named in kefu.toml: `written` in an address there, `others` besides, `private` wherever they are."""

    written: frozenset[str]
    others: tuple[str, ...] = ()
    private: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Outgoing, urls: Iterable[str]) -> "Hosts":
        """The hosts of settings; of `urls`, templates perhaps, those whose host is written out."""
        found = (host for url in urls if (host := written_host(url)))
        return cls(frozenset(found), options.hosts, frozenset(options.private_hosts))

    def check(self, url: URL) -> None:
        """Raise CallRefused unless this address may be called, as far as can be told before its name is resolved."""
        host = (url.host or "").lower().rstrip(".")
        if url.scheme not in {"http", "https"} or not host:
            raise CallRefused("wanted an address that begins with http:// or https:// and names a host")
        if any(part in {".", ".."} for part in unquote(url.raw_path).split("/")):
            raise CallRefused("met '.' or '..' in the path: it would lead to another place of that system")
        if not self._is_allowed(host):
            raise CallRefused(f"{host} is not among the hosts of {SETTING.format(key='hosts')}")
        if (address := as_address(host)) is not None:
            self.check_address(host, address)

    def check_address(self, host: str, address: Address) -> None:
        """Raise CallRefused for a host that is where only hosts named for that may be."""
        kind = kind_of(address)
        if kind == "public" or host in self.private:
            return
        # Who writes 127.0.0.1 means it; nobody who writes an address of the cloud's metadata service does.
        if (
            kind == "private"
            and host in self.written
            and (as_address(host) is not None or _is_here(host, address))
        ):
            return
        where = f"{host} is" if host == str(address) else f"{host} is at {address},"
        raise CallRefused(
            f"{where} a {kind} address; if your own system is there, add {host!r} to {SETTING.format(key='private_hosts')}"
        )

    def _is_allowed(self, host: str) -> bool:
        return host in self.written or host in self.private or matches(host, self.others)


def written_host(url: str) -> str:
    """The host of an address, "" where a template makes it or there is none."""
    found = _AUTHORITY.match(url)
    return found[1].strip("[]").lower().rstrip(".") if found else ""


def matches(host: str, patterns: Collection[str]) -> bool:
    """Whether a host is one of these; "*.shop.example" is every name below shop.example."""
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in patterns)


def as_address(host: str) -> Address | None:
    """A host that is an address as it stands."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def kind_of(address: Address) -> str:
    """ "public", "private" (loopback and all else that isn't routed), or "link-local": where clouds tell machines
    their secrets."""
    met = _inner(address)
    if met.is_link_local:
        return "link-local"
    return "public" if met.is_global and not met.is_multicast else "private"


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for."""
    if address.version == 4:
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_here(host: str, address: Address) -> bool:
    return host == "localhost" and address.is_loopback
