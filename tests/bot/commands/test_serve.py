"""`kefu serve`: what it prints once it listens."""

from pathlib import Path

import pytest

from bot.commands.serve import addresses
from bot.serving import Places
from tests.bot.fakes import make_settings


@pytest.mark.parametrize("metrics", ["", "http://127.0.0.1:9464/metrics"])
@pytest.mark.parametrize("first_admin", ["", "http://127.0.0.1:8080/console/join/x"])
def test_every_place_there_is_stands_on_a_line_of_its_own(
    metrics: str, first_admin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    told = addresses(
        make_settings(tmp_path), Places("http://127.0.0.1:8080/", metrics, first_admin)
    ).splitlines()
    assert [line.split()[-1] for line in told if line.startswith("  ")] == [
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080/console/",
        "http://127.0.0.1:8080/api/v1/openapi.json",
        "TELEGRAM_BOT_TOKEN",
        *filter(None, (metrics, first_admin)),
    ]
    assert ("metrics" in "\n".join(told)) == bool(metrics)
