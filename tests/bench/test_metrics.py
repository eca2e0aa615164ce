"""What metrics cost is told beside the turn they are of."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.metrics import main

pytestmark = pytest.mark.slow


def test_a_turn_its_metrics_and_a_scrape_are_measured(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fewer in (("WARM_UP", 1), ("REPEATS", 50), ("SCRAPES", 3)):
        monkeypatch.setattr(f"bench.metrics.{name}", fewer)
    told = (
        CliRunner()
        .invoke(main, [str(trained), "--messages", "4"], catch_exceptions=False)
        .stdout.splitlines()
    )
    turn, metrics, scrape, log = told
    assert (found := re.match(r"a turn: [\d.]+ ms of processor, (\d) transactions", turn))
    assert int(found[1]) >= 2, "one reads, one writes"
    assert re.match(r"its metrics: [\d.]+ ms of it, [\d.]+ %", metrics)
    assert re.match(r"asked for: [\d.]+ ms of processor, [\d,]{5,} bytes", scrape)
    assert "every 15 s" in log
