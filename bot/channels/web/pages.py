"""The chat page, the same page for a widget's frame, the widget's script, and their files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.channels.web.assets import give_asset, load_assets
from bot.channels.web.channel import CHANNEL
from bot.channels.web.conversations import CHANNEL_NAME
from bot.channels.web.headers import page_policy
from bot.channels.web.labels import page_labels, preferred_language, widget_labels
from bot.channels.web.shapes import MAX_TEXT
from bot.wording import wording

TEMPLATES = Path(__file__).parent / "templates"
MAX_TITLE = 60  # characters
A_WHILE = "public, max-age=300"


@cache
def load_templates() -> Environment:
    """The chat's templates, each compiled once."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


class Pages:
    """What browsers load; read once."""

    def __init__(self) -> None:
        templates = load_templates()
        self._assets = load_assets()
        self._chat = templates.get_template("chat.html")
        self._widget = templates.get_template("widget.js").render(labels=widget_labels())

    async def page(self, request: web.Request) -> web.Response:
        """The chat as a page of its own."""
        return self._render(request, is_embedded=False, ancestors=())

    async def embed(self, request: web.Request) -> web.Response:
        """The chat in the widget's frame."""
        allowed = request.app[CHANNEL].settings.web.allowed_origins
        return self._render(request, is_embedded=True, ancestors=("'self'", *allowed))

    async def widget(self, request: web.Request) -> web.Response:
        """The script that other sites load."""
        headers = {"Cache-Control": A_WHILE, "Cross-Origin-Resource-Policy": "cross-origin"}
        return web.Response(text=self._widget, content_type="text/javascript", headers=headers)

    async def static(self, request: web.Request) -> web.Response:
        """A file of the pages."""
        return give_asset(request, self._assets)

    def _render(self, request: web.Request, *, is_embedded: bool, ancestors: Sequence[str]) -> web.Response:
        data = _page_data(request, is_embedded=is_embedded)
        headers = {
            "Content-Security-Policy": page_policy(ancestors),
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }
        if is_embedded:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        text = self._chat.render(data=data, labels=data["labels"])
        return web.Response(text=text, content_type="text/html", headers=headers)


def _page_data(request: web.Request, *, is_embedded: bool) -> dict[str, Any]:
    channel = request.app[CHANNEL]
    desk = channel.settings.desk
    accepted = request.headers.get("Accept-Language", "")
    words = wording(preferred_language(request.query.get("lang", ""), accepted, desk.language))
    return {
        "title": request.query.get("title", "").strip()[:MAX_TITLE] or desk.name,
        "language": words.language,
        "labels": page_labels(words, desk.name),
        "suggestions": channel.engine.dialogue.answering.openers(CHANNEL_NAME, words, datetime.now(UTC)),
        "max_text": MAX_TEXT,
        "is_embedded": is_embedded,
    }
