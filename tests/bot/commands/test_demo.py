"""`kefu demo`: when it trains, and the order system it runs beside the server."""

import os
import socket
from pathlib import Path

import pytest

from bot.commands.demo import is_trained, order_system
from bot.errors import BotError
from bot.settings import Action, Settings
from tests.shop_desk import free_port, is_open

LISTENS = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Dialogues of an hour ago, and a release made since."""
    for folder, name in (
        ("dialogues", "chat.jsonl"),
        ("dialogues", "mail.jsonl.gz"),
        ("releases", "current"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch()
    for path in (tmp_path / "dialogues").iterdir():
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3600))
    return tmp_path


def test_a_release_newer_than_all_dialogues_needs_no_training(workspace: Path) -> None:
    assert is_trained(workspace)


@pytest.mark.parametrize("changed", ["chat.jsonl", "mail.jsonl.gz", "new.jsonl"])
def test_a_dialogue_file_newer_than_the_release_is_trained_on(changed: str, workspace: Path) -> None:
    trained_at = (workspace / "releases" / "current").stat().st_mtime
    path = workspace / "dialogues" / changed
    path.touch()
    os.utime(path, (trained_at + 60, trained_at + 60))
    assert not is_trained(workspace)


def test_a_workspace_without_a_release_is_trained(workspace: Path) -> None:
    (workspace / "releases" / "current").unlink()
    assert not is_trained(workspace)


def settings(folder: Path, *urls: str) -> Settings:
    return Settings(folder=folder, actions={f"a{n}": Action(url=url) for n, url in enumerate(urls)})


def test_the_order_system_runs_where_the_actions_point_and_for_as_long_as_it_is_needed(
    tmp_path: Path,
) -> None:
    (tmp_path / "order_system.py").write_text(LISTENS)
    port = free_port()
    url = f"http://127.0.0.1:{port}/orders/{{{{ order_number }}}}"

    def run_until_ctrl_c() -> None:
        with order_system(settings(tmp_path, url)):
            assert is_open(port)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_until_ctrl_c()
    assert not is_open(port)


@pytest.mark.parametrize("url", ["https://orders.example/{{ order_number }}", "http://127.0.0.1:1/x"])
def test_a_workspace_with_a_system_elsewhere_or_none_starts_nothing(url: str, tmp_path: Path) -> None:
    if "example" in url:
        (tmp_path / "order_system.py").write_text("raise SystemExit('not to be run')")
    with order_system(settings(tmp_path, url)):
        pass


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "order_system.py").write_text("raise SystemExit('not to be run')")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(BotError, match=f"port {port} is taken.*another demo"),
            order_system(settings(tmp_path, f"http://localhost:{port}/")),
        ):
            pass


def test_an_order_system_that_does_not_start_is_named(tmp_path: Path) -> None:
    (tmp_path / "order_system.py").write_text("raise SystemExit(3)")
    with (
        pytest.raises(BotError, match=r"order_system\.py did not start to listen on port"),
        order_system(settings(tmp_path, f"http://127.0.0.1:{free_port()}/")),
    ):
        pass
