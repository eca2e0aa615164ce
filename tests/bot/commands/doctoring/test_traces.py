"""The collector of traces, where they are wanted."""

from pathlib import Path

import pytest

from bot.monitoring import collector
from tests.bot.commands.doctoring.conftest import set_up
from tests.bot.commands.doctoring.examined import examined, finding
from tests.bot.monitoring.fake_collector import collecting

ON = "[tracing]\nenabled = true\n"


def test_where_no_traces_are_wanted_no_collector_is_asked(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        assert "traces" not in {one["check"] for one in examined(desk)[1]}
        assert not there.bodies


def test_a_collector_that_takes_them_is_fine(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(desk, ON)
    with collecting() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        assert finding(desk, "traces", "fine")["text"] == f"{there.url}/v1/traces takes them"
        assert there.spans == []


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_collector_that_refuses_them_is_a_warning(
    desk: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    set_up(desk, ON)
    with collecting(status=status) as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        assert f"HTTP {status}; traces are lost" in finding(desk, "traces", "warning")["text"]


def test_a_collector_that_is_away_keeps_no_desk_from_working(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(desk, ON)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    found = finding(desk, "traces", "warning")
    assert "http://127.0.0.1:1/v1/traces: no answer" in found["text"]
    assert "start the collector" in found["remedy"]


def test_what_keeps_a_server_from_starting_is_a_fault(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(desk, ON)
    monkeypatch.setattr(collector, "find_spec", lambda name: None)
    assert "pip install 'kefu[tracing]'" in finding(desk, "traces", "fault")["text"]
    monkeypatch.undo()
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "some")
    assert "met 'some'" in finding(desk, "traces", "fault")["text"]
