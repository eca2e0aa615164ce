"""What the console's handlers share."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network
from typing import Any

from aiohttp import web
from jinja2 import Environment
from yarl import URL

from bot.channels.web.assets import Asset
from bot.channels.web.limits import Network, client_of
from bot.console.accounts.passwords import Passwords
from bot.console.links import PREFIX
from bot.editing.editor import Editor
from bot.engine import Engine
from bot.review.grouping import Grouping
from bot.review.mined import Mined, OpenMined
from bot.review.rereading import Rereading
from bot.settings import Settings
from bot.staffing import Staffing
from bot.store.staff.accounts import Accounts
from bot.store.store import Store


@dataclass(frozen=True)
class Console:
    """The desk, as its staff see it."""

    store: Store
    settings: Settings
    passwords: Passwords
    templates: Environment
    assets: dict[str, Asset]
    engine: Engine
    learn: Callable[[], Awaitable[object]]  # brings the memory up to the corrections stored
    grouping: Grouping
    open_mined: OpenMined | None = None  # gives what `kefu mine` proposed
    pages: set[asyncio.Task[Any]] = field(default_factory=set)  # that wait for news

    @property
    def mined(self) -> Mined | None:
        """What `kefu mine` proposed; None where this console can't show it."""
        return self.open_mined() if self.open_mined else None

    @property
    def accounts(self) -> Accounts:
        return self.store.accounts

    @property
    def staffing(self) -> Staffing:
        return Staffing(self.store, self.settings, self.engine.news)

    @property
    def rereading(self) -> Rereading:
        return Rereading(self.engine.dialogue, self.settings)

    @cached_property
    def editor(self) -> Editor:
        return Editor(self.settings.folder, self.settings.actions, self.store.answers)

    @property
    def site(self) -> str:
        """The path before all of the desk's, "" unless it lies below one: "/chat"."""
        public_url = self.settings.web.public_url
        return URL(public_url).path.rstrip("/") if public_url else ""

    @property
    def root(self) -> str:
        """The path before all of the console's."""
        return self.site + PREFIX

    @property
    def is_https(self) -> bool:
        return self.settings.web.public_url.startswith("https://")

    def client_of(self, request: web.Request) -> str:
        """The address a request comes from, for the limits."""
        proxies: tuple[Network, ...] = tuple(
            ip_network(proxy, strict=False) for proxy in self.settings.web.trusted_proxies
        )
        return client_of(request, proxies)

    def link(self, request: web.Request, path: str) -> str:
        """A whole address of the console, to be sent to somebody."""
        public_url = self.settings.web.public_url
        start = str(URL(public_url).origin()) if public_url else f"{request.scheme}://{request.host}"
        return start + self.root + path


CONSOLE = web.AppKey("CONSOLE", Console)


def console_of(request: web.Request) -> Console:
    """The console a request is for."""
    return request.config_dict[CONSOLE]
