"""What browsers load: the page, the widget's frame and script, and what they are forbidden."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from tests.bot.channels.web_desk import WebDesk, open_web_desk

SHOP = "https://shop.example"


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder, allowed_origins=(SHOP,)) as opened:
        yield opened


async def load(desk: WebDesk, path: str, **headers: str) -> tuple[str, Any]:
    async with desk.client.get(desk.url + path, headers=headers) as response:
        assert response.status == 200
        return await response.text(), response.headers


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [("/", "en", "en"), ("/", "zh-CN,zh;q=0.9", "zh"), ("/?lang=zh", "en", "zh"), ("/embed?lang=en", "zh", "en")],
)  # fmt: skip
async def test_the_page_speaks_the_customers_language(
    desk: WebDesk, path: str, accepted: str, language: str
) -> None:
    page, headers = await load(desk, path, **{"Accept-Language": accepted})

    assert f'<html lang="{language}"' in page
    assert data_of(page)["labels"]["send"] == {"en": "Send", "zh": "发送"}[language]
    assert headers["Vary"] == "Accept-Language"


async def test_the_page_offers_what_the_greeting_offers(desk: WebDesk) -> None:
    page, _ = await load(desk, "/?lang=zh")

    assert '<button type="button" class="choice">查询订单</button>' in page


async def test_what_an_address_says_is_text(desk: WebDesk) -> None:
    title = "</script><img src=x onerror=alert(1)>"
    page, _ = await load(desk, str(URL("/embed").with_query(title=title)))

    assert data_of(page)["title"] == title
    assert "<img" not in page


async def test_only_allowed_sites_may_frame_the_chat(desk: WebDesk) -> None:
    _, of_page = await load(desk, "/")
    _, of_frame = await load(desk, "/embed")

    assert of_page["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert of_frame["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {SHOP}")


async def test_every_answer_forbids_what_is_not_needed(desk: WebDesk) -> None:
    for path in ("/", "/embed", "/widget.js", "/static/chat.js", "/healthz", "/nowhere", "/api/v1/nowhere"):
        async with desk.client.get(desk.url + path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "aiohttp" not in response.headers["Server"]
            assert "Strict-Transport-Security" not in response.headers


async def test_a_desk_on_https_stays_there(folder: Path) -> None:
    async with open_web_desk(folder, public_url="https://desk.example/") as desk:
        _, headers = await load(desk, "/")

    assert headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_widgets_script_may_be_loaded_from_everywhere(desk: WebDesk) -> None:
    script, headers = await load(desk, "/widget.js")

    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Content-Type"].startswith("text/javascript")
    assert "打开聊天" in script.encode().decode("unicode_escape")


async def test_a_file_that_is_known_is_not_sent_again(desk: WebDesk) -> None:
    _, headers = await load(desk, "/static/chat.css")
    async with desk.client.get(
        f"{desk.url}/static/chat.css", headers={"If-None-Match": headers["ETag"]}
    ) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_nothing_is_loaded_from_elsewhere(desk: WebDesk) -> None:
    for path in ("/", "/embed", "/static/chat.css", "/static/chat.js"):
        text, _ = await load(desk, path)
        assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", text)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpages.py", ".."])
async def test_only_files_of_the_page_are_given_out(desk: WebDesk, name: str) -> None:
    async with desk.client.get(URL(f"{desk.url}/static/{name}", encoded=True)) as response:
        assert response.status == 404
