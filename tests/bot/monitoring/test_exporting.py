"""Traces on their way to a collector that takes them, is away, refuses, or hangs."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.trace import TraceFlags

from bot.errors import BotError
from bot.monitoring import collector as environment
from bot.monitoring.exporting import ToCollector, ask_collector, exporting
from bot.monitoring.tracing import trace, trace_headers
from bot.operation.configuration import checked_settings
from bot.settings import SettingsError, load_settings
from bot.store.store import Store
from tests.bot.fakes import Customer, make_engine, make_settings
from tests.bot.monitoring.fake_collector import collecting

AWAY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the variables OTEL_* of the test; others are not there."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)

    def set_them(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"OTEL_{name}", value)

    return set_them


async def test_turns_arrive_at_the_collector(
    log: Store, tmp_path: Path, variables: Callable[..., None]
) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    with collecting() as collector:
        variables(
            EXPORTER_OTLP_ENDPOINT=f"{collector.url}/",
            EXPORTER_OTLP_HEADERS="x-key=abc%3D,other=2",
            SERVICE_NAME="desk",
        )
        async with exporting():
            await Customer(engine).send("where is LW-11111")
    [turn] = [one for one in collector.spans if one.name == "turn"]
    assert {one.key for one in turn.attributes} >= {"kefu.channel", "kefu.decision", "kefu.release"}
    assert collector.headers[0]["x-key"] == "abc="
    assert collector.resources()[0]["service.name"] == "desk"
    assert b"LW-1" not in collector.bodies[0]
    assert trace_headers() == {}  # it is over


async def test_without_a_name_the_service_is_kefu_and_attributes_are_added(
    variables: Callable[..., None],
) -> None:
    with collecting() as collector:
        variables(
            EXPORTER_OTLP_ENDPOINT=collector.url, RESOURCE_ATTRIBUTES="deployment.environment.name=test"
        )
        async with exporting():
            with trace("turn"):
                pass
    [resource] = collector.resources()
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("kefu", "test")
    assert not any("process" in name or "host" in name for name in resource)


async def test_the_share_of_turns_is_that_of_the_environment(variables: Callable[..., None]) -> None:
    with collecting() as collector:
        variables(
            EXPORTER_OTLP_ENDPOINT=collector.url,
            TRACES_SAMPLER="parentbased_traceidratio",
            TRACES_SAMPLER_ARG="0",
        )
        async with exporting():
            with trace("turn"):
                flags = trace_headers()["traceparent"].rpartition("-")[2]
        assert not int(flags, 16) & TraceFlags.SAMPLED
    assert not collector.bodies


async def test_a_collector_that_hangs_holds_up_no_turn_and_no_end(
    log: Store, tmp_path: Path, variables: Callable[..., None]
) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    with collecting(hangs=True) as collector:
        variables(
            EXPORTER_OTLP_ENDPOINT=collector.url, BSP_SCHEDULE_DELAY="1", BSP_MAX_QUEUE_SIZE="20",
            BSP_MAX_EXPORT_BATCH_SIZE="10",
        )  # fmt: skip
        async with exporting():
            anna = Customer(engine)
            for _ in range(10):  # far more spans than there is room for
                turn = await anna.send("where is LW-11111")
                assert turn.decision is not None
                assert turn.decision.kind == "answer"
            await asyncio.to_thread(collector.until, lambda: len(collector.bodies) == 1)
            assert (await anna.send("where is LW-22222")).replies
        assert not collector.is_open.is_set()  # it hangs still, and this process goes on
        assert len(collector.bodies) == 1


def test_what_is_wrong_is_logged_once_and_so_is_its_end(
    variables: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with collecting(status=401) as collector:
        variables(EXPORTER_OTLP_ENDPOINT=collector.url, EXPORTER_OTLP_HEADERS="authorization=hushhush")
        exporter = ToCollector()
        for status in (401, 401, 302, 200, 200):
            collector.status = status
            exporter.export([])
        exporter.shutdown()
    told = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert told == [
        ("WARNING", f"traces are lost, the desk goes on: {collector.url}/v1/traces: HTTP 401"),
        ("INFO", f"traces are taken again by {collector.url}/v1/traces"),
    ]


def test_a_collector_that_is_away_is_told_without_its_password(
    variables: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    variables(EXPORTER_OTLP_ENDPOINT="http://me:hushhush@127.0.0.1:1", EXPORTER_OTLP_TIMEOUT="0.1")
    exporter = ToCollector()
    exporter.export([])
    exporter.export([])
    exporter.shutdown()
    [line] = caplog.records
    assert line.getMessage().endswith("http://127.0.0.1:1/v1/traces: no answer (ConnectionError)")
    assert "hushhush" not in caplog.text


def test_a_collector_is_asked_with_no_spans(variables: Callable[..., None]) -> None:
    with collecting() as collector:
        variables(EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/elsewhere")
        assert ask_collector() == ""
        assert (collector.bodies, collector.spans) == ([b""], [])
    variables(EXPORTER_OTLP_TRACES_ENDPOINT=AWAY)
    assert "no answer" in ask_collector()


async def test_sizes_that_do_not_fit_are_refused(variables: Callable[..., None]) -> None:
    variables(BSP_MAX_QUEUE_SIZE="5", BSP_MAX_EXPORT_BATCH_SIZE="10")
    with pytest.raises(BotError, match=r"max_export_batch_size.*OTEL_\*"):
        async with exporting():
            pass


def settings_of(folder: Path) -> str:
    """What is wrong with them, for a server."""
    (folder / "kefu.toml").write_text("[tracing]\nenabled = true\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        checked_settings(folder)
    return str(error.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "met 'collector:4318/v1/traces'; wanted an address"),
        (
            {"EXPORTER_OTLP_TRACES_ENDPOINT": "//me:hush@hush@x"},
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: met '//x'",
        ),
        ({"EXPORTER_OTLP_PROTOCOL": "grpc"}, "met 'grpc'; wanted 'http/protobuf'"),
        ({"EXPORTER_OTLP_HEADERS": "hushhush"}, "wanted name=value,name=value"),
        ({"TRACES_SAMPLER": "half"}, "met 'half'; wanted one of always_on, always_off, traceidratio"),
        (
            {"TRACES_SAMPLER": "traceidratio", "TRACES_SAMPLER_ARG": "10%"},
            "met '10%'; wanted a share from 0 to 1",
        ),
        ({"TRACES_SAMPLER": "traceidratio", "TRACES_SAMPLER_ARG": "nan"}, "met 'nan'"),
    ],
)
def test_variables_that_will_not_do_are_refused_at_start(
    tmp_path: Path, variables: Callable[..., None], values: dict[str, str], words: str
) -> None:
    variables(**values)
    told = settings_of(tmp_path)
    assert words in told
    assert f"{tmp_path / 'kefu.toml'}: tracing.enabled: met true" in told
    assert "hush" not in told
    load_settings(tmp_path)  # what sends no traces works


def test_a_missing_library_is_told_with_all_else_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: Callable[..., None]
) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    variables(EXPORTER_OTLP_PROTOCOL="grpc")
    monkeypatch.setenv("KEFU_DATABASE_URL", "mysql://x")
    told = settings_of(tmp_path)
    assert "pip install 'kefu[tracing]' brings it" in told
    assert "met 'grpc'" in told
    assert "KEFU_DATABASE_URL" in told


def test_what_a_desk_without_traces_imports_knows_no_opentelemetry() -> None:
    program = (
        "import sys, bot.serving, bot.commands.serve, bot.channels.telegram.channel, bot.commands.doctoring.examination;"
        "print(sorted(name for name in sys.modules if name.startswith(('opentelemetry', 'requests'))))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
