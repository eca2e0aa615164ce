"""Inviting, joining, changing and disabling people, and the log of it."""

import re

import pyotp
import pytest
from sqlalchemy import update

from bot.store.staff.members import LastAdmin
from bot.store.tables.accounts import invitations
from bot.store.values import now
from tests.bot.console.console_desk import PASSWORD, Browser, ConsoleDesk

BOSS, BEN = "boss@shop.example", "ben@shop.example"
NEW = "four green lizards"


@pytest.fixture
async def boss(desk: ConsoleDesk) -> Browser:
    """The browser of an admin."""
    return await desk.signed_in(BOSS, "admin", "Bea Boss")


async def invite(boss: Browser, email: str = BEN, role: str = "lead") -> str:
    """The path of a link for somebody new."""
    page = await boss.post("/team/invite", email=email, role=role)
    assert page.status == 200, page.words
    return link_in(page.text)


def link_in(page: str) -> str:
    found = re.search(r'value="http://[^/"]+/console(/join/[\w-]{43})"', page)
    assert found
    return found[1]


async def ben_id(desk: ConsoleDesk) -> int:
    ben = await desk.accounts.find_by_email(BEN)
    assert ben is not None
    return ben.id


class TestJoining:
    """By a link."""

    async def test_the_first_admin_joins_by_the_servers_link(self, desk: ConsoleDesk) -> None:
        token, second = await desk.accounts.first_link(), await desk.accounts.first_link()
        browser = desk.browser()
        assert "Admin" in (await browser.get(f"/join/{token}")).words

        answer = await browser.send(
            f"/join/{token}", name="Bea", email=f" {BOSS.upper()} ", password=PASSWORD
        )

        assert (answer.status, answer.leads_to) == (303, "/console/")
        assert (await browser.get("/team")).status == 200
        assert (await desk.browser().get(f"/join/{second}")).status == 404
        assert await desk.accounts.first_link() is None

    async def test_an_invited_person_has_the_role_and_address_of_the_link(
        self, desk: ConsoleDesk, boss: Browser
    ) -> None:
        path = await invite(boss)
        ben = desk.browser()
        assert "boss@shop.example invites you as Lead" in (await ben.get(path)).words

        answer = await ben.send(path, name="Ben", email="eve@shop.example", role="admin", password=PASSWORD)

        assert answer.status == 303
        joined = await desk.accounts.find_by_email(BEN)
        assert joined is not None
        assert (joined.role, joined.name) == ("lead", "Ben")
        assert (await ben.get("/team")).status == 403
        assert BEN in (await boss.get("/team")).words

    async def test_a_link_is_good_once(self, desk: ConsoleDesk, boss: Browser) -> None:
        path = await invite(boss)
        await desk.browser().send(path, name="Ben", password=PASSWORD)

        assert (await desk.browser().get(path)).status == 404
        again = await desk.browser().send(path, name="Eve", password=PASSWORD)

        assert again.status == 404
        assert "used already, withdrawn, or is too old" in again.words
        assert len(await desk.accounts.everybody()) == 2

    async def test_an_old_link_is_no_good(self, desk: ConsoleDesk, boss: Browser) -> None:
        path = await invite(boss)
        old = update(invitations).values(expires_at=now())
        await desk.store._database.write(lambda connection: connection.execute(old))

        assert (await desk.browser().send(path, name="Ben", password=PASSWORD)).status == 404

    async def test_a_withdrawn_link_is_no_good(self, desk: ConsoleDesk, boss: Browser) -> None:
        path = await invite(boss)
        page = await boss.get("/team")
        [withdraw] = re.findall(r'action="/console(/team/invitations/\d+/withdraw)"', page.text)

        assert (await boss.post(withdraw)).status == 303

        assert (await desk.browser().send(path, name="Ben", password=PASSWORD)).status == 404
        assert BEN not in (await boss.get("/team")).text
        assert (await boss.post(withdraw)).status == 404

    @pytest.mark.parametrize(
        "form",
        [{"name": "", "password": PASSWORD}, {"name": "Ben", "password": "short"}, {"name": "Ben"}, {}],
    )
    async def test_a_form_that_will_not_do_costs_nothing(
        self, desk: ConsoleDesk, boss: Browser, form: dict[str, str]
    ) -> None:
        path = await invite(boss)

        assert (await desk.browser().send(path, {"Sec-Fetch-Site": "same-origin"}, **form)).status == 422
        assert (await desk.browser().get(path)).status == 200

    @pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..%2f..", "x" * 3000])
    async def test_a_made_up_link_is_no_good(self, desk: ConsoleDesk, token: str) -> None:
        assert (await desk.browser().get(f"/join/{token}")).status == 404

    async def test_the_link_itself_is_stored_nowhere(self, desk: ConsoleDesk, boss: Browser) -> None:
        path = await invite(boss)
        rows = await desk.store._database.read(lambda c: c.execute(invitations.select()).all())

        assert path.rpartition("/")[2] not in str(rows)
        assert path not in (await boss.get("/team")).text


