"""Traces of `kefu serve`, from its settings to a collector."""

import json
import signal
from pathlib import Path

import pytest

from tests.bot.channels.fake_bot_api import TOKEN, bot_api
from tests.bot.monitoring.fake_collector import collecting
from tests.shop_desk import run_kefu, serving

pytestmark = pytest.mark.slow

ON = "[tracing]\nenabled = true\n"


async def test_a_turn_on_telegram_is_one_trace_which_the_log_names(trained: Path) -> None:
    with collecting() as collector:
        async with bot_api() as api:
            telegram = f'[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
            (trained / "kefu.toml").write_text(ON + telegram, "utf-8")
            variables = {"TELEGRAM_BOT_TOKEN": TOKEN, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
            async with serving(trained, "--port", "0", "--log-format", "json", **variables) as served:
                api.say("where is my lamp")
                await served.until(lambda: bool(api.sent))
                assert await served.stop() == 0  # with what is not sent yet
    spans = {span.name: span for span in collector.spans}
    assert {"turn", "queue", "reading", "understanding", "retrieval", "writing", "delivery", "sending"} <= {
        *spans
    }
    assert {span.trace_id for span in collector.spans} == {spans["turn"].trace_id}
    [line] = [one for one in map(json.loads, served.log.splitlines()) if one["logger"] == "bot.engine"]
    assert line["trace_id"] == spans["turn"].trace_id.hex()
    assert not any(b"lamp" in body for body in collector.bodies)


async def test_a_collector_that_hangs_keeps_the_process_neither_from_answering_nor_from_ending(
    trained: Path,
) -> None:
    with collecting(hangs=True) as collector:
        (trained / "kefu.toml").write_text(ON, "utf-8")
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "1"}
        async with serving(trained, "--port", "0", **variables) as served:
            await served.post("where is my lamp")
            await served.until(lambda: bool(collector.bodies))
            await served.post("where is my lamp", number=2)
            assert await served.stop(signal.SIGTERM) == 0
            assert not collector.is_open.is_set()


def test_a_variable_that_will_not_do_keeps_it_from_starting(trained: Path) -> None:
    (trained / "kefu.toml").write_text(ON, "utf-8")
    done = run_kefu(
        "serve", "-w", str(trained), OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="2"
    )
    assert done.returncode == 1
    assert "OTEL_TRACES_SAMPLER_ARG: met '2'; wanted a share from 0 to 1" in done.stderr
    assert run_kefu("export", "-w", str(trained), OTEL_TRACES_SAMPLER="traceidratio").returncode == 0
