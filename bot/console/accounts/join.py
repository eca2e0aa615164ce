"""The page behind a link: a new account, or a new password for one."""

from aiohttp import web

from bot.console.accounts.sign_in import open_session
from bot.console.console import console_of
from bot.console.forms import email_problem, form_of, name_problem, password_problem
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.store.staff.invitations import LinkSpent
from bot.store.staff.members import EmailTaken
from bot.store.staff.records import Invitation


async def join_page(request: web.Request) -> web.Response:
    """The form that fits the link."""
    link = await console_of(request).accounts.invitation(request.match_info["token"])
    return _spent(request) if link is None else _form(request, link, {}, {})


async def join(request: web.Request) -> web.Response:
    """Open the account and sign in, or set the password."""
    console, form = console_of(request), await form_of(request)
    token = request.match_info["token"]
    link = await console.accounts.invitation(token)
    if link is None:
        return _spent(request)
    problems = _problems(request, link, form)
    if problems:
        return _form(request, link, form, problems)
    password_hash = await console.passwords.hash(form["password"])
    try:
        if link.staff_id is not None:
            return await _set_password(request, token, password_hash)
        joined = await console.accounts.join(token, form.get("email", ""), form["name"], password_hash)
    except LinkSpent:
        return _spent(request)
    except EmailTaken:
        taken = words_for(request).say("There is an account with this address already.")
        return _form(request, link, form, {"email": taken})
    return await open_session(request, joined.id, joined.email, "")


async def _set_password(request: web.Request, token: str, password_hash: str) -> web.Response:
    """The link alone doesn't sign in: a second factor still counts."""
    await console_of(request).accounts.set_password_by_link(token, password_hash)
    return see_other(request, "/sign-in", words_for(request).say("The new password holds. Sign in with it."))


def _problems(request: web.Request, link: Invitation, form: dict[str, str]) -> dict[str, str]:
    words = words_for(request)
    found = {"password": password_problem(words, form.get("password", ""))}
    if link.staff_id is None:
        found["name"] = name_problem(words, form.get("name", ""))
    if not link.email:
        found["email"] = email_problem(words, form.get("email", ""))
    return {field: problem for field, problem in found.items() if problem}


def _form(
    request: web.Request, link: Invitation, form: dict[str, str], problems: dict[str, str]
) -> web.Response:
    status = 422 if problems else 200
    return render(request, "join.html", status=status, link=link, form=form, problems=problems)


def _spent(request: web.Request) -> web.Response:
    return render(request, "spent_link.html", status=404)


ROUTES = (get("/join/{token}", join_page, role=None), post("/join/{token}", join, role=None))
