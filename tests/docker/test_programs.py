"""The small programs of the images."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from bot.settings import load_settings
from tests.docker.files import DOCKER, ROOT
from tests.shop_desk import SHOP, free_port


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCKER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers everything so; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("status", "is_healthy"), [(200, True), (503, False), (404, False)])
def test_health_is_an_answer_of_200(status: int, is_healthy: bool) -> None:
    with answering(status) as port:
        assert program("healthy").is_healthy("/healthz", port) is is_healthy


def test_nobody_there_is_not_healthy() -> None:
    assert not program("healthy").is_healthy("/healthz", free_port())


def test_an_empty_workspace_becomes_the_shop_with_its_actions_and_proxy_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()  # as a first try left it that was cut short
    program("first_start").make_shop(SHOP, tmp_path, "http://orders:8081/", "172.31.250.10")
    settings = load_settings(tmp_path)
    assert settings.web.trusted_proxies == ("172.31.250.10",)
    assert settings.outgoing.private_hosts == ("orders",), "else every lookup of an order is refused"
    assert {action.url.partition("{")[0][:19] for action in settings.actions.values()} == {
        "http://orders:8081/"
    }
    there = {path.relative_to(SHOP) for path in SHOP.rglob("*.yaml")}
    assert there == {path.relative_to(tmp_path) for path in tmp_path.rglob("*.yaml")}
    assert not (tmp_path / "releases").exists()


def test_a_workspace_with_a_release_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kefu.toml").write_text("[desk]\n")
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "current").write_text("one\n")
    program("first_start").main(tmp_path)
    assert capsys.readouterr().out == "there is a release already\n"
    assert (tmp_path / "kefu.toml").read_text() == "[desk]\n"


def test_libraries_are_those_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wanted = program("libraries").libraries(["postgres", "train"])
    assert {"aiohttp>=3.14", "asyncpg>=0.31", "torch>=2.9"} <= {*wanted}
    assert not any(line.startswith(("ray", "pytest")) for line in wanted)
