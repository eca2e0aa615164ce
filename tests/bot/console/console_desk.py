"""A console that listens, and browsers of its staff."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from aiohttp import web
from argon2 import PasswordHasher
from yarl import URL

from bot.channels.web.app import web_app
from bot.channels.web.runner import LimitedRunner
from bot.console.accounts.passwords import Passwords
from bot.console.app import console_app, mount
from bot.engine import Engine
from bot.review.mined import Mined
from bot.settings import Settings, Telegram
from bot.store.staff.accounts import Accounts
from bot.store.staff.records import Role
from bot.store.store import Store
from tests.bot.fakes import Customer, make_engine, make_settings
from training.errors import TrainingError
from training.mining.review import Review

PASSWORD = "three blue horses"
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class CountingPasswords(Passwords):
    """Remembers which hashes it was asked to compare with."""

    compared: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(FAST)

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        self.compared.append(password_hash)
        return await super().is_right(password_hash, password)


@dataclass
class Answer:
    """What came back, without following where it leads."""

    status: int
    text: str
    headers: Any

    @property
    def leads_to(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text)
        assert found, self.text[:400]
        return found[1]

    @property
    def words(self) -> str:
        """What a person reads."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.text)))


@dataclass
class Browser:
    """Somebody's browser with its own cookies."""

    client: aiohttp.ClientSession
    url: str
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> Answer:
        async with self.client.get(self.url + path, allow_redirects=False, headers=headers) as response:
            return Answer(response.status, await response.text(), response.headers.copy())

    async def send(self, path: str, headers: Mapping[str, str] = OURS, /, **form: str) -> Answer:
        """Post a form as it is, from our own page as far as the browser says."""
        async with self.client.post(
            self.url + path, data=form, allow_redirects=False, headers=headers
        ) as response:
            return Answer(response.status, await response.text(), response.headers.copy())

    async def post(self, path: str, **form: str) -> Answer:
        """Post a form of a page that was opened while signed in."""
        return await self.send(path, csrf_token=self.csrf, **form)

    async def sign_in(self, email: str, password: str = PASSWORD, next: str = "") -> Answer:
        answer = await self.send("/sign-in", email=email, password=password, next=next)
        page = await self.get("/account")
        self.csrf = page.csrf if page.status == 200 else ""
        return answer

    def cookie(self, name: str) -> str:
        found = {cookie.key: cookie.value for cookie in self.client.cookie_jar}
        return found.get(name, "")

    def set_cookie(self, name: str, value: str) -> None:
        self.client.cookie_jar.update_cookies({name: value}, URL(f"{self.url}/"))


@dataclass
class ConsoleDesk:
    """A desk whose console listens."""

    settings: Settings
    store: Store
    passwords: CountingPasswords
    engine: Engine
    console: web.Application = field(init=False)
    url: str = ""
    n_learned: int = 0
    _clients: list[aiohttp.ClientSession] = field(default_factory=list)

    @property
    def accounts(self) -> Accounts:
        return self.store.accounts

    def customer(self, name: str = "anna") -> Customer:
        """Somebody who chats with the desk."""
        return Customer(self.engine, f"web:{name}", now=datetime.now(UTC))

    async def learn(self) -> None:
        """What the desk does with new corrections: here they are only counted."""
        self.n_learned += 1

    def browser(self) -> Browser:
        """Somebody at the door."""
        client = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._clients.append(client)
        return Browser(client, f"{self.url}/console")

    async def add(self, email: str, role: Role = "agent", name: str = "", *, totp: str | None = None) -> int:
        """Somebody with PASSWORD."""
        staff_id = await self.accounts.add(email, name, role, FAST.hash(PASSWORD))
        if totp:
            await self.accounts.set_second_factor(staff_id, totp)
        return staff_id

    async def signed_in(self, email: str, role: Role = "agent", name: str = "") -> Browser:
        """The browser of somebody new who is signed in."""
        await self.add(email, role, name)
        browser = self.browser()
        answer = await browser.sign_in(email)
        assert answer.status == 303, answer.text
        return browser

    async def actions(self) -> list[str]:
        """What the audit log tells, the newest first."""
        return [entry.action for entry in await self.accounts.audit()]

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def code_of(secret: str, step: int = 0) -> str:
    """The code an authenticator app shows now, or so many steps later."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * step)


@asynccontextmanager
async def open_console(folder: Path, *, staff_group: int = 0, **options: Any) -> AsyncIterator[ConsoleDesk]:
    """A console that listens beside the chat; options of [web] by name."""
    settings = make_settings(folder)
    groups = {"web": type(settings.web)(**options), "telegram": Telegram(staff_group=staff_group)}
    settings = settings.model_copy(update=groups)
    async with await Store.open(f"sqlite:///{folder}/kefu.db") as store:
        engine, _ = make_engine(store, settings)
        passwords = CountingPasswords()
        app = web_app(engine, store, settings)
        desk = ConsoleDesk(settings, store, passwords, engine)
        mined = Mined(Review(settings.folder), (TrainingError,))
        desk.console = console_app(engine, desk.learn, passwords, lambda: mined)
        mount(app, desk.console)
        runner = LimitedRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield desk
        finally:
            await desk.close()
            await runner.cleanup()
