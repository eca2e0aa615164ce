"""A small desk on the web: a real server on a free port, a real log, a model of patterns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.channels.web.app import web_app
from bot.channels.web.runner import LimitedRunner
from bot.engine import Engine
from bot.messages import Message, Turn
from bot.monitoring.readiness import Readiness
from bot.settings import Settings
from bot.store.records import Conversation, StoredMessage
from bot.store.store import Store
from nlu.understanding import Understanding
from tests.bot.fakes import ANSWERS, FakeUnderstander, make_engine, make_settings, read_book, with_parts

GREETING = 'variants: ["Hello!", "Hi!"]'
OPENERS = "buttons: [{label: {en: 'Where is my parcel?', zh: 查询订单}, intent: order_status}]"
TOKEN = "t" * 43
SECRET = "no route to the database of Anna, 07700 900123"  # databases quote what they were given


class MoodyStore(Store):
    """A log whose database goes away for as long as `is_away` says."""

    is_away = False

    async def arrival(self, message: Message) -> Turn | Conversation:
        self._look()
        return await super().arrival(message)

    async def transcript(
        self, conversation_key: str, *, after: int = 0, limit: int = 200
    ) -> list[StoredMessage]:
        self._look()
        return await super().transcript(conversation_key, after=after, limit=limit)

    async def status(self, conversation_key: str) -> Any:
        self._look()
        return await super().status(conversation_key)

    def _look(self) -> None:
        if self.is_away:
            raise OSError(SECRET)


@dataclass
class SlowUnderstander(FakeUnderstander):
    """Understands "slowly" only when `go` is set."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def understand(self, text: str) -> Understanding:
        if text == "slowly":
            self.begun.set()
            await self.go.wait()
        return await super().understand(text)


@dataclass
class WebDesk:
    """The desk, and a client of it."""

    settings: Settings
    engine: Engine
    store: MoodyStore
    slow: SlowUnderstander
    client: aiohttp.ClientSession
    url: str = ""
    was_told_to_stop: bool = False
    makes_do: bool = False
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        self._runner = LimitedRunner(
            web_app(
                self.engine,
                self.store,
                self.settings,
                readiness=Readiness(lambda: self.was_told_to_stop, lambda: self.makes_do),
            )
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None

    async def restart(self) -> None:
        await self.stop()
        await self.start(self.port)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def post(self, body: Any, **options: Any) -> tuple[int, Any, Any]:
        """Send to the messages of the API; status, body and headers of the answer."""
        async with self.client.post(f"{self.url}/api/v1/messages", json=body, **options) as response:
            return response.status, await response.json(), response.headers

    async def get(self, path: str, **options: Any) -> tuple[int, Any, Any]:
        async with self.client.get(self.url + path, **options) as response:
            return response.status, await response.json(), response.headers

    async def say(self, text: str, number: int = 1, conversation: str = "anna") -> Any:
        """Say something over REST; the answer."""
        status, answer, _ = await self.post(said(text, number, conversation))
        assert status == 200, answer
        return answer

    async def texts(self, conversation: str = "anna") -> list[str]:
        return [line.text for line in await self.store.transcript(f"web:{conversation}", limit=1000)]

    @asynccontextmanager
    async def socket(self, token: str = TOKEN, after: int = 0, **options: Any) -> AsyncIterator["Tab"]:
        """A tab that said hello."""
        async with self.client.ws_connect(f"{self.url}/ws", **options) as opened:
            tab = Tab(opened)
            await opened.send_json({"type": "hello", "token": token, "after": after})
            yield tab


@dataclass
class Tab:
    """An open socket."""

    socket: "aiohttp.ClientWebSocketResponse[bool]"

    async def say(self, text: str, number: int = 1) -> None:
        await self.socket.send_json({"type": "message", "client_message_id": str(number), "text": text})

    async def press(self, message_id: int, index: int, number: int) -> None:
        button = {"message_id": message_id, "index": index}
        await self.socket.send_json({"type": "press", "client_message_id": str(number), "button": button})

    async def next(self, kind: str) -> Any:
        """The next frame of a kind."""
        while True:
            frame = await self.socket.receive_json(timeout=10)
            if frame["type"] == kind:
                return frame

    async def lines(self, count: int) -> list[Any]:
        """That many lines of the transcript, in however many frames they come."""
        lines: list[Any] = []
        while len(lines) < count:
            lines += (await self.next("transcript"))["messages"]
        assert len(lines) == count
        return lines

    async def close_code(self) -> int | None:
        """How the server closed it."""
        while not self.socket.closed:
            await self.socket.receive(timeout=10)
        return self.socket.close_code


def said(text: str, number: int = 1, conversation: str = "anna") -> dict[str, Any]:
    return {"conversation": conversation, "client_message_id": str(number), "text": text}


@asynccontextmanager
async def open_web_desk(folder: Path, **options: Any) -> AsyncIterator[WebDesk]:
    """A desk that listens; options of [web] by name."""
    settings = make_settings(folder)
    chosen = {"requests_per_minute": 1000} | options
    settings = settings.model_copy(update={"web": type(settings.web)(**chosen)})
    async with (
        await MoodyStore.open(f"sqlite+aiosqlite:///{folder}/kefu.db") as store,
        aiohttp.ClientSession() as client,
    ):
        assert isinstance(store, MoodyStore)
        engine, _ = make_engine(store, settings)
        slow = SlowUnderstander()
        desk = WebDesk(settings, engine, store, slow, client)
        give_openers(desk)
        await desk.start()
        try:
            yield desk
        finally:
            await desk.stop()


def give_openers(desk: WebDesk) -> None:
    """Let the greeting offer something to begin with."""
    path = desk.settings.folder / "answers" / "all.yaml"
    answers = ANSWERS.replace(GREETING, f"{GREETING}, {OPENERS}")
    path.write_text(answers, "utf-8")
    dialogue = desk.engine.dialogue
    answering = replace(dialogue.answering, book=read_book(answers))
    desk.engine.take_over(replace(with_parts(dialogue, understander=desk.slow), answering=answering), "test")
