"""News for open pages, by server-sent events: which list changed, and whether the open conversation did."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from bot.console.console import CONSOLE, console_of
from bot.console.forms import small_number
from bot.console.inbox.lists import as_seen
from bot.console.routes import get

AGAIN_MS = 2000  # until a browser whose connection broke tries again
QUIET_S = 15.0  # without news a comment is sent, or proxies would hang up
GATHER_S = 0.3  # what happens within is one piece of news


@dataclass
class Ear:
    """What one open page has not been told yet."""

    conversation_key: str
    has_news: asyncio.Event = field(default_factory=asyncio.Event)
    is_about_case: bool = False

    def tell(self, conversation_key: str) -> None:
        """Something happened in a conversation; "" where nobody knows in which."""
        if conversation_key in {self.conversation_key, ""} and self.conversation_key:
            self.is_about_case = True
        self.has_news.set()

    def take(self) -> tuple[str, ...]:
        """The events to send."""
        events = ("inbox", "case") if self.is_about_case else ("inbox",)
        self.is_about_case = False
        self.has_news.clear()
        return events


async def live(request: web.Request) -> web.StreamResponse:
    """Tell a page of news until it goes away; `conversation` in the query is the one it shows, `seen` how far it is:
    what happened before it listened, or while its connection was broken, is news too."""
    console = console_of(request)
    number = small_number(request.query.get("conversation", ""))
    key = await console.store.inbox.key_of(number) if number is not None else None
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    await response.prepare(request)
    ear = Ear(key or "")
    connection = asyncio.current_task()
    assert connection is not None  # noqa: S101 - a handler runs in a task
    console.pages.add(connection)
    try:
        with console.engine.news.heard_by(ear.tell), suppress(ConnectionError):
            await response.write(f"retry: {AGAIN_MS}\n\n".encode())
            if as_seen(await console.store.inbox.watermark()) != request.query.get("seen", ""):
                ear.tell("")
            await _tell(response, ear)
    finally:
        console.pages.discard(connection)
    return response


async def _tell(response: web.StreamResponse, ear: Ear) -> None:
    while True:
        try:
            async with asyncio.timeout(QUIET_S):
                await ear.has_news.wait()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        await asyncio.sleep(GATHER_S)
        for event in ear.take():
            await response.write(f"event: {event}\ndata:\n\n".encode())


async def close_pages(app: web.Application) -> None:
    """Send open pages away; they come back to the server that follows. An on_shutdown signal."""
    for connection in list(app[CONSOLE].pages):
        connection.cancel()


ROUTES = (get("/live", live, role="agent"),)
