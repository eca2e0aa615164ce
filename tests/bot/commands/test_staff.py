"""`kefu staff` on a workspace with a log."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from bot.errors import BotError
from bot.store.staff.accounts import Accounts
from bot.store.staff.records import Staff
from bot.store.store import Store
from tests.bot.commands.logged import make_desk

ANA, PASSWORD = "ana@shop.example", "three blue horses"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_desk(tmp_path / "desk")


def run(workspace: Path, *words: str, **options: Any) -> Result:
    command, *rest = words
    return CliRunner().invoke(
        kefu, ["staff", command, "-w", str(workspace), *rest], catch_exceptions=False, **options
    )


def on_accounts(workspace: Path, work: Callable[[Accounts], Awaitable[Any]]) -> Any:
    async def do() -> Any:
        async with await Store.open(f"sqlite:///{workspace / 'kefu.db'}") as store:
            return await work(store.accounts)

    return asyncio.run(do())


def token_in(output: str, start: str = "http://127.0.0.1:8080") -> str:
    found = re.search(rf"{re.escape(start)}/console/join/([\w-]{{43}})\n", output)
    assert found, output
    return found[1]


def test_an_invited_person_joins_by_the_link_that_is_shown(workspace: Path) -> None:
    told = run(workspace, "add", "Ana@shop.example", "--name", "Ana", "--role", "admin").output
    assert "ana@shop.example  admin  invited, until " in run(workspace, "list").output

    link = on_accounts(workspace, lambda accounts: accounts.invitation(token_in(told)))

    assert (link.email, link.name, link.role) == (ANA, "Ana", "admin")
    on_accounts(workspace, lambda accounts: accounts.join(token_in(told), "", "Ana", "hash"))
    assert run(workspace, "list").output == "ana@shop.example  admin  password alone  Ana\n"


def test_the_link_has_the_public_address(workspace: Path) -> None:
    (workspace / "kefu.toml").write_text('[web]\npublic_url = "https://desk.example/chat"\n')

    assert token_in(run(workspace, "add", ANA).output, "https://desk.example/chat")


def test_a_password_is_read_from_standard_input_and_never_shown(workspace: Path) -> None:
    told = run(workspace, "add", ANA, "--password-stdin", input=f"{PASSWORD}\n")
    assert told.output == "ana@shop.example may sign in as agent at http://127.0.0.1:8080/console/\n"

    credentials = on_accounts(workspace, lambda accounts: accounts.credentials(ANA))

    assert credentials.password_hash.startswith("$argon2id$")
    with pytest.raises(BotError, match="the password has 5 characters; wanted 12 to 256"):
        run(workspace, "add", "ben@shop.example", "--password-stdin", input="short\n")
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in workspace.glob("kefu.db*"))


def test_slips_are_named(workspace: Path) -> None:
    run(workspace, "add", ANA, "--role", "admin", "--password-stdin", input=f"{PASSWORD}\n")
    for words, wanted in (
        (("add", "ana"), "'ana' is no e-mail address"),
        (("add", ANA), r"'ana@shop\.example' has an account already"),
        (("disable", "ben@shop.example"), r"'ben@shop\.example' has no account"),
        (("reset", "ben@shop.example"), "has no account"),
        (("disable", ANA), "is the last admin; make somebody else one first"),
    ):
        with pytest.raises(BotError, match=wanted):
            run(workspace, *words)
    assert run(workspace, "add", "ben@shop.example", "--role", "owner").exit_code == 2


def test_nobody_yet_is_said(workspace: Path) -> None:
    assert "kefu staff add EMAIL --role admin" in run(workspace, "list").output


def test_a_disabled_account_is_listed_as_such(workspace: Path) -> None:
    run(workspace, "add", ANA, "--password-stdin", input=f"{PASSWORD}\n")

    assert "signed out everywhere" in run(workspace, "disable", ANA).output

    assert run(workspace, "list").output == "ana@shop.example  agent  disabled\n"


def test_a_reset_gives_a_link_and_turns_the_second_factor_off(workspace: Path) -> None:
    run(workspace, "add", ANA, "--password-stdin", input=f"{PASSWORD}\n")

    async def protect(accounts: Accounts) -> None:
        ana = await accounts.find_by_email(ANA)
        assert isinstance(ana, Staff)
        await accounts.set_second_factor(ana.id, "SECRET", 1)

    on_accounts(workspace, protect)
    assert "second factor" in run(workspace, "list").output

    link = token_in(run(workspace, "reset", ANA).output)

    assert "has no password yet" in run(workspace, "list").output
    on_accounts(workspace, lambda accounts: accounts.set_password_by_link(link, "hash"))
    assert "password alone" in run(workspace, "list").output