class TestInviting:
    """The form."""

    @pytest.mark.parametrize("email", ["", "ben", "a@b@c", "@", "x" * 250 + "@shop.example", "a b@c", BOSS])
    async def test_an_address_that_will_not_do_is_refused(
        self, desk: ConsoleDesk, boss: Browser, email: str
    ) -> None:
        assert (await boss.post("/team/invite", email=email, role="agent")).status == 422
        assert await desk.accounts.invitations() == []

    @pytest.mark.parametrize("role", ["", "owner", "Admin"])
    async def test_a_role_there_is_not_is_refused(self, desk: ConsoleDesk, boss: Browser, role: str) -> None:
        assert (await boss.post("/team/invite", email=BEN, role=role)).status == 400
        assert (await boss.post(f"/team/{await desk.add(BEN)}/role", role=role)).status == 400

    async def test_a_second_link_for_somebody_replaces_the_first(
        self, desk: ConsoleDesk, boss: Browser
    ) -> None:
        first, second = await invite(boss, role="admin"), await invite(boss, BEN.upper())

        assert (await desk.browser().get(first)).status == 404
        assert (await desk.browser().get(second)).status == 200


class TestChanging:
    """Other people's accounts."""

    async def test_a_role_is_changed(self, desk: ConsoleDesk, boss: Browser) -> None:
        await desk.add(BEN)
        ben = desk.browser()
        await ben.sign_in(BEN)

        assert (await boss.post(f"/team/{await ben_id(desk)}/role", role="admin")).status == 303

        assert (await ben.get("/team")).status == 200
        assert "from Agent to Admin" in (await boss.get("/audit")).words

    async def test_a_disabled_person_is_out_and_may_come_back(self, desk: ConsoleDesk, boss: Browser) -> None:
        await desk.add(BEN)
        ben = desk.browser()
        await ben.sign_in(BEN)
        path = f"/team/{await ben_id(desk)}"

        assert (await boss.post(f"{path}/disable")).status == 303
        assert (await ben.get("/account")).status == 303
        assert (await ben.sign_in(BEN)).status == 401
        assert "Disabled" in (await boss.get(path)).words
        assert (await boss.post(f"{path}/enable")).status == 303
        assert (await ben.sign_in(BEN)).status == 303

    async def test_nobody_changes_themselves_here(self, desk: ConsoleDesk, boss: Browser) -> None:
        await desk.add(BEN, "admin")
        [own] = [person.id for person in await desk.accounts.everybody() if person.email == BOSS]
        for action in ("role", "disable", "enable", "second-factor/reset", "password/reset"):
            assert (await boss.post(f"/team/{own}/{action}", role="agent")).status == 403
        page = await boss.get(f"/team/{own}")
        assert "This is you" in page.words
        assert f"/team/{own}/" not in page.text

    async def test_an_admin_who_was_one_a_moment_ago_changes_nobody(
        self, desk: ConsoleDesk, boss: Browser
    ) -> None:
        await desk.add(BEN, "admin")
        ben = desk.browser()
        await ben.sign_in(BEN)
        ids = {person.email: person.id for person in await desk.accounts.everybody()}

        assert (await ben.post(f"/team/{ids[BOSS]}/role", role="agent")).status == 303

        assert (await boss.post(f"/team/{ids[BEN]}/role", role="agent")).status == 403

    async def test_the_last_admin_stays_and_the_page_says_why(
        self, desk: ConsoleDesk, boss: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where two admins disable each other at the same moment, see tests/bot/store/staff/test_accounts.py."""
        path = f"/team/{await desk.add(BEN, 'admin')}"

        async def refuse(staff_id: int, *, by: int | None = None) -> None:
            raise LastAdmin

        monkeypatch.setattr(desk.accounts, "disable", refuse)
        assert (await boss.post(f"{path}/disable")).leads_to == f"/console{path}"

        assert "This is the last admin" in (await boss.get(path)).words

    async def test_a_lost_device_is_no_end(self, desk: ConsoleDesk, boss: Browser) -> None:
        await desk.add(BEN, totp=pyotp.random_base32())
        assert (await boss.post(f"/team/{await ben_id(desk)}/second-factor/reset")).status == 303

        assert (await desk.browser().sign_in(BEN)).leads_to == "/console/"

    async def test_a_new_password_by_link(self, desk: ConsoleDesk, boss: Browser) -> None:
        secret = pyotp.random_base32()
        await desk.add(BEN, totp=secret)
        page = await boss.post(f"/team/{await ben_id(desk)}/password/reset")
        path, ben = link_in(page.text), desk.browser()
        assert (await ben.sign_in(BEN)).status == 401
        assert "E-mail address" in (await ben.get(path)).words

        answer = await ben.send(path, password=NEW)

        assert answer.leads_to == "/console/sign-in"
        assert "The new password holds" in (await ben.get("/sign-in")).words
        assert ben.cookie("kefu_session") == ""
        assert (
            await ben.sign_in(BEN, NEW)
        ).leads_to == "/console/sign-in/code"  # the second factor still counts
        assert (await ben.send(path, password=PASSWORD)).status == 404
        assert (await boss.get("/audit")).words.count(f"Made a link for a new password of {BEN}") == 1

    async def test_a_link_for_a_disabled_person_is_not_made(self, desk: ConsoleDesk, boss: Browser) -> None:
        await desk.add(BEN)
        await desk.accounts.disable(await ben_id(desk))

        assert (await boss.post(f"/team/{await ben_id(desk)}/password/reset")).status == 404


async def test_the_log_is_read_page_by_page(desk: ConsoleDesk, boss: Browser) -> None:
    for number in range(60):
        await desk.accounts.invite(f"{number}@shop.example", "agent")

    first = await boss.get("/audit")
    [older] = re.findall(r'href="/console(/audit\?before=\d+)"', first.text)
    second = await boss.get(older)

    assert "59@shop.example" in first.words
    assert "Added boss@shop.example as Admin" not in first.words
    assert "Command line Added boss@shop.example as Admin" in second.words
    assert "before=" not in second.text


async def test_hostile_addresses_are_text_in_the_log(desk: ConsoleDesk, boss: Browser) -> None:
    await desk.accounts.invite("<img/src=x>{0}@shop.example", "agent")

    page = await boss.get("/audit")

    assert page.status == 200
    assert "<img" not in page.text
    assert "<img/src=x>{0}@shop.example" in page.words or "{0}@shop.example" in page.text


async def test_the_audit_log_can_not_be_changed_from_the_console(desk: ConsoleDesk, boss: Browser) -> None:
    for path in ("/audit", "/audit?before=1"):
        assert (await boss.post(path)).status == 405
