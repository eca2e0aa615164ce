"""The door: passwords, codes, limits, sessions and their cookies."""

import asyncio
import logging
from pathlib import Path
from typing import Literal

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from bot.console.accounts.passwords import Passwords
from bot.store.staff.sign_ins import PER_EMAIL
from bot.store.tables.accounts import staff
from tests.bot.console.console_desk import (
    FAST,
    PASSWORD,
    Browser,
    ConsoleDesk,
    code_of,
    open_console,
)

ANA = "ana@shop.example"
SECRET = pyotp.random_base32()


async def test_the_right_password_opens_the_console(desk: ConsoleDesk) -> None:
    await desk.add(ANA, "admin")
    browser = desk.browser()

    answer = await browser.sign_in(" ANA@Shop.Example ")

    assert (answer.status, answer.leads_to) == (303, "/console/")
    assert (await browser.get("/")).leads_to == "/console/inbox"
    assert "ana@shop.example" in (await browser.get("/account")).words


async def test_a_page_asks_for_a_sign_in_and_comes_back_to_itself(desk: ConsoleDesk) -> None:
    await desk.add(ANA, "admin")
    browser = desk.browser()

    sent_away = await browser.get("/audit?before=7")
    form = await browser.get(sent_away.leads_to.removeprefix("/console"))
    answer = await browser.sign_in(ANA, next="/console/audit?before=7")

    assert sent_away.leads_to == "/console/sign-in?next=/console/audit?before%3D7"
    assert 'name="next" value="/console/audit?before=7"' in form.text
    assert answer.leads_to == "/console/audit?before=7"


async def test_htmx_and_forms_are_sent_to_the_door_too(desk: ConsoleDesk) -> None:
    part = await desk.browser().get("/team", **{"HX-Request": "true"})
    form = await desk.browser().send("/account/name", name="Eve")

    assert (part.status, part.headers["HX-Redirect"]) == (401, "/console/sign-in")
    assert (form.status, form.leads_to) == (303, "/console/sign-in")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/console/", "/\\evil.example", "/console/../evil", "/console\\evil",
        "/", "/consoles/team", "javascript:alert(1)", "/console/%2e%2e/evil", "/console/\\evil", "\t//evil.example",
        "/console/\r\nSet-Cookie: a=b", "http://[", "/console/..;/x/../../y", "https:/console/team", "//a[]@/console/",
    ],
)  # fmt: skip
async def test_a_sign_in_leads_nowhere_else(desk: ConsoleDesk, wanted: str) -> None:
    await desk.add(ANA)

    assert (await desk.browser().sign_in(ANA, next=wanted)).leads_to == "/console/"


async def test_unknown_wrong_and_disabled_get_the_same_answer_after_the_same_work(desk: ConsoleDesk) -> None:
    await desk.add("boss@shop.example", "admin")
    await desk.accounts.disable(await desk.add("gone@shop.example"))
    await desk.add(ANA)
    await desk.accounts.add("new@shop.example", "", "agent")
    answers = []
    for email, password in (
        (ANA, "wrong"), ("who@shop.example", PASSWORD), ("gone@shop.example", PASSWORD), ("new@shop.example", ""),
    ):  # fmt: skip
        answer = await desk.browser().sign_in(email, password)
        answers.append((answer.status, answer.text.replace(email, "")))

    assert {status for status, _ in answers} == {401}
    assert len(set(answers)) == 1
    assert len(desk.passwords.compared) == 4
    assert desk.passwords.compared.count(None) == 3


async def test_the_audit_log_keeps_who_failed_to_sign_in_but_not_what_was_typed(desk: ConsoleDesk) -> None:
    await desk.add(ANA, "admin")

    await desk.browser().sign_in(ANA, "wrong-password-1")
    await desk.browser().sign_in("my-secret-password@nowhere.example", "wrong-password-2")

    failed = [entry for entry in await desk.accounts.audit() if entry.action == "sign_in_failed"]
    assert [entry.target for entry in failed] == ["", ANA]
    assert all(entry.details["client"] for entry in failed)
    page = await (await desk.signed_in("cora@shop.example", "admin")).get("/audit")
    assert f"Somebody failed to sign in as {ANA}, from 127.0.0.1" in page.words
    assert "Somebody without an account failed to sign in" in page.words
    assert "secret" not in page.text


