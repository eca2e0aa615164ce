"""One's own account."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import update

from bot.console.accounts.second_factor import matching_step
from bot.store.staff.sign_ins import PER_EMAIL
from bot.store.tables.accounts import telegram_codes
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, code_of, open_console

ANA = "ana@shop.example"
NEW = "four green lizards"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"


async def test_a_name_is_changed_and_said_so_once(desk: ConsoleDesk) -> None:
    browser = await desk.signed_in(ANA)

    answer = await browser.post("/account/name", name="  Ana Moreno ")

    assert answer.leads_to == "/console/account"
    page = await browser.get("/account")
    assert 'value="Ana Moreno"' in page.text
    assert "Your name is saved." in page.words
    assert "Your name is saved." not in (await browser.get("/account")).words


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
async def test_a_name_that_will_not_do_is_refused(desk: ConsoleDesk, name: str) -> None:
    browser = await desk.signed_in(ANA, name="Ana")

    assert (await browser.post("/account/name", name=name)).status == 422
    ana = await desk.accounts.find_by_email(ANA)
    assert ana is not None
    assert ana.name == "Ana"


async def test_a_hostile_name_is_text_everywhere(desk: ConsoleDesk) -> None:
    boss = await desk.signed_in("boss@shop.example", "admin")
    browser = await desk.signed_in(ANA)
    assert (await browser.post("/account/name", name=HOSTILE)).status == 303
    ana = await desk.accounts.find_by_email(ANA)
    assert ana is not None

    pages = [await boss.get(path) for path in ("/team", f"/team/{ana.id}", "/audit")]
    pages.append(await browser.get("/account"))

    for page in pages:
        assert page.status == 200
        assert "<script>" not in page.text
        assert "<img" not in page.text
    assert "{{ 7 * 7 }}" in pages[0].text


async def test_a_hostile_browser_name_is_text(desk: ConsoleDesk) -> None:
    await desk.add(ANA)
    browser = desk.browser()
    headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": "<b>Firefox</b> \udcff Linux"}
    await browser.send("/sign-in", headers, email=ANA, password=PASSWORD)

    page = await browser.get("/account")

    assert "Firefox, Linux, 127.0.0.1" in page.text


async def test_a_forged_notice_is_text(desk: ConsoleDesk) -> None:
    browser, deep = await desk.signed_in(ANA), "[" * 3000
    for forged in (["x", "<script>alert(1)</script>"], "x", [1], {"a": 1}, None, ["good", {"a": 1}], deep):
        told = forged if forged is deep else json.dumps(forged)
        browser.set_cookie("kefu_notice", base64.urlsafe_b64encode(str(told).encode()).decode())
        page = await browser.get("/account")
        assert page.status == 200
        assert "<script>alert" not in page.text


class TestPassword:
    """A new one."""

    async def test_it_holds_and_other_browsers_are_out(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        other = desk.browser()
        await other.sign_in(ANA)

        answer = await browser.post("/account/password", old_password=PASSWORD, new_password=NEW)

        assert answer.status == 303
        assert (await browser.get("/account")).status == 200
        assert (await other.get("/account")).status == 303
        assert (await desk.browser().sign_in(ANA)).status == 401
        assert (await desk.browser().sign_in(ANA, NEW)).status == 303
        assert (await desk.actions())[1:3] == ["sign_in_failed", "password_changed"]

    @pytest.mark.parametrize(
        ("old", "new"), [("wrong", NEW), ("", NEW), (PASSWORD, "short"), (PASSWORD, "x" * 257)]
    )
    async def test_it_needs_the_old_one_and_some_length(self, desk: ConsoleDesk, old: str, new: str) -> None:
        browser = await desk.signed_in(ANA)

        answer = await browser.post("/account/password", old_password=old, new_password=new)

        assert answer.status == 422
        assert f'value="{new}"' not in answer.text
        assert (await desk.browser().sign_in(ANA)).status == 303

    async def test_an_open_browser_is_no_place_to_guess_it(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        for _ in range(PER_EMAIL):
            await browser.post("/account/password", old_password="wrong", new_password=NEW)

        answer = await browser.post("/account/password", old_password=PASSWORD, new_password=NEW)

        assert answer.status == 422
        assert "Too many tries" in answer.words


class TestSecondFactor:
    """Turned on and off."""

    async def test_it_is_on_once_a_code_and_the_password_were_typed(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        page = await browser.get("/account/second-factor")
        found = re.search(r'name="secret" value="(\w+)"', page.text)
        assert found
        secret = found[1]
        assert '<svg viewBox="0 0' in page.text
        code = code_of(secret)

        for form in ({"code": "000000", "password": PASSWORD}, {"code": code, "password": "wrong"}):
            assert (await browser.post("/account/second-factor", secret=secret, **form)).status == 422
        answer = await browser.post("/account/second-factor", secret=secret, code=code, password=PASSWORD)

        assert answer.leads_to == "/console/account"
        other = desk.browser()
        assert "/sign-in/code" in (await other.sign_in(ANA)).leads_to
        assert (await other.send("/sign-in/code", code=code)).status == 401  # it was typed before
        assert (await other.send("/sign-in/code", code=code_of(secret, 1))).status == 303
        assert secret not in (await browser.get("/account")).text

    @pytest.mark.parametrize("secret", ["", "A", "a" * 32, "A" * 31 + "!", "A" * 64])
    async def test_a_secret_that_is_not_ours_is_not_taken(self, desk: ConsoleDesk, secret: str) -> None:
        browser = await desk.signed_in(ANA)

        answer = await browser.post("/account/second-factor", secret=secret, code="000000", password=PASSWORD)

        assert answer.leads_to == "/console/account/second-factor"
        credentials = await desk.accounts.credentials(ANA)
        assert credentials is not None
        assert credentials.totp_secret is None

    async def test_one_that_is_on_is_not_replaced_without_turning_it_off(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        ana = await desk.accounts.find_by_email(ANA)
        assert ana is not None
        secret, another = pyotp.random_base32(), pyotp.random_base32()
        await desk.accounts.set_second_factor(ana.id, secret)

        await browser.post("/account/second-factor", secret=another, code=code_of(another), password=PASSWORD)
        assert (await browser.get("/account/second-factor")).status == 303

        credentials = await desk.accounts.credentials(ANA)
        assert credentials is not None
        assert credentials.totp_secret == secret

    async def test_turning_it_off_needs_the_password(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        ana = await desk.accounts.find_by_email(ANA)
        assert ana is not None
        await desk.accounts.set_second_factor(ana.id, pyotp.random_base32())

        assert (await browser.post("/account/second-factor/off", password="wrong")).status == 422
        assert (await browser.post("/account/second-factor/off", password=PASSWORD)).status == 303

        assert (await desk.actions())[0] == "second_factor_off"
        assert (await desk.browser().sign_in(ANA)).leads_to == "/console/"

    def test_a_code_belongs_to_its_step(self) -> None:
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
        for at_s, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
            assert matching_step(secret, code, None, at_s) == at_s // 30
            assert matching_step(secret, code, at_s // 30, at_s) is None
            assert matching_step(secret, code, None, at_s + 90) is None


class TestSessions:
    """The list of them."""

    async def test_another_browser_is_signed_out_from_here(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        other = desk.browser()
        await other.sign_in(ANA)
        page = await browser.get("/account")
        [path] = re.findall(r'action="/console(/account/sessions/\d+/end)"', page.text)

        assert (await browser.post(path)).status == 303

        assert (await other.get("/account")).status == 303
        assert (await browser.post(path)).status == 404

    async def test_all_others_at_once(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        others = [desk.browser() for _ in range(3)]
        for other in others:
            await other.sign_in(ANA)

        assert (await browser.post("/account/sessions/end-others")).status == 303

        assert [(await other.get("/account")).status for other in others] == [303] * 3
        assert (await browser.get("/account")).status == 200


async def test_a_code_makes_one_known_in_the_staff_group(folder: Path) -> None:
    async with open_console(folder, staff_group=-1001) as desk:
        browser = await desk.signed_in(ANA)

        page = await browser.post("/account/telegram")

        [code] = re.findall(r'value="/link ([a-z0-9]+)"', page.text)
        member = await desk.store.staff_group.link(code, 99)
        assert member is not None
        assert member.email == ANA
        assert "Known there" in (await browser.get("/account")).words
        await browser.post("/account/telegram/off")
        assert await desk.store.staff_group.member(99) is None
        assert (await desk.actions())[:2] == ["telegram_unlinked", "telegram_linked"]


async def test_an_old_or_replaced_code_is_void(desk: ConsoleDesk) -> None:
    ana = await desk.add(ANA)
    first = await desk.store.staff_group.make_code(ana)
    second = await desk.store.staff_group.make_code(ana)

    assert await desk.store.staff_group.link(first, 99) is None
    await desk.store._database.write(
        lambda connection: connection.execute(update(telegram_codes).values(expires_at=datetime.now(UTC)))
    )
    assert await desk.store.staff_group.link(second, 99) is None


async def test_without_a_staff_group_there_is_nothing_of_it(desk: ConsoleDesk) -> None:
    browser = await desk.signed_in(ANA)

    assert "Make a code" not in (await browser.get("/account")).text
    assert (await browser.post("/account/telegram")).status == 404
