"""The team: who works here, with which role; invited, changed and disabled by admins."""

from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import email_problem, form_of, number_of
from bot.console.links import join_path
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.store.staff.members import EmailTaken, LastAdmin
from bot.store.staff.records import ROLES, Role, Staff


async def team_page(request: web.Request) -> web.Response:
    """Everybody, and the links that are still open."""
    accounts = console_of(request).accounts
    people, links = await accounts.everybody(), await accounts.invitations()
    invited = [link for link in links if link.staff_id is None]
    return render(request, "team.html", people=people, invited=invited)


async def invite_page(request: web.Request) -> web.Response:
    return _invite_form(request, {}, {})


async def invite(request: web.Request) -> web.Response:
    """Make a link and show it, once: only its hash is kept."""
    console, words, form = console_of(request), words_for(request), await form_of(request)
    problem = email_problem(words, form.get("email", ""))
    if problem:
        return _invite_form(request, form, {"email": problem})
    try:
        token = await console.accounts.invite(form["email"], _role(form), by=me(request).id)
    except EmailTaken:
        taken = words.say("There is an account with this address already.")
        return _invite_form(request, form, {"email": taken})
    return _show_link(request, token, form["email"].strip(), is_new=True)


async def withdraw(request: web.Request) -> web.Response:
    if not await console_of(request).accounts.withdraw(number_of(request), by=me(request).id):
        raise web.HTTPNotFound
    return see_other(request, "/team", words_for(request).say("The link is withdrawn."))


async def member_page(request: web.Request) -> web.Response:
    """One person, and what an admin may change about them."""
    return render(request, "member.html", member=await _member(request))


async def change_role(request: web.Request) -> web.Response:
    role, words = _role(await form_of(request)), words_for(request)

    async def change(member: Staff) -> str:
        await console_of(request).accounts.change_role(member.id, role, by=me(request).id)
        return words.say("The role is changed.")

    return await _changed(request, change)


async def disable(request: web.Request) -> web.Response:
    async def change(member: Staff) -> str:
        await console_of(request).accounts.disable(member.id, by=me(request).id)
        return words_for(request).say("The account is disabled and signed out everywhere.")

    return await _changed(request, change)


async def enable(request: web.Request) -> web.Response:
    async def change(member: Staff) -> str:
        await console_of(request).accounts.enable(member.id, by=me(request).id)
        return words_for(request).say("The account is enabled again.")

    return await _changed(request, change)


async def reset_second_factor(request: web.Request) -> web.Response:
    async def change(member: Staff) -> str:
        await console_of(request).accounts.reset_second_factor(member.id, by=me(request).id)
        return words_for(request).say("The second factor is off, and every browser is signed out.")

    return await _changed(request, change)


async def reset_password(request: web.Request) -> web.Response:
    """A link for a new password; the old one is void."""
    member = await _other_member(request)
    token = await console_of(request).accounts.reset_password(member.id, by=me(request).id)
    return _show_link(request, token, member.email, is_new=False)


async def _changed(request: web.Request, change: Callable[[Staff], Awaitable[str]]) -> web.Response:
    """Change somebody else's account, and say so or why not."""
    member = await _other_member(request)
    try:
        said = await change(member)
    except LastAdmin:
        said = words_for(request).say("This is the last admin. Make somebody else one first.")
        return see_other(request, f"/team/{member.id}", said, "bad")
    return see_other(request, f"/team/{member.id}", said)


async def _member(request: web.Request) -> Staff:
    """Whom the address names. Raises HTTPNotFound."""
    found = await console_of(request).accounts.find(number_of(request))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _other_member(request: web.Request) -> Staff:
    """The same, unless it is oneself: nobody locks themselves out by a slip. Raises HTTPForbidden."""
    found = await _member(request)
    if found.id == me(request).id:
        raise web.HTTPForbidden
    return found


def _role(form: dict[str, str]) -> Role:
    """Raises HTTPBadRequest for a role there is not."""
    if form.get("role") not in ROLES:
        raise web.HTTPBadRequest
    return cast(Role, form["role"])


def _invite_form(request: web.Request, form: dict[str, str], problems: dict[str, str]) -> web.Response:
    status = 422 if problems else 200
    return render(request, "invite.html", status=status, form=form, problems=problems)


def _show_link(request: web.Request, token: str, email: str, *, is_new: bool) -> web.Response:
    link = console_of(request).link(request, join_path(token))
    return render(request, "link.html", link=link, email=email, is_new=is_new)


ROUTES = (
    get("/team", team_page, role="admin"),
    get("/team/invite", invite_page, role="admin"),
    post("/team/invite", invite, role="admin"),
    post("/team/invitations/{id}/withdraw", withdraw, role="admin"),
    get("/team/{id}", member_page, role="admin"),
    post("/team/{id}/role", change_role, role="admin"),
    post("/team/{id}/disable", disable, role="admin"),
    post("/team/{id}/enable", enable, role="admin"),
    post("/team/{id}/second-factor/reset", reset_second_factor, role="admin"),
    post("/team/{id}/password/reset", reset_password, role="admin"),
)