async def test_a_comparison_with_nobody_is_a_real_one() -> None:
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            self.verified += 1
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)

    assert not await passwords.is_right(None, PASSWORD)
    assert await passwords.is_right(FAST.hash(PASSWORD), PASSWORD)
    assert hasher.verified == 2


async def test_a_password_is_hashed_anew_when_the_parameters_changed(desk: ConsoleDesk) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await desk.accounts.add(ANA, "", "agent", old)

    for _ in range(2):
        assert (await desk.browser().sign_in(ANA)).status == 303

    credentials = await desk.accounts.credentials(ANA)
    assert credentials is not None
    assert credentials.password_hash not in {old, None}
    assert not FAST.check_needs_rehash(str(credentials.password_hash))


async def test_an_accented_letter_may_be_typed_in_two_ways(desk: ConsoleDesk) -> None:
    await desk.accounts.add(ANA, "", "agent", await desk.passwords.hash("caf\u00e9 au lait, merci"))

    assert (await desk.browser().sign_in(ANA, "cafe\u0301 au lait, merci")).status == 303


class TestLimits:
    """Guessing."""

    async def test_after_some_wrong_passwords_the_right_one_waits_too(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)
        for _ in range(PER_EMAIL):
            assert (await desk.browser().sign_in(ANA, "wrong")).status == 401

        answer = await desk.browser().sign_in(ANA)

        assert answer.status == 429
        assert "Try again in 15 minutes" in answer.words
        assert 840 < int(answer.headers["Retry-After"]) <= 900
        assert len(desk.passwords.compared) == PER_EMAIL

    async def test_many_guesses_at_once_are_no_way_around(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)

        answers = await asyncio.gather(*(desk.browser().sign_in(ANA, f"guess {n}") for n in range(30)))

        assert sorted(answer.status for answer in answers) == [401] * PER_EMAIL + [429] * 25
        assert len(desk.passwords.compared) == PER_EMAIL

    async def test_a_restart_forgets_nothing(self, folder: Path) -> None:
        async with open_console(folder) as desk:
            await desk.add(ANA)
            for _ in range(PER_EMAIL):
                await desk.browser().sign_in(ANA, "wrong")
        async with open_console(folder) as desk:
            assert (await desk.browser().sign_in(ANA)).status == 429

    async def test_who_got_in_may_err_again(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)
        for _ in range(2):
            for _ in range(PER_EMAIL - 1):
                await desk.browser().sign_in(ANA, "wrong")
            assert (await desk.browser().sign_in(ANA)).status == 303

    async def test_the_right_password_gives_no_more_tries_at_the_code(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA, totp=SECRET)
        statuses = []
        for _ in range(PER_EMAIL + 1):
            browser = desk.browser()
            await browser.sign_in(ANA)
            statuses.append((await browser.send("/sign-in/code", code="000000")).status)

        assert statuses == [401] * PER_EMAIL + [303]  # the password waits by then, so there is no half step
        assert (await desk.browser().sign_in(ANA)).status == 429

    async def test_an_address_a_proxy_names_is_believed_only_of_trusted_proxies(self, folder: Path) -> None:
        async with open_console(folder, trusted_proxies=("127.0.0.1",)) as desk:
            await desk.add(ANA)
            browser = desk.browser()
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "198.51.100.7"}
            await browser.send("/sign-in", headers, email=ANA, password=PASSWORD)
            assert "198.51.100.7" in (await browser.get("/account")).words


