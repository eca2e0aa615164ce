"""Small parts of the web channel: rates, clients, languages, listeners, settings."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import ValidationError

from bot.channels.web.hub import Hub
from bot.channels.web.labels import page_labels, preferred_language, widget_labels
from bot.channels.web.limits import SWEEP_AT, RateLimit, client_of
from bot.settings import Web
from bot.wording import wording

WEB = Path(__file__).parents[3] / "bot" / "channels" / "web"


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_up_evenly() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    assert [limit.take("anna") for _ in range(61)] == [0] * 60 + [1]
    assert limit.take("bob") == 0

    clock.now = 2.5

    assert [limit.take("anna") for _ in range(3)] == [0, 0, 1]


def test_a_refused_request_costs_nothing() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.take("anna")
    assert [limit.take("anna") for _ in range(5)] == [60] * 5

    clock.now = 60

    assert limit.take("anna") == 0


def test_a_bucket_never_holds_more_than_a_minutes_worth() -> None:
    clock = Clock()
    limit = RateLimit(2, clock)
    limit.take("anna")
    clock.now = 3600

    assert [limit.take("anna") for _ in range(3)] == [0, 0, 30]


def test_many_clients_take_no_more_room_than_those_of_the_last_minute() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    for number in range(SWEEP_AT):
        limit.take(str(number))
    clock.now = 60
    limit.take("anna")

    assert len(limit._buckets) == 1


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("192.0.2.7", "10.9.9.9", "192.0.2.7/32"),
        ("127.0.0.1", "10.9.9.9", "10.9.9.9/32"),
        ("127.0.0.1", "", "127.0.0.1/32"),
        ("127.0.0.1", "1.1.1.1, 10.9.9.9", "10.9.9.9/32"),
        ("127.0.0.1", "1.1.1.1, 10.9.9.9, 127.0.0.1", "10.9.9.9/32"),
        ("127.0.0.1", "1.1.1.1, garbage", "127.0.0.1/32"),
        ("::ffff:127.0.0.1", "10.9.9.9", "10.9.9.9/32"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("", "10.9.9.9", "None"),
    ],
)
def test_a_client_is_who_trusted_proxies_say(remote: str, forwarded: str, client: str) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)

    assert client_of(request, [ip_network("127.0.0.0/8")]) == client


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("zh", "en", "zh"),
        ("fr", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr-FR,en;q=0.3,zh;q=0.7", "zh"),
        ("", "zh;q=0, en;q=0.1", "en"),
        ("", "zh;q=x", "en"),
        ("", "", "en"),
    ],
)
def test_the_page_speaks_the_language_that_is_preferred(asked: str, accepted: str, language: str) -> None:
    assert preferred_language(asked, accepted, "en") == language


def test_every_label_is_shown_somewhere() -> None:
    template = (WEB / "templates" / "chat.html").read_text("utf-8")
    commands = re.findall(r'"(\w+)"', re.findall(r"for name in \(([^)]*)\)", template)[0])
    states = ["sending", "sent", "failed"]  # names of labels and of states of a message
    scripts = "".join(path.read_text("utf-8") for path in (WEB / "static").glob("*.js"))
    used = set(re.findall(r"labels\.(\w+)", template + scripts)) | set(commands) | set(states)

    assert used == set(page_labels(wording("en"), "Larkwood"))


def test_every_label_of_the_widget_is_shown_somewhere() -> None:
    script = (WEB / "templates" / "widget.js").read_text("utf-8")

    assert set(re.findall(r"labels\.(\w+)", script)) == set(widget_labels()["en"])


async def test_news_that_come_while_a_socket_is_busy_are_one_piece() -> None:
    hub = Hub()
    with hub.listening("anna") as listener, hub.listening("bob") as other:
        hub.tell_typing("anna", is_typing=True)
        hub.tell_news("anna")
        hub.tell_news("anna")
        hub.tell_typing("bob", is_typing=False)

        assert [await listener.next(), await listener.next()] == [True, None]
        assert await other.next() is False


@pytest.mark.parametrize(
    "options",
    [
        {"allowed_origins": ("shop.example",)},
        {"allowed_origins": ("https://shop.example/",)},
        {"allowed_origins": ("https://shop.example; script-src *",)},
        {"allowed_origins": ("*",)},
        {"public_url": "desk.example"},
        {"public_url": "https://desk.example/?x"},
        {"trusted_proxies": ("proxy",)},
        {"requests_per_minute": 0},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Web(**options)


def test_options_that_can_work_are_taken() -> None:
    options = Web(
        allowed_origins=("https://Shop.example", "http://127.0.0.1:8000"),
        public_url="https://desk.example/chat/",
        trusted_proxies=("10.0.0.0/8", "::1"),
    )

    assert options.allowed_origins == ("https://shop.example", "http://127.0.0.1:8000")
