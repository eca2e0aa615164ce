"""`kefu staff`: the accounts of those who work in the console."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workspace_option
from bot.errors import BotError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.settings import Settings
    from bot.store.staff.accounts import Accounts
    from bot.store.staff.records import Role, Staff

ROLES = ("agent", "lead", "admin")


@click.group()
def command() -> None:
    """Look after the accounts of staff, who work in the console.

    The console itself does the same under Team; this is for the first admin, for scripts, and for when nobody
    can sign in any more."""


@command.command()
@workspace_option
@click.argument("email")
@click.option("--name", default="", help="What colleagues call them; they may change it.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="agent",
    show_default=True,
    help="Agents answer customers, leads also teach the bot, admins also look after the team.",
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read a password from standard input and open the account at once, in place of a link.",
)
def add(workspace: Path, email: str, name: str, role: "Role", password_stdin: bool) -> None:
    """Invite somebody by a link that is good once, for seven days.

    Send it to them yourself: the desk sends no e-mail. They choose their own password."""
    from bot.store.staff.members import is_email

    if not is_email(email):
        raise BotError(f"{email!r} is no e-mail address; wanted one such as ana@shop.example")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""

    async def run(accounts: "Accounts", settings: "Settings") -> None:
        if password_stdin:
            await accounts.add(email, name, role, await _hash(password))
            click.echo(f"{email} may sign in as {role} at {_link(settings, '/')}")
            return
        token = await accounts.invite(email, role, name)
        click.echo(
            f"A link for {email} to join as {role}, good once, for seven days:\n  {_join(settings, token)}"
        )

    _on(workspace, run)


@command.command("list")
@workspace_option
def list_command(workspace: Path) -> None:
    """Show who has an account and who is invited."""

    async def run(accounts: "Accounts", settings: "Settings") -> None:
        people = [
            (person.email, person.role, _state(person), person.name) for person in await accounts.everybody()
        ]
        people += [
            (link.email, link.role, _invited(link.expires_at.astimezone(settings.desk.zone)), link.name)
            for link in await accounts.invitations()
            if link.staff_id is None
        ]
        widths = [max((len(row[column]) for row in people), default=0) for column in range(3)]
        for row in people:
            padded = (text.ljust(width) for text, width in zip(row, widths, strict=False))
            click.echo("  ".join([*padded, row[3]]).rstrip())
        if not people:
            click.echo(
                "Nobody has an account yet. `kefu staff add EMAIL --role admin` makes a link for the first."
            )

    _on(workspace, run)


@command.command()
@workspace_option
@click.argument("email")
def disable(workspace: Path, email: str) -> None:
    """Close somebody's account; they are signed out at once.

    What they did stays in the log. An admin can enable the account again in the console."""

    async def run(accounts: "Accounts", settings: "Settings") -> None:
        await accounts.disable((await _find(accounts, email)).id)
        click.echo(f"{email} is disabled and signed out everywhere.")

    _on(workspace, run)


@command.command()
@workspace_option
@click.argument("email")
def reset(workspace: Path, email: str) -> None:
    """Make a link for a new password; the second factor is off.

    For somebody who lost both. The old password is void at once and every browser signed out."""

    async def run(accounts: "Accounts", settings: "Settings") -> None:
        token = await accounts.reset_password((await _find(accounts, email)).id, second_factor=True)
        click.echo(
            f"A link for {email} to set a new password, good once, for seven days:\n  {_join(settings, token)}"
        )

    _on(workspace, run)


def _on(workspace: Path, work: "Callable[[Accounts, Settings], Awaitable[None]]") -> None:
    """Run it on the accounts of a workspace, beside a running server or not."""
    from bot.settings import load_settings
    from bot.store.store import Store

    async def run() -> None:
        settings = load_settings(workspace)
        async with await Store.open(settings.database_url, exclusive=False) as store:
            await work(store.accounts, settings)

    asyncio.run(run())


async def _hash(password: str) -> str:
    from bot.console.accounts.passwords import MAX_LENGTH, MIN_LENGTH, Passwords

    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BotError(f"the password has {len(password)} characters; wanted {MIN_LENGTH} to {MAX_LENGTH}")
    return await Passwords().hash(password)


async def _find(accounts: "Accounts", email: str) -> "Staff":
    found = await accounts.find_by_email(email)
    if found is None:
        raise BotError(f"{email!r} has no account; `kefu staff list` shows those who have")
    return found


def _state(person: "Staff") -> str:
    if person.disabled_at is not None:
        return "disabled"
    if not person.has_password:
        return "has no password yet"
    return "second factor" if person.has_second_factor else "password alone"


def _invited(until: "datetime") -> str:
    return f"invited, until {until:%Y-%m-%d %H:%M}"


def _join(settings: "Settings", token: str) -> str:
    from bot.console.links import join_path

    return _link(settings, join_path(token))


def _link(settings: "Settings", path: str) -> str:
    from bot.address import address
    from bot.console.links import console_link

    return console_link(address(settings.web, settings.web.port), path)