class TestSecondFactor:
    """Codes."""

    @pytest.fixture
    async def half_way(self, desk: ConsoleDesk) -> Browser:
        """Ana's browser after her password."""
        await desk.add(ANA, totp=SECRET)
        browser = desk.browser()
        answer = await browser.sign_in(ANA, next="/console/account")
        assert answer.leads_to == "/console/sign-in/code?next=/console/account"
        return browser

    async def test_a_password_alone_opens_nothing(self, desk: ConsoleDesk, half_way: Browser) -> None:
        assert half_way.cookie("kefu_session") == ""
        assert (await half_way.get("/account")).leads_to.startswith("/console/sign-in")
        assert "signed_in" not in await desk.actions()

    @pytest.mark.parametrize("step", [-1, 0, 1])
    async def test_the_code_opens_it_though_a_clock_is_a_little_off(
        self, half_way: Browser, step: int
    ) -> None:
        code = code_of(SECRET, step)

        answer = await half_way.send("/sign-in/code", code=f"{code[:3]} {code[3:]}", next="/console/account")

        assert (answer.status, answer.leads_to) == (303, "/console/account")
        assert (await half_way.get("/account")).status == 200
        assert half_way.cookie("kefu_half_step") == ""

    @pytest.mark.parametrize("code", ["", "000000", "abc", "\u0663" * 6, "1" * 300])
    async def test_a_wrong_code_opens_nothing(self, half_way: Browser, code: str) -> None:
        assert (await half_way.send("/sign-in/code", code=code)).status == 401
        assert half_way.cookie("kefu_session") == ""

    async def test_an_old_code_opens_nothing(self, half_way: Browser) -> None:
        for step in (-3, 3):
            assert (await half_way.send("/sign-in/code", code=code_of(SECRET, step))).status == 401

    async def test_no_code_is_taken_twice(self, desk: ConsoleDesk, half_way: Browser) -> None:
        code = code_of(SECRET)
        assert (await half_way.send("/sign-in/code", code=code)).status == 303
        other = desk.browser()
        await other.sign_in(ANA)

        for replayed in (code, code_of(SECRET, -1)):
            assert (await other.send("/sign-in/code", code=replayed)).status == 401

    async def test_a_code_without_the_password_leads_back(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA, totp=SECRET)
        browser = desk.browser()

        assert (await browser.get("/sign-in/code")).leads_to == "/console/sign-in"
        answer = await browser.send("/sign-in/code", code=code_of(SECRET))
        assert (answer.status, answer.leads_to) == (303, "/console/sign-in")

    async def test_the_half_step_can_not_be_made_up_or_handed_on(
        self, desk: ConsoleDesk, half_way: Browser
    ) -> None:
        await desk.add("ben@shop.example", totp=SECRET)
        note = half_way.cookie("kefu_half_step")
        email, until, signature = note.split(".")
        other_email = "YmVuQHNob3AuZXhhbXBsZQ=="
        for forged in (
            f"{other_email}.{until}.{signature}",
            f"{email}.{int(until) + 600}.{signature}",
            f"{email}.{until}.{'0' * 64}",
            f"{email}.{until}.\u0661",
            "....",
            "x",
            f"{email}..",
        ):
            browser = desk.browser()
            browser.set_cookie("kefu_half_step", forged)
            answer = await browser.send("/sign-in/code", code=code_of(SECRET))
            assert answer.leads_to == "/console/sign-in", forged

    async def test_the_half_step_is_void_once_the_password_is_changed_or_the_account_disabled(
        self, desk: ConsoleDesk, half_way: Browser
    ) -> None:
        ana = await desk.accounts.find_by_email(ANA)
        assert ana is not None
        await desk.accounts.set_password(ana.id, FAST.hash("another password"))
        assert (await half_way.send("/sign-in/code", code=code_of(SECRET))).leads_to == "/console/sign-in"
        await half_way.sign_in(ANA, "another password")
        await desk.accounts.disable(ana.id)
        assert (await half_way.send("/sign-in/code", code=code_of(SECRET))).leads_to == "/console/sign-in"


