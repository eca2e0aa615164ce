"""Which pages may talk to the desk."""

from aiohttp import web
from yarl import URL

from bot.channels.web.errors import refused
from bot.settings import Web

ALLOWED_HEADERS = "Authorization, Content-Type"
ALLOWED_METHODS = "GET, POST"
PREFLIGHT_AGE_S = "600"


def check_origin(request: web.Request, options: Web) -> None:
    """Raise Refused for a request from a page that is neither ours nor in [web] allowed_origins."""
    origin = request.headers.get("Origin")
    if origin is not None and not (
        is_own_origin(origin, request, options) or origin in options.allowed_origins
    ):
        raise refused(403, "origin", f"pages of {origin[:200]!r} may not talk to this desk")


def share_with_origin(request: web.Request, response: web.StreamResponse, options: Web) -> None:
    """Let a page of an allowed origin read the response."""
    origin = request.headers.get("Origin")
    response.headers["Vary"] = "Origin"
    if origin in options.allowed_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"


def preflight() -> web.Response:
    """What a browser asks before it sends a foreign page's request."""
    headers = {
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": PREFLIGHT_AGE_S,
    }
    return web.Response(status=204, headers=headers)


def is_preflight(request: web.Request) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def is_own_origin(origin: str, request: web.Request, options: Web) -> bool:
    """Whether a page of this desk: of the host it was asked as, or of its public address."""
    if options.public_url and origin == str(URL(options.public_url).origin()):
        return True
    # Behind a proxy that ends TLS the scheme differs; the host is what the page came from.
    return origin.partition("://")[2] == request.host
