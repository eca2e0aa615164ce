"""The console's cookies. Under https their names begin with __Host-, so that no other site of the domain sets them."""

from typing import Final

from aiohttp import web

from bot.console.accounts.half_step import VALID_S
from bot.console.console import Console
from bot.store.staff.sessions import LONGEST

SESSION: Final = "session"
HALF_STEP: Final = "half_step"
NOTICE: Final = "notice"
SECRET_NAMES = {SESSION: "kefu", HALF_STEP: "kefu-half-step", NOTICE: "kefu-notice"}
PLAIN_NAMES = {SESSION: "kefu_session", HALF_STEP: "kefu_half_step", NOTICE: "kefu_notice"}
LASTS_S = {SESSION: int(LONGEST.total_seconds()), HALF_STEP: VALID_S, NOTICE: 60}


def read_cookie(console: Console, request: web.Request, kind: str) -> str:
    """What a cookie of ours holds, "" without it."""
    return request.cookies.get(_name(console, kind), "")


def set_cookie(console: Console, response: web.StreamResponse, kind: str, value: str) -> None:
    response.set_cookie(
        _name(console, kind),
        value,
        max_age=LASTS_S[kind],
        path=_path(console),
        secure=console.is_https,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(console: Console, response: web.StreamResponse, kind: str) -> None:
    response.del_cookie(
        _name(console, kind), path=_path(console), secure=console.is_https, httponly=True, samesite="Lax"
    )


def _name(console: Console, kind: str) -> str:
    return f"__Host-{SECRET_NAMES[kind]}" if console.is_https else PLAIN_NAMES[kind]


def _path(console: Console) -> str:
    return "/" if console.is_https else console.root  # __Host- wants "/"