class TestSessions:
    """What the cookie is worth."""

    async def test_each_sign_in_has_a_new_token_and_ends_the_one_before(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        first = browser.cookie("kefu_session")
        await browser.sign_in(ANA)

        assert browser.cookie("kefu_session") not in {"", first}
        browser.set_cookie("kefu_session", first)
        assert (await browser.get("/account")).status == 303

    async def test_a_token_from_elsewhere_does_not_become_a_session(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)
        browser = desk.browser()
        browser.set_cookie("kefu_session", "f" * 43)

        await browser.sign_in(ANA)

        assert browser.cookie("kefu_session") != "f" * 43
        eve = desk.browser()
        eve.set_cookie("kefu_session", "f" * 43)
        assert (await eve.get("/account")).status == 303

    async def test_signing_out_ends_the_session_in_the_database(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        token = browser.cookie("kefu_session")

        answer = await browser.post("/sign-out")

        assert answer.leads_to == "/console/sign-in"
        assert browser.cookie("kefu_session") == ""
        browser.set_cookie("kefu_session", token)
        assert (await browser.get("/account")).status == 303
        assert (await desk.actions())[0] == "signed_out"

    async def test_who_is_disabled_is_out_at_once(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        ana = await desk.accounts.find_by_email(ANA)
        assert ana is not None

        await desk.accounts.disable(ana.id)

        assert (await browser.get("/account")).status == 303
        assert (await desk.browser().sign_in(ANA)).status == 401

    async def test_a_role_holds_from_the_next_page_on(self, desk: ConsoleDesk) -> None:
        await desk.add("boss@shop.example", "admin")
        browser = await desk.signed_in(ANA, "admin")
        ana = await desk.accounts.find_by_email(ANA)
        assert ana is not None
        assert (await browser.get("/team")).status == 200

        await desk.accounts.change_role(ana.id, "agent")

        assert (await browser.get("/team")).status == 403

    async def test_who_is_signed_in_is_not_asked_again(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)

        assert (await browser.get("/sign-in?next=/console/account")).leads_to == "/console/account"

    async def test_the_cookie_is_kept_from_scripts_and_other_sites(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)

        cookie = (await desk.browser().sign_in(ANA)).headers["Set-Cookie"]

        assert cookie.startswith("kefu_session=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/console", "Max-Age=1209600"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    async def test_on_https_the_cookie_is_of_this_host_alone(self, folder: Path) -> None:
        async with open_console(folder, public_url="https://desk.example/") as desk:
            await desk.add(ANA)
            answer = await desk.browser().sign_in(ANA)

        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-kefu=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    async def test_the_console_works_below_a_path(self, folder: Path) -> None:
        async with open_console(folder, public_url="http://shop.example/chat/") as desk:
            await desk.add(ANA)
            sent_away = await desk.browser().get("/account")
            answer = await desk.browser().sign_in(ANA, next="/chat/console/account")

        assert sent_away.leads_to == "/chat/console/sign-in?next=/chat/console/account"
        assert answer.leads_to == "/chat/console/account"
        assert "Path=/chat/console" in answer.headers["Set-Cookie"]


async def test_nothing_secret_is_logged_or_stored_as_it_is(
    desk: ConsoleDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.add(ANA, totp=SECRET)
    link = await desk.accounts.invite("ben@shop.example", "agent")
    browser, code = desk.browser(), code_of(SECRET)
    await browser.sign_in(ANA, "my wrong password")
    await browser.sign_in(ANA)
    await browser.send("/sign-in/code", code=code)
    await desk.browser().get(f"/join/{link}")
    await desk.browser().send(f"/join/{link}", name="Ben", password="a new long password")
    token = browser.cookie("kefu_session")
    assert len(token) > 40
    rows = await desk.store._database.read(lambda connection: connection.execute(select(staff)).all())

    for secret in (PASSWORD, "my wrong password", "a new long password", SECRET, link, token):
        assert secret not in caplog.text
    for secret in (PASSWORD, "a new long password"):
        assert secret not in str(rows)


async def test_before_anybody_has_an_account_the_door_says_what_to_do(desk: ConsoleDesk) -> None:
    page = await desk.browser().get("/sign-in")

    assert page.status == 200
    assert "kefu staff add" in page.words
    assert "<form" not in page.text
