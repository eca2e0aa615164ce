"""Disk, port, processors and libraries."""

import asyncio
import shutil
import socket
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web

from bot.commands.doctoring import machine
from tests.bot.commands.doctoring.conftest import set_up
from tests.bot.commands.doctoring.examined import finding


@pytest.mark.parametrize(("free", "level"), [(5e9, "fine"), (5e8, "warning"), (1e7, "fault")])
def test_little_room_on_the_disk_is_told(
    desk: Path, monkeypatch: pytest.MonkeyPatch, free: float, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert f"{free / 1e6:,.0f} MB free" in finding(desk, "disk", level)["text"]


def test_a_port_that_another_program_has_is_a_fault(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        (desk / "kefu.toml").write_text(f"[web]\nport = {other.getsockname()[1]}\n")
        assert "can't listen on 127.0.0.1" in finding(desk, "port", "fault")["text"]


async def test_a_port_where_a_desk_answers_is_fine(desk: Path) -> None:
    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (desk / "kefu.toml").write_text(f"[web]\nport = {runner.addresses[0][1]}\n")
    told = await asyncio.to_thread(finding, desk, "port", "fine")
    await runner.cleanup()
    assert told["text"].startswith("a desk answers on 127.0.0.1")


def test_a_host_that_is_not_this_machines_is_a_fault(desk: Path) -> None:
    (desk / "kefu.toml").write_text('[web]\nhost = "203.0.113.7"\n')
    assert "203.0.113.7:8080" in finding(desk, "port", "fault")["text"]


def test_more_threads_than_cores_is_a_warning(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk / "kefu.toml").write_text("[web]\nport = 0\n[understanding]\nthreads = 4\n")
    monkeypatch.setattr(machine, "n_cores", lambda: 2)
    assert finding(desk, "threads", "warning")["text"] == "4 for a message, 2 cores"


def installed(monkeypatch: pytest.MonkeyPatch, needs: list[str], versions: dict[str, str]) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(machine, "distribution", lambda _: SimpleNamespace(requires=needs))
    monkeypatch.setattr(machine, "version", version)


NEEDS = [
    "one>=2",
    'two>=1; extra == "postgres"',
    'three>=5; extra == "train"',
    'four>=1; extra == "train"',
    'five>=1; extra == "tracing"',
]


@pytest.mark.parametrize(
    ("versions", "text"),
    [
        ({"one": "1.9"}, "one is 1.9; wanted >=2"),
        ({}, "one is missing; wanted one>=2"),
        ({"one": "2", "three": "4"}, "three is 4; wanted >=5"),  # of an extra
    ],
)
def test_a_library_that_is_old_or_missing_is_a_fault(
    desk: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], text: str
) -> None:
    installed(monkeypatch, NEEDS, {"kefu": "1.0"} | versions)
    assert text in finding(desk, "versions", "fault")["text"]


def test_extras_that_are_not_installed_are_not_missed(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, NEEDS, {"kefu": "1.0", "one": "2.1", "two": "1"})
    assert finding(desk, "versions", "fine")["text"] == "kefu 1.0, with PostgreSQL"


def test_the_driver_of_a_database_that_is_used_is_missed(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, NEEDS, {"kefu": "1.0", "one": "2.1"})
    monkeypatch.setenv("KEFU_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/kefu")
    assert "two is missing" in finding(desk, "versions", "fault")["text"]


def test_what_sends_traces_is_missed_where_they_are_wanted(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, NEEDS, {"kefu": "1.0", "one": "2.1"})
    assert finding(desk, "versions", "fine")
    set_up(desk, "[tracing]\nenabled = true\n")
    assert "five is missing" in finding(desk, "versions", "fault")["text"]
