"""What comes over the wire: updates of Telegram, bodies, frames, headers, forms."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram.addressing import Me
from bot.channels.telegram.reading import read_update
from bot.channels.web import live, rest
from bot.channels.web.errors import Refused, parse_json, response_to
from bot.console.access import safe_next
from bot.console.accounts.half_step import email_of
from bot.console.accounts.second_factor import matching_step
from bot.console.app import ROUTES
from bot.outgoing.hosts import CallRefused, Hosts, written_host
from bot.settings import Outgoing
from bot.store.records import StoredUpdate
from bot.web_address import parse_address
from tests.bot.console.console_desk import OURS, open_console
from tests.fuzz.mutating import ROUND, fuzz, repeat

ME = Me(1, "shop_bot")
CHAT = {"id": 5, "type": "private", "first_name": "Anna"}
USER = {"id": 5, "is_bot": False, "first_name": "Anna", "language_code": "en"}
MESSAGE = {
    "message_id": 9, "date": 1767323045, "chat": CHAT, "from": USER, "text": "/start hi @shop_bot", "message_thread_id": 3,
    "entities": [{"type": "bot_command", "offset": 0, "length": 6}, {"type": "mention", "offset": 10, "length": 9}],
    "reply_to_message": {"message_id": 8, "date": 1, "chat": CHAT, "text": "x"},
}  # fmt: skip
UPDATES = [
    {"update_id": 1, "message": MESSAGE},
    {"update_id": 2, "edited_message": {**MESSAGE, "edit_date": 1767323046}},
    {"update_id": 3, "callback_query": {"id": "1", "from": USER, "chat_instance": "x", "data": "b:1:2", "message": MESSAGE}},
    {"update_id": 4, "my_chat_member": {
        "chat": CHAT, "from": USER, "date": 1, "old_chat_member": {"user": USER, "status": "member"},
        "new_chat_member": {"user": USER, "status": "kicked"},
    }},
    {"update_id": 5, "message": {**MESSAGE, "photo": [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]}},
]  # fmt: skip
BODIES = (
    b'{"conversation": "anna", "client_message_id": "1", "text": "Where is it?", "language": "en"}',
    b'{"conversation": "anna", "client_message_id": "1", "button": {"message_id": 1, "index": 0}}',
)
FRAMES = (
    b'{"type": "hello", "token": "%s", "after": 0, "language": "en"}' % (b"t" * 43),
    b'{"type": "message", "client_message_id": "1", "text": "hi"}',
    b'{"type": "press", "client_message_id": "1", "button": {"message_id": 1, "index": 0}}',
    b'{"type": "ping"}',
)
FIELDS = (
    "text", "name", "email", "role", "password", "old_password", "new_password", "code", "next", "ids", "intent", "answer",
    "status", "q", "csrf_token", "version", "variants", "from", "to", "period", "every", "shortcut", "note", "days", "id",
)  # fmt: skip
LONG_WAITS = {"/live"}


def test_an_update_is_read_or_passed_over() -> None:
    def check(content: bytes) -> None:
        with suppress(ValueError, RecursionError):  # Telegram's own client reads the JSON
            payload = json.loads(content)
            if isinstance(payload, dict):
                read_told(payload)

    fuzz([json.dumps(update).encode() for update in UPDATES], check)


def read_told(payload: dict[str, Any]) -> None:
    """Read it in both places; what goes wrong there is no ValueError of the JSON."""
    for group in (0, 5):
        try:
            read_update(StoredUpdate("1", payload), ME, staff_group=group)
        except (ValueError, RecursionError) as error:
            raise AssertionError(payload) from error


def test_a_body_is_understood_or_refused() -> None:
    def check(content: bytes) -> None:
        status = 400
        try:
            body = parse_json(content)
            if isinstance(body, dict):
                rest._new_message(body)
        except Refused as refusal:
            status = response_to(refusal).status
        assert 400 <= status < 500

    fuzz(BODIES, check)


def test_a_frame_is_understood_or_refused() -> None:
    def check(content: bytes) -> None:
        for frame in (content, content.decode("utf-8", "replace")):
            try:
                live._parse(frame)
            except Refused as refusal:
                live.ErrorFrame(error=refusal.body).model_dump_json()

    fuzz(FRAMES, check)


def test_notes_codes_and_addresses_are_read_or_refused() -> None:
    def check(content: bytes) -> None:
        text = content.decode("utf-8", "surrogateescape")
        email_of(text)
        assert matching_step("A" * 32, text, None, at_s=1e9) is None or text.strip().isdigit()
        host = written_host(text)
        assert "{" not in host
        with suppress(ValueError, CallRefused):
            Hosts.of(Outgoing(), [text]).check(parse_address(text, encoded=True))
        assert safe_next("/console", text).startswith("/console")

    fuzz(
        (
            b"YQ==.1.x",
            b"123456",
            b"https://a.example/{{ x }}",
            b"http://[::1]:80/",
            b"https://a[]@/",
            b"/console/inbox?x=1",
        ),
        check,
    )


@pytest.mark.slow
def test_no_form_of_the_console_is_a_fault_of_ours(tmp_path: Path) -> None:
    paths = [route for route in ROUTES if route.path not in LONG_WAITS]
    value = st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [
                "",
                "0",
                "1",
                "-1",
                "1,2",
                "9" * 30,
                "admin",
                "\x00",
                "😀",
                "{{ x }}",
                "2026-02-31",
                "../x",
                "x" * 3000,
            ]
        ),
        st.from_regex(r"[0-9]{1,4}(,[0-9]{1,4}){0,3}", fullmatch=True),
    )
    forms = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), value, max_size=8)

    with asyncio.Runner() as runner:
        desks = open_console(tmp_path, pages_per_minute=10**9)
        desk = runner.run(desks.__aenter__())
        browser = runner.run(desk.signed_in("ada@shop.example", "admin"))
        runner.run(desk.customer().say("hello"))

        async def send(method: str, path: str, form: dict[str, str]) -> int:
            gap = (form.get("id") or "1").replace("/", "") or "1"
            for name in ("{id}", "{name}", "{token}", "{intent}", "{answer}"):
                path = path.replace(name, gap if "." not in gap else "1")
            if path.endswith(("/sign-out", "/end", "/disable", "/password", "/role")):
                return 0  # the one who asks would be gone
            given = {key: text.encode("utf-8", "replace").decode() for key, text in form.items()}
            url = f"{browser.url}{path}"
            options: dict[str, Any] = {"params": given} if method == "GET" else {"data": given}
            headers = {**OURS, "X-CSRF-Token": browser.csrf}
            async with browser.client.request(
                method, url, headers=headers, allow_redirects=False, **options
            ) as answer:
                return answer.status

        @settings(
            max_examples=2 * ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(st.sampled_from(paths), forms)
        def one_round(route: Any, form: dict[str, str]) -> None:
            try:
                status = runner.run(send(route.method, route.path, form))
            except (aiohttp.InvalidURL, ValueError):
                return  # no browser can send that
            assert status < 500, (route.method, route.path, form, status)

        repeat(one_round)
        runner.run(desks.__aexit__(None, None, None))
