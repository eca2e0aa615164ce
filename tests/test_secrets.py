"""Marked secrets are given to `kefu serve`, faults are provoked, and the marks are looked for in all that it wrote."""

import asyncio
import json
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.bot.channels.fake_bot_api import TOKEN, bot_api
from tests.shop_desk import KEFU, environment, free_port, run_kefu, serving

pytestmark = pytest.mark.slow

MARKS = {
    "KEFU_API_KEY": "mark-api-key/+=1",
    "KEFU_SIGNING_KEY": "mark-signing-key-2",
    "ORDERS_TOKEN": "mark-orders-token-3",
    "ALERTS": f"http://127.0.0.1:{free_port()}/hook/mark-hook-4",
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "OTEL_EXPORTER_OTLP_HEADERS": "x-key=mark-collector-6",
}
SETTINGS = """
[tracing]
enabled = true
[watch]
webhook = "$ALERTS"
[actions.get_order]
url = "http://127.0.0.1:1/orders/{{ order_number }}"
headers = { Authorization = "Bearer $ORDERS_TOKEN" }
"""


SECRET_PART = TOKEN.partition(":")[2]


def marks_in(text: str) -> list[str]:
    return [
        mark
        for mark in (*MARKS.values(), "mark-hook-4", "mark-password-5", "mark-collector-6", SECRET_PART)
        if mark in text
    ]


def given(folder: Path) -> dict[str, str]:
    """The secrets as the environment has them: two as they are, the others in files."""
    named = {name: MARKS[name] for name in ("ORDERS_TOKEN", "TELEGRAM_BOT_TOKEN")}
    for name in MARKS.keys() - named.keys():
        (folder / name).write_text(MARKS[name] + "\n", "utf-8")
        named[f"{name}_FILE"] = str(folder / name)
    return named


async def provoke(url: str) -> None:
    """Right and wrong keys, things that are no JSON, no HTTP, no form."""
    address = f"{url}api/v1/messages"
    right = {"Authorization": f"Bearer {MARKS['KEFU_API_KEY']}"}
    message = {"conversation": "anna", "client_message_id": "1", "text": "where is my lamp"}
    async with aiohttp.ClientSession() as client:
        for headers, body, status in (
            (right, json.dumps(message), 200),
            (right, "[" * 5000, 400),
            ({"Authorization": "Bearer x" + MARKS["KEFU_API_KEY"]}, json.dumps(message), 401),
            ({**right, "X-Long": "x" * 9000}, "", 400),
        ):
            headers = {"Content-Type": "application/json", **headers}
            async with client.post(address, data=body, headers=headers) as answer:
                assert answer.status == status
                assert not marks_in(await answer.text())
        for path in ("readyz", "healthz", "api/v1/openapi.json", "", "console/", f"console/join/{TOKEN}"):
            async with client.get(url + path, headers=right) as answer:
                assert not marks_in(str(answer.headers)), path
                assert not marks_in(await answer.text()), path
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))
    writer.write(f"GET / HTTP/1.1\r\nHost: x\r\n{MARKS['KEFU_API_KEY']}\r\n\r\n".encode())
    assert b" 400 " in await reader.read(100)
    writer.close()


async def test_no_secret_is_written_anywhere(trained: Path, tmp_path: Path) -> None:
    async with bot_api() as api:
        telegram = f'[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
        (trained / "kefu.toml").write_text(SETTINGS + telegram, "utf-8")
        away = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:mark-password-5@127.0.0.1:1",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
            "OTEL_BSP_SCHEDULE_DELAY": "1",
        }
        async with serving(trained, "--port", "0", **given(tmp_path), **away) as served:
            process = psutil.Process(served.process.pid)
            api.say("where is my lamp")
            await served.until(lambda: bool(api.sent))
            await served.until(lambda: "traces are lost" in served.log)
            await provoke(served.url)
            assert marks_in(" ".join(process.cmdline())) == []
            assert served.process.stdout is not None
        told = (await served.process.stdout.read()).decode() + served.log
    assert "where is my lamp" not in served.log
    assert marks_in(told) == []
    for path in trained.rglob("*"):
        if path.is_file():
            assert marks_in(path.read_bytes().decode("latin-1")) == [], path


async def test_an_address_of_a_database_that_is_away_keeps_its_password(trained: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *served_command(trained),
        env=environment(KEFU_DATABASE_URL="postgresql://desk:mark-password-5@127.0.0.1:1/kefu"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode
    assert marks_in(told.decode()) == []


def served_command(workspace: Path) -> tuple[str, ...]:
    return (str(KEFU), "serve", "-w", str(workspace), "--port", "0")


def test_a_secret_written_into_the_settings_is_told_of_but_not_shown(trained: Path) -> None:
    (trained / "kefu.toml").write_text(SETTINGS.replace("$ORDERS_TOKEN", MARKS["ORDERS_TOKEN"]), "utf-8")
    done = run_kefu("validate", "-w", str(trained))
    assert "Authorization is written out" in done.stderr
    assert marks_in(done.stdout + done.stderr) == []
