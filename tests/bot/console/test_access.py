"""What keeps others out: forms of other sites, roles, other people's things, frames."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from bot.console.app import ROUTES, STATIC
from bot.console.routes import Route
from bot.store.staff.records import ROLES, Role
from tests.bot.console.console_desk import PASSWORD, ConsoleDesk, open_console

ANA, BOSS = "ana@shop.example", "boss@shop.example"
QUOTED = "no route to the database of ana@shop.example"
CHANGES = [route for route in ROUTES if route.method == "POST"]
INSIDE = [route for route in CHANGES if route.role is not None]
OUTSIDE = [route for route in CHANGES if route.role is None]


def address(route: Route) -> str:
    return re.sub(r"\{\w+\}", "1", route.path)


def named(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=f"{route.method} {route.path}") for route in routes]


class TestForms:
    """Forms that another site sends in somebody's name."""

    @pytest.mark.parametrize("route", named(INSIDE))
    async def test_without_the_token_of_the_session_nothing_is_done(
        self, desk: ConsoleDesk, route: Route
    ) -> None:
        browser = await desk.signed_in(BOSS, "admin")
        other = await desk.signed_in(ANA, "admin")
        before = await desk.actions()
        for token in ("", "x", other.csrf, browser.cookie("kefu_session"), "\u00e9", browser.csrf + "x"):
            answer = await browser.send(address(route), csrf_token=token, name="Eve", role="agent")
            assert answer.status == 403, token
        assert (await browser.send(address(route), name="Eve")).status == 403
        assert await desk.actions() == before

    async def test_htmx_shows_the_token_in_a_header(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)

        wrong = await browser.send(
            "/account/name", {"X-CSRF-Token": "x"}, name="Eve", csrf_token=browser.csrf
        )
        right = await browser.send("/account/name", {"X-CSRF-Token": browser.csrf}, name="Ana")

        assert (wrong.status, right.status) == (403, 303)

    async def test_the_token_is_new_with_each_session(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        first = browser.csrf
        await browser.sign_in(ANA)

        assert browser.csrf != first
        assert (await browser.send("/account/name", csrf_token=first, name="Eve")).status == 403

    async def test_a_body_that_is_no_form_needs_the_header(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)
        for headers, status in (({}, 403), ({"X-CSRF-Token": browser.csrf}, 422)):
            async with browser.client.post(
                f"{browser.url}/account/name", json={"name": "Eve"}, headers=headers
            ) as answer:
                assert answer.status == status

    @pytest.mark.parametrize("route", named(OUTSIDE))
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {},
        ],
        ids=str,
    )
    async def test_nobody_is_signed_in_by_another_site(
        self, desk: ConsoleDesk, route: Route, headers: dict[str, str]
    ) -> None:
        await desk.add(ANA)
        browser = desk.browser()

        answer = await browser.send(address(route), headers, email=ANA, password=PASSWORD)

        assert answer.status == 403
        assert browser.cookie("kefu_session") == ""

    async def test_a_browser_that_names_only_the_origin_is_believed(self, desk: ConsoleDesk) -> None:
        await desk.add(ANA)

        answer = await desk.browser().send("/sign-in", {"Origin": desk.url}, email=ANA, password=PASSWORD)

        assert answer.status == 303

    async def test_sites_that_may_show_the_chat_may_not_sign_in(self, folder: Path) -> None:
        async with open_console(folder, allowed_origins=("https://shop.example",)) as desk:
            await desk.add(ANA)
            headers = {"Origin": "https://shop.example"}
            assert (
                await desk.browser().send("/sign-in", headers, email=ANA, password=PASSWORD)
            ).status == 403

    async def test_looking_changes_nothing(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(BOSS, "admin")
        for route in INSIDE:
            answer = await browser.get(address(route))
            assert answer.status in {200, 404, 405}, route.path
        assert (await browser.get("/account")).status == 200


class TestRoles:
    """What each may open, whatever they know of the addresses."""

    @pytest.mark.parametrize("role", ROLES)
    async def test_each_role_opens_what_the_table_says(self, desk: ConsoleDesk, role: Role) -> None:
        await desk.add(BOSS, "admin")
        browser = await desk.signed_in(ANA, role)
        ranks = {"agent": 0, "lead": 1, "admin": 2}
        for route in ROUTES:
            if route.role is None or ranks[role] >= ranks[route.role]:
                continue
            send = browser.post if route.method == "POST" else browser.get
            assert (await send(address(route))).status == 403, route.path
        refused = [route for route in ROUTES if route.role == "admin"]
        assert len(refused) > 8
        assert await desk.actions() == ["signed_in", "added", "added"]

    async def test_the_menu_has_only_what_one_may_open(self, desk: ConsoleDesk) -> None:
        agent, admin = await desk.signed_in(ANA), await desk.signed_in(BOSS, "admin")

        assert "/console/team" not in (await agent.get("/account")).text
        assert "/console/audit" in (await admin.get("/account")).text
        assert (await agent.get("/")).leads_to == "/console/inbox"

    async def test_every_address_is_in_the_table_or_open_to_nobody(self, desk: ConsoleDesk) -> None:
        for path in ("/nowhere", "/team/x/y/z", "/static", "/sign-in/"):
            answer = await desk.browser().get(path)
            assert answer.status == 404
            assert "Nothing here" in answer.words

    async def test_a_refusal_is_a_page_with_the_menu(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(ANA)

        page = await browser.get("/team")

        assert page.status == 403
        assert "Your role doesn't open this page" in page.words
        assert 'aria-label="Menu"' in page.text
        part = await browser.get("/team", **{"HX-Request": "true"})
        assert part.status == 403
        assert "<html" not in part.text


class TestOthersThings:
    """Ids of other people in one's own addresses."""

    async def test_nobody_ends_the_session_of_another(self, desk: ConsoleDesk) -> None:
        ana, eve = await desk.signed_in(ANA), await desk.signed_in("eve@shop.example")
        for session_id in range(1, 5):
            own = session_id == 2
            if not own:
                assert (await eve.post(f"/account/sessions/{session_id}/end")).status == 404
        assert (await ana.get("/account")).status == 200

    @pytest.mark.parametrize("number", ["0", "4711", "-1", "x", "\u0661", "9" * 40, "1e3", "2147483648"])
    async def test_ids_there_are_not_lead_nowhere(self, desk: ConsoleDesk, number: str) -> None:
        browser = await desk.signed_in(BOSS, "admin")
        for path in (
            "/account/sessions/{}/end", "/team/{}/role", "/team/{}/disable", "/team/{}/enable",
            "/team/{}/second-factor/reset", "/team/{}/password/reset", "/team/invitations/{}/withdraw",
        ):  # fmt: skip
            assert (await browser.post(path.format(number), role="lead")).status == 404, path
        assert (await browser.get(f"/team/{number}")).status == 404
        assert (await browser.get(f"/audit?before={number}")).status in {200, 404}


class TestPages:
    """What browsers are told with each page."""

    async def test_pages_are_not_framed_kept_or_extended(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(BOSS, "admin")
        for path in ("/account", "/team", "/audit", "/nowhere", "/account/second-factor"):
            headers = (await browser.get(path)).headers
            policy = headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert "default-src 'none'" in policy
            assert "form-action 'self'" in policy
            assert "unsafe" not in policy
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "same-origin"

    async def test_pages_have_no_script_or_style_within(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(BOSS, "admin")
        for path in (
            "/account",
            "/team",
            "/team/1",
            "/team/invite",
            "/audit",
            "/account/second-factor",
            "/nowhere",
        ):
            page = (await browser.get(path)).text
            assert not re.search(r"""<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)""", page), (
                path
            )
            assert not re.search(r"""(?:src|href|action)="(?:https?:)?//""", page), path

    async def test_files_are_given_out_and_not_sent_twice(self, desk: ConsoleDesk) -> None:
        browser = desk.browser()
        for path in sorted(STATIC.glob("*.[cj]s*")):
            answer = await browser.get(f"/static/{path.name}")
            assert answer.status == 200
            again = await browser.get(f"/static/{path.name}", **{"If-None-Match": answer.headers["ETag"]})
            assert again.status == 304
        for name in ("VENDORED.md", "nothing.js", "..%2Fapp.py"):
            async with browser.client.get(URL(f"{browser.url}/static/{name}", encoded=True)) as refused:
                assert refused.status == 404

    async def test_a_fault_is_a_sober_page_and_quotes_nobody(
        self, desk: ConsoleDesk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = await desk.signed_in(ANA, name="Ana")

        async def fail(*args: object, **kwargs: object) -> None:
            raise OSError(QUOTED)

        monkeypatch.setattr(desk.accounts, "rename", fail)
        page = await browser.post("/account/name", name="Ana")

        assert page.status == 500
        assert "Something went wrong" in page.words
        assert "OSError" in caplog.text
        assert QUOTED not in page.text + caplog.text

    async def test_with_the_database_away_the_door_says_so(
        self, desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = await desk.signed_in(ANA)

        async def fail(*args: object) -> None:
            raise OSError("away")

        monkeypatch.setattr(desk.accounts, "session", fail)
        page = await browser.get("/account")

        assert page.status == 500
        assert "Something went wrong" in page.words

    async def test_a_page_speaks_the_readers_language(self, desk: ConsoleDesk) -> None:
        browser = await desk.signed_in(BOSS, "admin")

        page = await browser.get("/audit", **{"Accept-Language": "zh-CN,zh;q=0.9"})

        assert '<html lang="zh">' in page.text
        assert "操作日志" in page.words

    async def test_what_is_vendored_is_what_it_says(self) -> None:
        told = dict(
            re.findall(r"\| `(\S+)` \|.*`([0-9a-f]{64})`", (STATIC / "VENDORED.md").read_text("utf-8"))
        )
        assert set(told) == {"htmx.min.js", "sse.min.js"}
        for name, digest in told.items():
            assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


async def test_the_chat_goes_on_as_before(desk: ConsoleDesk) -> None:
    async with desk.browser().client.get(desk.url) as page:
        assert page.status == 200
    async with desk.browser().client.get(f"{desk.url}/nowhere") as page:
        assert (await page.json())["error"]["code"] == "not_found"
