"""A sentence for the next page: what was just done."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from bot.console.console import console_of
from bot.console.cookies import NOTICE, read_cookie, set_cookie

Kind = Literal["good", "bad"]
MAX_TEXT = 300  # characters


@dataclass(frozen=True, slots=True)
class Notice:
    """Shown once, beside the page."""

    text: str
    kind: Kind = "good"


def see_other(request: web.Request, path: str, said: str = "", kind: Kind = "good") -> web.Response:
    """Go on with a page of the console, e.g. "/team", after something was done, and say so there."""
    console = console_of(request)
    response = web.Response(
        status=303, headers={"Location": console.root + path, "Cache-Control": "no-store"}
    )
    if said:
        written = base64.urlsafe_b64encode(json.dumps([kind, said[:MAX_TEXT]]).encode()).decode()
        set_cookie(console, response, NOTICE, written)
    return response


def read_notice(request: web.Request) -> Notice | None:
    """What the page before wanted to be said."""
    try:
        kind, text = json.loads(base64.urlsafe_b64decode(read_cookie(console_of(request), request, NOTICE)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    return Notice(str(text)[:MAX_TEXT], "bad" if kind == "bad" else "good")
