"""What browsers are forbidden, on every response."""

from collections.abc import Sequence

from aiohttp import web

from bot.channels.web.channel import CHANNEL

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
BARE_POLICY = "default-src 'none'; frame-ancestors 'none'"
HSTS_S = 365 * 24 * 3600


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Add what a handler didn't set itself; an on_response_prepare signal."""
    headers = {
        "Content-Security-Policy": BARE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if request.config_dict[CHANNEL].settings.web.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
    response.headers["Server"] = "kefu"  # aiohttp's own tells its version
    for name, value in headers.items():
        response.headers.setdefault(name, value)


def page_policy(ancestors: Sequence[str]) -> str:
    """The policy of a page that pages of these origins may frame."""
    return PAGE_POLICY.format(ancestors=" ".join(ancestors) or "'none'")
