"""Who may use the REST API: holders of the key; without one, programs on this machine."""

import hmac
import re
from ipaddress import ip_address

from aiohttp import web

from bot.channels.web.errors import refused
from bot.settings import Settings

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def check_key(request: web.Request, settings: Settings) -> None:
    """Raise Refused unless the request shows KEFU_API_KEY; one is needed wherever others than this machine ask."""
    key = settings.api_key
    if not key:
        if is_local(request, settings):
            return
        message = "the API is off: set KEFU_API_KEY on the server, and send it as 'Authorization: Bearer KEY'"
        raise refused(401, "unauthorized", message)
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    is_right = hmac.compare_digest(shown.strip().encode("utf-8", "surrogateescape"), key.encode())
    if scheme.lower() != "bearer" or not is_right:
        raise refused(401, "unauthorized", "wanted the header 'Authorization: Bearer KEY' with the right key")


def is_local(request: web.Request, settings: Settings) -> bool:
    """Whether the server listens to this machine alone and the request was not passed on to it.

    A proxy on this machine forwards for the whole world, and a page can be made to call 127.0.0.1 by
    another name (DNS rebinding): both show in the headers."""
    options = settings.web
    is_forwarded = bool(options.public_url) or any(name in request.headers for name in FORWARDED)
    return is_loopback(options.host) and not is_forwarded and is_loopback(_without_port(request.host))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    return re.sub(r":\d+$", "", host).strip("[]")
