"""A desk that lacks nothing."""

import socket
from pathlib import Path

import pytest


@pytest.fixture
def desk(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trained workspace with a free port and no environment of its own."""
    for name in ("KEFU_DATABASE_URL", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    set_up(trained)
    return trained


def set_up(desk: Path, more: str = "") -> None:
    """Write kefu.toml, with a port that is free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (desk / "kefu.toml").write_text(f"[web]\nport = {port}\n{more}")
