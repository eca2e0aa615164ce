"""Secrets where they don't belong: written into kefu.toml, or sent over a connection that others can read."""

import re
from collections.abc import Iterator

from bot.outgoing.hosts import as_address, kind_of, written_host
from bot.secrets.values import VARIABLE
from bot.settings import Settings

_TELLING = re.compile(r"authorization|cookie|token|secret|password|api.?key|signature", re.IGNORECASE)
_IN_QUERY = re.compile(r"[?&][^=&]*(token|secret|password|key|sig)[^=&]*=[^{$&][^&]*", re.IGNORECASE)


def secret_warnings(settings: Settings) -> Iterator[str]:
    """A line for each, without the secret itself."""
    for name, action in settings.actions.items():
        for header, value in action.headers.items():
            if _TELLING.search(header) and not VARIABLE.search(value):
                yield f'[actions.{name}] headers: {header} is written out; keep it in the environment: "$NAME"'
        yield from _of_address(f"[actions.{name}] url", action.url)
        if action.headers and action.url.startswith("http://") and not _is_near(action.url):
            yield f"[actions.{name}] url: headers go over http, which others can read; use https"
    yield from _of_address("[watch] webhook", settings.watch.webhook)


def _of_address(where: str, url: str) -> Iterator[str]:
    authority = url.partition("://")[2].partition("/")[0]
    if "@" in authority or _IN_QUERY.search(url):
        yield f"{where}: holds what looks like a secret; keep it in the environment"


def _is_near(url: str) -> bool:
    """Whether it is this machine, or an address of the own network."""
    host = written_host(url)
    address = as_address(host)
    return host == "localhost" or (address is not None and kind_of(address) != "public")
