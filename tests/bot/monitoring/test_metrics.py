"""What Prometheus is told: counted where it happens, without anybody's words, and known to dashboard and alerts."""

import asyncio
import json
import os
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url

from bot.desk import Desk
from bot.model import Model
from bot.monitoring.listening import metrics_at
from bot.monitoring.meters import REGISTRY, count_slow_down, watch_worker
from bot.monitoring.pool import pool_metrics
from bot.monitoring.standing import DeskStanding
from bot.outgoing.actions import Actions
from bot.reader.models import Models
from bot.store.databases.pool import PoolUse
from bot.store.databases.postgres import POOL_LIMIT, PostgresDatabase
from bot.store.store import Store
from tests.bot.fakes import Customer, make_engine, make_settings
from tests.bot.store.postgres import database
from tests.shop_desk import free_port

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "docker" / "grafana" / "kefu.json"
ALERTS = ROOT / "docker" / "prometheus" / "alerts.yaml"
NAME = re.compile(r"\bkefu_[a-z_]+")
SECRET_WORDS = "my daughter Ophelia's wardrobe"


@pytest.fixture
def desk(log: Store, tmp_path: Path) -> Desk:
    settings = make_settings(tmp_path)
    engine, _ = make_engine(log, settings)
    model = Model("r1", "", engine.dialogue.reader, engine.dialogue)
    desk = Desk(settings, log, Models(settings, Actions({})), model)
    desk.engine = engine
    return desk


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    return found or 0.0


async def test_turns_decisions_and_stages_are_counted(desk: Desk) -> None:
    before = {
        "turns": value("kefu_turns_total", channel="web"),
        "answers": value("kefu_decisions_total", decision="answer", reason="confident"),
        **{
            stage: value("kefu_stage_seconds_count", stage=stage)
            for stage in ("queue", "understanding", "writing")
        },
    }

    await Customer(desk.engine, key="web:anna").send("where is LW-11111")

    assert value("kefu_turns_total", channel="web") == before["turns"] + 1
    assert value("kefu_decisions_total", decision="answer", reason="confident") == before["answers"] + 1
    for stage in ("queue", "understanding", "writing"):
        assert value("kefu_stage_seconds_count", stage=stage) > before[stage]
    assert value("kefu_messages_under_way") == 0


async def test_a_repeat_is_not_counted_again(desk: Desk) -> None:
    anna = Customer(desk.engine, key="web:anna")
    message = anna.message("where is LW-11111")
    await desk.engine.handle(message)
    before = value("kefu_turns_total", channel="web")
    await desk.engine.handle(message)
    assert value("kefu_turns_total", channel="web") == before


async def test_how_the_desk_stands_is_read_from_its_log(desk: Desk, log: Store) -> None:
    anna, ben = Customer(desk.engine, key="web:anna"), Customer(desk.engine, key="web:ben")
    wrong = await anna.send("where is LW-11111")
    await anna.send("where is LW-22222")
    await ben.send("/human")
    await log.add_correction("where is LW-11111", "returns", "sam", message_id=wrong.message_id)
    standing = await log.standing(datetime(2000, 1, 1, tzinfo=UTC))
    assert standing.answers == {"all": 2, "corrected": 1, "not_helpful": 0}
    assert standing.conversations == {"bot": 1, "waiting": 1, "person": 0}
    assert standing.longest_wait_s > 0
    assert standing.replies["web"] >= 2
    assert not standing.is_retraining


async def test_nothing_that_a_customer_wrote_or_is_called_is_told(desk: Desk) -> None:
    await Customer(desk.engine, key="web:ophelia-7").send(SECRET_WORDS)
    async with (
        metrics_at(desk, "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        told = await response.text()
    assert response.status == 200
    assert "kefu_turns_total" in told
    assert "phelia" not in told


async def test_a_port_that_is_taken_is_named(desk: Desk) -> None:
    async with metrics_at(desk, "127.0.0.1", 0) as url:
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(Exception, match=rf"127\.0\.0\.1:{port} for metrics"):
            async with metrics_at(desk, "127.0.0.1", port):
                pass


async def told(desk: Desk) -> set[str]:
    """The names of all series of ours."""
    count_slow_down(0.0)
    standing = DeskStanding(desk)
    await standing.look()
    REGISTRY.register(standing)
    try:
        text = generate_latest(REGISTRY).decode()
    finally:
        REGISTRY.unregister(standing)
    samples = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    families = {family.name for family in text_string_to_metric_families(text)}
    of_postgresql = {metric.name for metric in pool_metrics(PoolUse(0, 15, 0))}
    return {name for name in samples | families | of_postgresql if name.startswith("kefu_")}


async def test_how_the_connections_to_postgresql_are_used_is_told(
    postgres: str, tables: str, tmp_path: Path
) -> None:
    async with database(postgres, tables) as url, await Store.open(url, exclusive=False) as log:
        settings = make_settings(tmp_path)
        engine, _ = make_engine(log, settings)
        model = Model("r1", "", engine.dialogue.reader, engine.dialogue)
        desk = Desk(settings, log, Models(settings, Actions({})), model)
        one = use_of(desk)["in_use"]
        async with AsyncExitStack() as stack:
            inner: Any = log._database
            for _ in range(POOL_LIMIT - int(one)):
                await stack.enter_async_context(inner._connection(inner._engine))
            assert use_of(desk) == {"in_use": POOL_LIMIT, "limit": POOL_LIMIT, "waited_for": 0}
            late = asyncio.create_task(log.standing(datetime.now(UTC)))
            await asyncio.sleep(0)
            assert use_of(desk) == {"in_use": POOL_LIMIT, "limit": POOL_LIMIT, "waited_for": 1}
        await late
        assert use_of(desk) == {"in_use": one, "limit": POOL_LIMIT, "waited_for": 0}


def use_of(desk: Desk) -> dict[str, float]:
    prefix = "kefu_database_connections_"
    return {
        metric.name.removeprefix(prefix): metric.samples[0].value
        for metric in DeskStanding(desk).collect()
        if metric.name.startswith(prefix)
    }


async def test_nobody_waits_for_a_connection_that_could_not_be_made() -> None:
    database = PostgresDatabase(make_url(f"postgresql://kefu@127.0.0.1:{free_port()}/kefu"))
    with pytest.raises(OSError, match="Connect"):
        await database.read(lambda connection: None)
    assert database.pool == PoolUse(0, POOL_LIMIT, 0)
    await database.close()


async def test_a_desk_on_sqlite_tells_of_no_connections(desk: Desk) -> None:
    assert use_of(desk) == {}


async def test_dashboard_and_alerts_ask_for_what_there_is_and_all_of_it_is_shown(desk: Desk) -> None:
    await Customer(desk.engine, key="web:anna").send("hi")
    watch_worker(os.getpid())
    known = await told(desk)
    watch_worker(0)
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
        for name in NAME.findall(target["expr"])
    }
    alerts = yaml.safe_load(ALERTS.read_text("utf-8"))
    warned = {
        name for group in alerts["groups"] for rule in group["rules"] for name in NAME.findall(rule["expr"])
    }
    assert asked - known - {"kefu_web_responses_total"} == set()
    assert warned - known - {"kefu_web_responses_total"} == set()
    bare = {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in asked | warned}
    assert {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in known} - bare == set()


def test_each_alert_says_what_to_do() -> None:
    manual = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    rules = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "remedy"}
        assert f"| `{rule['alert']}` |" in manual
