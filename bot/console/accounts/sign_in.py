"""Signing in: password, then a code where the account has a second factor, then a session; and out again."""

from aiohttp import web
from yarl import URL

from bot.console.access import find_signed_in, safe_next, signed_in
from bot.console.accounts.clients import client_label
from bot.console.accounts.half_step import email_of, half_step, is_genuine
from bot.console.accounts.second_factor import matching_step
from bot.console.console import console_of
from bot.console.cookies import HALF_STEP, SESSION, drop_cookie, read_cookie, set_cookie
from bot.console.forms import form_of, wait_problem
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.store.staff.members import as_email
from bot.store.staff.records import Credentials


async def sign_in_page(request: web.Request) -> web.Response:
    """The form; what to do where nobody has an account yet."""
    console, wanted = console_of(request), request.query.get("next", "")
    if await find_signed_in(request) is not None:
        return _go_on(request, safe_next(console.root, wanted))
    if not await console.accounts.is_anybody_there():
        return render(request, "nobody_yet.html")
    return _form(request, {"next": wanted})


async def sign_in(request: web.Request) -> web.Response:
    """Look at e-mail address and password."""
    console, form, words = console_of(request), await form_of(request), words_for(request)
    email = as_email(form.get("email", ""))
    attempt = await console.accounts.take_attempt(email, console.client_of(request))
    if attempt.wait_s:
        return _form(request, form, 429, wait_problem(words, attempt.wait_s), attempt.wait_s)
    met = await console.accounts.credentials(email)
    password = form.get("password", "")
    if not await console.passwords.is_right(met.password_hash if met else None, password) or met is None:
        await console.accounts.note_failure(met.staff.email if met else "", console.client_of(request))
        return _form(request, form, 401, words.say("E-mail address and password don't go together."))
    await _keep_up(request, met, password)
    if met.totp_secret is None:
        return await open_session(request, met.staff.id, email, form.get("next", ""))
    await console.accounts.forgive_attempt(attempt.id)
    response = _go_on(request, f"{console.root}/sign-in/code", next=form.get("next", ""))
    set_cookie(console, response, HALF_STEP, half_step(await _fresh(request, met)))
    return response


async def code_page(request: web.Request) -> web.Response:
    """The form for the code; only after the password."""
    if await _half_way(request) is None:
        return _go_on(request, f"{console_of(request).root}/sign-in", next=request.query.get("next", ""))
    return render(request, "code.html", next=request.query.get("next", ""), problem="")


async def check_code(request: web.Request) -> web.Response:
    """Look at the code; only now there is a session."""
    console, form, words = console_of(request), await form_of(request), words_for(request)
    wanted, met = form.get("next", ""), await _half_way(request)
    if met is None or met.totp_secret is None:
        return _go_on(request, f"{console.root}/sign-in", next=wanted)
    attempt = await console.accounts.take_attempt(met.staff.email, console.client_of(request))
    if attempt.wait_s:
        problem, headers = wait_problem(words, attempt.wait_s), {"Retry-After": str(attempt.wait_s)}
        return render(request, "code.html", status=429, headers=headers, next=wanted, problem=problem)
    step = matching_step(met.totp_secret, form.get("code", ""), met.totp_step)
    if step is None or not await console.accounts.use_totp_step(met.staff.id, step):
        await console.accounts.note_failure(met.staff.email, console.client_of(request))
        problem = words.say("That code doesn't hold, or no longer. Type the one the app shows now.")
        return render(request, "code.html", status=401, next=wanted, problem=problem)
    return await open_session(request, met.staff.id, met.staff.email, wanted)


async def sign_out(request: web.Request) -> web.Response:
    """End the session, here and in the database."""
    console, here = console_of(request), signed_in(request)
    await console.accounts.sign_out(here.session.id, here.staff.id)
    response = _go_on(request, f"{console.root}/sign-in")
    drop_cookie(console, response, SESSION)
    return response


async def open_session(request: web.Request, staff_id: int, email: str, wanted: str) -> web.Response:
    """A new session with a new token, whatever the browser came with."""
    console = console_of(request)
    await console.accounts.forgive_email(email)
    before = await find_signed_in(request)
    if before is not None:
        await console.accounts.sign_out(before.session.id, before.staff.id)
    token = await console.accounts.sign_in(staff_id, client_label(console, request))
    response = _go_on(request, safe_next(console.root, wanted))
    set_cookie(console, response, SESSION, token)
    drop_cookie(console, response, HALF_STEP)
    return response


async def _keep_up(request: web.Request, met: Credentials, password: str) -> None:
    """Hash a password anew that was hashed with other parameters than today's."""
    console, was = console_of(request), met.password_hash
    if was is not None and console.passwords.is_outdated(was):
        await console.accounts.rehash_password(met.staff.id, was, await console.passwords.hash(password))


async def _fresh(request: web.Request, met: Credentials) -> Credentials:
    """The credentials as they are after a rehash, which the half step is signed with."""
    return await console_of(request).accounts.credentials(met.staff.email) or met


async def _half_way(request: web.Request) -> Credentials | None:
    """Whose password was right a moment ago."""
    console = console_of(request)
    note = read_cookie(console, request, HALF_STEP)
    met = await console.accounts.credentials(email_of(note)) if note else None
    if met is None or met.password_hash is None or met.totp_secret is None:
        return None
    return met if is_genuine(note, met) else None


def _form(
    request: web.Request, form: dict[str, str], status: int = 200, problem: str = "", wait_s: int = 0
) -> web.Response:
    headers = {"Retry-After": str(wait_s)} if wait_s else {}
    email, wanted = form.get("email", ""), form.get("next", "")
    return render(
        request, "sign_in.html", status=status, headers=headers, email=email, next=wanted, problem=problem
    )


def _go_on(request: web.Request, path: str, **query: str) -> web.Response:
    given = {name: value for name, value in query.items() if value}
    target = URL(path, encoded=True)
    location = str(target.with_query(given) if given else target)
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


ROUTES = (
    get("/sign-in", sign_in_page, role=None),
    post("/sign-in", sign_in, role=None),
    get("/sign-in/code", code_page, role=None),
    post("/sign-in/code", check_code, role=None),
    post("/sign-out", sign_out, role="agent"),
)
