"""One's own account: name, password, second factor, and where one is signed in."""

from aiohttp import web

from bot.console.access import me, signed_in
from bot.console.accounts.second_factor import grouped, is_secret, matching_step, new_secret, qr_code
from bot.console.console import console_of
from bot.console.forms import form_of, name_problem, number_of, password_problem, wait_problem
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.store.staff.links import CODE_VALID


async def account_page(request: web.Request) -> web.Response:
    """Everything of one's own account on one page."""
    return await _page(request, {})


async def rename(request: web.Request) -> web.Response:
    words, name = words_for(request), (await form_of(request)).get("name", "")
    problem = name_problem(words, name)
    if problem:
        return await _page(request, {"name": problem}, name)
    await console_of(request).accounts.rename(me(request).id, name, by=me(request).id)
    return see_other(request, "/account", words.say("Your name is saved."))


async def change_password(request: web.Request) -> web.Response:
    """A new password ends all other sessions."""
    console, words, form = console_of(request), words_for(request), await form_of(request)
    problem = await _password_refused(request, form.get("old_password", ""))
    if problem:
        return await _page(request, {"password": problem})
    problem = password_problem(words, form.get("new_password", ""))
    if problem:
        return await _page(request, {"new_password": problem})
    here = signed_in(request)
    password_hash = await console.passwords.hash(form["new_password"])
    await console.accounts.set_password(here.staff.id, password_hash, by=here.staff.id, keep=here.session.id)
    said = words.say("Your new password holds. Other browsers are signed out.")
    return see_other(request, "/account", said)


async def second_factor_page(request: web.Request) -> web.Response:
    """A new secret for the app, as a picture and in letters; it counts once a code of it was typed."""
    if me(request).has_second_factor:
        return see_other(request, "/account")
    return _set_up(request, new_secret(), {})


async def turn_on(request: web.Request) -> web.Response:
    """Take the secret where a code shows that the app has it."""
    words, form = words_for(request), await form_of(request)
    secret = form.get("secret", "")
    if not is_secret(secret) or me(request).has_second_factor:
        return see_other(request, "/account/second-factor")
    step = matching_step(secret, form.get("code", ""), None)
    if step is None:
        problem = words.say("That code doesn't fit. Type the one the app shows now.")
        return _set_up(request, secret, {"code": problem})
    problem = await _password_refused(request, form.get("password", ""))
    if problem:
        return _set_up(request, secret, {"password": problem})
    await console_of(request).accounts.set_second_factor(me(request).id, secret, step, by=me(request).id)
    return see_other(request, "/account", words.say("The second factor is on."))


async def turn_off(request: web.Request) -> web.Response:
    """With the password: an open browser alone doesn't do it."""
    words, form = words_for(request), await form_of(request)
    problem = await _password_refused(request, form.get("password", ""))
    if problem:
        return await _page(request, {"second_factor": problem})
    await console_of(request).accounts.set_second_factor(me(request).id, None, by=me(request).id)
    return see_other(request, "/account", words.say("The second factor is off."))


async def link_telegram(request: web.Request) -> web.Response:
    """A code to say in the staff group who one is; shown once."""
    _check_staff_group(request)
    code = await console_of(request).store.staff_group.make_code(me(request).id)
    return render(request, "telegram_code.html", code=code, minutes=CODE_VALID.seconds // 60)


async def unlink_telegram(request: web.Request) -> web.Response:
    _check_staff_group(request)
    await console_of(request).store.staff_group.unlink(me(request).id)
    said = words_for(request).say("The staff group knows you no longer.")
    return see_other(request, "/account", said)


def _check_staff_group(request: web.Request) -> None:
    """Raises HTTPNotFound where there is none."""
    if not console_of(request).settings.telegram.staff_group:
        raise web.HTTPNotFound


async def end_session(request: web.Request) -> web.Response:
    """Sign out another of one's own browsers."""
    if not await console_of(request).accounts.sign_out(number_of(request), me(request).id):
        raise web.HTTPNotFound
    return see_other(request, "/account", words_for(request).say("That browser is signed out."))


async def end_other_sessions(request: web.Request) -> web.Response:
    here = signed_in(request)
    await console_of(request).accounts.sign_out_elsewhere(here.staff.id, here.session.id)
    return see_other(request, "/account", words_for(request).say("Every other browser is signed out."))


async def _password_refused(request: web.Request, password: str) -> str:
    """Why this isn't taken as one's own password, "" where it is; counted as a sign-in is."""
    console, words, mine = console_of(request), words_for(request), me(request)
    attempt = await console.accounts.take_attempt(mine.email, console.client_of(request))
    if attempt.wait_s:
        return wait_problem(words, attempt.wait_s)
    met = await console.accounts.credentials(mine.email)
    if not await console.passwords.is_right(met.password_hash if met else None, password):
        return words.say("That isn't your password.")
    await console.accounts.forgive_attempt(attempt.id)
    return ""


async def _page(request: web.Request, problems: dict[str, str], name: str | None = None) -> web.Response:
    here = signed_in(request)
    sessions = await console_of(request).accounts.sessions(here.staff.id)
    return render(
        request,
        "account.html",
        status=422 if problems else 200,
        sessions=sessions,
        here=here.session,
        name=here.staff.name if name is None else name,
        has_staff_group=console_of(request).settings.telegram.staff_group != 0,
        problems=problems,
    )


def _set_up(request: web.Request, secret: str, problems: dict[str, str]) -> web.Response:
    desk = console_of(request).settings.desk.name
    return render(
        request,
        "second_factor.html",
        status=422 if problems else 200,
        secret=secret,
        letters=grouped(secret),
        picture=qr_code(secret, me(request).email, desk),
        problems=problems,
    )


ROUTES = (
    get("/account", account_page, role="agent"),
    post("/account/name", rename, role="agent"),
    post("/account/password", change_password, role="agent"),
    get("/account/second-factor", second_factor_page, role="agent"),
    post("/account/second-factor", turn_on, role="agent"),
    post("/account/second-factor/off", turn_off, role="agent"),
    post("/account/telegram", link_telegram, role="agent"),
    post("/account/telegram/off", unlink_telegram, role="agent"),
    post("/account/sessions/end-others", end_other_sessions, role="agent"),
    post("/account/sessions/{id}/end", end_session, role="agent"),
)
