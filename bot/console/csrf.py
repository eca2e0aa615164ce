"""That a form was sent from our own page."""

import hmac

from aiohttp import web

from bot.channels.web.origins import is_own_origin
from bot.console.console import console_of
from bot.store.staff.records import StaffSession

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
SAFE = {"GET", "HEAD", "OPTIONS"}


def check_origin(request: web.Request) -> None:
    """For forms of people who aren't signed in. Raises HTTPForbidden.

    Browsers say where a form comes from: in Sec-Fetch-Site over https and on localhost, else in Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_own = site == "same-origin"
    else:
        is_own = is_own_origin(request.headers.get("Origin", ""), request, console_of(request).settings.web)
    if not is_own:
        raise web.HTTPForbidden


async def check_token(request: web.Request, session: StaffSession) -> None:
    """The token of this very session, in a form's hidden field or in a header. Raises HTTPForbidden."""
    shown = request.headers.get(HEADER)
    if shown is None and request.content_type in FORMS:
        shown = str((await request.post()).get(FIELD, ""))
    if not hmac.compare_digest((shown or "").encode("utf-8", "surrogateescape"), session.csrf_token.encode()):
        raise web.HTTPForbidden
