"""Who is at the door, and whether they may come in: before every page."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from bot.console.console import console_of
from bot.console.cookies import SESSION, read_cookie
from bot.console.csrf import SAFE, check_origin, check_token
from bot.console.routes import ACCESS, may, role_for
from bot.store.staff.records import Staff, StaffSession
from bot.store.staff.sessions import SEEN_EVERY
from bot.store.values import now
from bot.web_address import parse_address


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody and the session they are in."""

    staff: Staff
    session: StaffSession


SIGNED_IN = web.RequestKey("SIGNED_IN", SignedIn)


def signed_in(request: web.Request) -> SignedIn:
    """Who asks, on pages that need a sign-in."""
    return request[SIGNED_IN]


def me(request: web.Request) -> Staff:
    """Which member of staff asks, on pages that need a sign-in."""
    return request[SIGNED_IN].staff


async def find_signed_in(request: web.Request) -> SignedIn | None:
    """Who asks, on pages that are open to everybody."""
    console = console_of(request)
    token = read_cookie(console, request, SESSION)
    found = await console.accounts.session(token) if token else None
    if found is None:
        return None
    staff, session = found
    if now() - session.seen_at > SEEN_EVERY:
        await console.accounts.touch(session.id)
    request[SIGNED_IN] = SignedIn(staff, session)
    return request[SIGNED_IN]


@web.middleware
async def at_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Session, token and role, in this order."""
    if (
        request.match_info.http_exception is not None
    ):  # no such page: shown with the menu where one is signed in
        await find_signed_in(request)
        return await handler(request)
    least = role_for(request.config_dict[ACCESS], request.match_info)
    is_change = request.method not in SAFE
    if least is None:
        if is_change:
            check_origin(request)
        return await handler(request)
    here = await find_signed_in(request)
    if here is None:
        return _to_sign_in(request)
    if is_change:
        await check_token(request, here.session)
    if not may(here.staff.role, least):
        raise web.HTTPForbidden
    return await handler(request)


def _to_sign_in(request: web.Request) -> web.Response:
    """Where to sign in, and from there back to the page; htmx loads it as a page, not into one."""
    console = console_of(request)
    target = URL(f"{console.root}/sign-in", encoded=True)
    if request.headers.get("HX-Request") == "true":
        return web.Response(status=401, headers={"HX-Redirect": str(target), "Cache-Control": "no-store"})
    if request.method in SAFE:
        target = target.with_query(next=console.site + request.path_qs)
    return web.Response(status=303, headers={"Location": str(target), "Cache-Control": "no-store"})


def safe_next(root: str, wanted: str) -> str:
    """The page of the console to go on with after signing in; its start where something else is wanted."""
    try:
        url = parse_address(wanted)
    except ValueError:
        return f"{root}/"
    is_ours = (
        wanted.startswith(f"{root}/")
        and not url.absolute
        and url.path.startswith(f"{root}/")
        and not any(part == ".." for part in url.path.replace("\\", "/").split("/"))
        and "\\" not in wanted
        and wanted.isprintable()
    )
    return str(url) if is_ours else f"{root}/"
