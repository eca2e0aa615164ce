"""A whole conversation as a file: JSON for programs, text for people."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console.console import console_of
from bot.console.forms import number_of
from bot.console.routes import get
from bot.store.inbox.views import Case, Noted, Spoken

MOST = 100_000  # messages
TYPES = {"json": "application/json", "txt": "text/plain"}


async def export(request: web.Request) -> web.Response:
    """Everything that was said and done in it, notes of staff included."""
    number, kind = number_of(request), request.match_info["kind"]
    if kind not in TYPES:
        raise web.HTTPNotFound
    console = console_of(request)
    case = await console.store.inbox.case(number, limit=MOST)
    if case is None:
        raise web.HTTPNotFound
    zone = console.settings.desk.zone
    text = (
        as_json(case) if kind == "json" else "\n".join(as_lines(case, lambda at: at.astimezone(zone))) + "\n"
    )
    headers = {
        "Content-Disposition": f'attachment; filename="conversation-{number}.{kind}"',
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, content_type=TYPES[kind], charset="utf-8", headers=headers)


def as_json(case: Case) -> str:
    """All of it, times in UTC."""
    entries = [{"type": type(entry).__name__.lower(), **asdict(entry)} for entry in case.entries]
    whole: dict[str, Any] = {**asdict(case), "entries": entries}
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain)


def as_lines(case: Case, local: Callable[[datetime], datetime]) -> list[str]:
    """A line for each thing that was said, noted or done."""
    customer = case.customer or "Customer"
    lines = []
    for entry in case.entries:
        moment = local(entry.at).strftime("%Y-%m-%d %H:%M")
        if isinstance(entry, Spoken):
            names = {
                "customer": customer,
                "bot": "Bot",
                "person": entry.person.name if entry.person else "Support",
            }
            lines.append(f"[{moment}] {names[entry.speaker]}: {entry.text or f'({entry.kind})'}")
        elif isinstance(entry, Noted):
            lines.append(f"[{moment}] (note of {entry.person.name if entry.person else '?'}) {entry.text}")
        else:
            lines.append(f"[{moment}] -- {entry.status}: {entry.reason.replace('_', ' ')}")
    return lines


def _plain(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - all else is JSON already
    return value.isoformat()


ROUTES = (get("/conversations/{id}/export.{kind}", export, role="agent"),)
