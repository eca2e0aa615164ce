"""What a turn, a call and a delivery tell of themselves: whole, one within the other, without anybody's words."""

import ast
import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler
from opentelemetry.trace import TraceFlags

from bot.channels.telegram.place import Place
from bot.engine import Engine
from bot.monitoring.meters import Stage
from bot.monitoring.telemetry import ERROR, MAX_REPLIES, Telemetry, _attributes
from bot.monitoring.tracing import note, span, trace, trace_headers, trace_replies, traced_by
from bot.outgoing.actions import Actions
from bot.outgoing.signing import SIGNATURE
from bot.outgoing.webhook import Webhook
from bot.settings import Action
from bot.store.store import Store
from tests.bot.channels.fake_bot_api import bot_api
from tests.bot.channels.telegram_desk import telegram_desk
from tests.bot.fakes import Customer, make_engine, make_settings
from tests.markdown import DOCS, INLINE_CODE, ROOT, names, section

SECRET_WORDS = "my daughter Ophelia's wardrobe LW-11111"
Begin = Callable[[], None]


class Spans(InMemorySpanExporter):
    """Those that ended."""

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self.get_finished_spans() if one.name == name]

    def one(self, name: str) -> ReadableSpan:
        [found] = self.named(name)
        return found

    def below(self, parent: ReadableSpan) -> list[str]:
        """The names of its children, in the order they ended."""
        return [
            one.name
            for one in self.get_finished_spans()
            if one.parent is not None and one.parent.span_id == parent.context.span_id
        ]

    def told(self) -> str:
        return "".join(one.to_json() for one in self.get_finished_spans())


def traced(spans: Spans, sampler: Sampler | None = None) -> Any:
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return traced_by(Telemetry(provider))


@pytest.fixture
def spans() -> Iterator[Spans]:
    found = Spans()
    with traced(found):
        yield found


@pytest.fixture
def engine(log: Store, tmp_path: Path) -> Engine:
    made, _ = make_engine(log, make_settings(tmp_path))
    return made


class Company:
    """An order system; keeps what it is asked with."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        return web.json_response({"status": "shipped"}, status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def company() -> AsyncIterator[tuple[Company, str]]:
    one, app = Company(), web.Application()
    app.router.add_route("*", "/{tail:.*}", one.handle)
    async with TestServer(app) as server:
        yield one, str(server.make_url("/")).rstrip("/")


def is_sampled(flags: str) -> bool:
    return bool(int(flags, 16) & TraceFlags.SAMPLED)


def calling(engine: Engine, url: str) -> Actions:
    """Let the desk call that order system, signed."""
    action = Action(
        url=url + "/orders/{{ order_number }}?key=hushhush", headers={"Authorization": "Bearer hushhush"}
    )
    actions = Actions({"get_order": action}, key="signing-key", first_pause_s=0.001)
    answering = replace(engine.dialogue.answering, actions=actions)
    engine.dialogue = replace(engine.dialogue, answering=answering)
    return actions


async def test_a_turn_tells_what_its_line_in_the_log_does(engine: Engine, spans: Spans) -> None:
    turn = await Customer(engine).send("where is LW-11111", update_id="77")

    told = dict(spans.one("turn").attributes or {})
    assert told == {
        "kefu.channel": "web", "kefu.update": "77", "kefu.conversation": turn.conversation_id, "kefu.release": "test",
        "kefu.turn": turn.message_id, "kefu.kind": "text", "kefu.intent": "order_status", "kefu.decision": "answer",
        "kefu.reason": "confident", "kefu.answer": "order_shipped",
    }  # fmt: skip


async def test_the_stages_that_metrics_time_are_within_the_turn(engine: Engine, spans: Spans) -> None:
    await Customer(engine).send("where is LW-11111")

    turn = spans.one("turn")
    assert turn.parent is None
    children = spans.below(turn)
    assert children[0] == "queue"
    assert children[-1] == "writing"
    assert children.index("understanding") < children.index("retrieval")
    assert {*children} == {"queue", "reading", "writing", "understanding", "retrieval"}
    assert all(one.context.trace_id == turn.context.trace_id for one in spans.get_finished_spans())


async def test_turns_at_the_same_time_keep_their_spans_apart(engine: Engine, spans: Spans) -> None:
    names = [f"web:c{number}" for number in range(8)]
    turns = await asyncio.gather(*(Customer(engine, key=name).send("where is LW-11111") for name in names))

    roots = spans.named("turn")
    assert len({root.context.trace_id for root in roots}) == len(names)
    assert {(root.attributes or {})["kefu.turn"] for root in roots} == {turn.message_id for turn in turns}
    for root in roots:
        theirs = [one for one in spans.get_finished_spans() if one.context.trace_id == root.context.trace_id]
        assert sorted(one.name for one in theirs if one.name in {"turn", "queue", "understanding", "retrieval"}) == [
            "queue", "retrieval", "turn", "understanding",
        ]  # fmt: skip
        assert all(one.parent is None or one.parent.span_id == root.context.span_id for one in theirs)


async def test_who_waits_for_the_turn_before_waits_in_a_trace_of_its_own(
    engine: Engine, spans: Spans
) -> None:
    anna = Customer(engine)
    messages = [anna.message("where is LW-11111"), anna.message("where is LW-22222")]
    await asyncio.gather(*map(engine.handle, messages))

    first, second = sorted(spans.named("turn"), key=lambda one: one.end_time or 0)
    waited = next(
        one
        for one in spans.named("queue")
        if one.parent is not None and one.parent.span_id == second.context.span_id
    )
    assert first.context.trace_id != second.context.trace_id
    assert (waited.end_time or 0) > max(
        one.end_time or 0 for one in spans.named("writing") if one.context.trace_id == first.context.trace_id
    )


async def test_nothing_that_a_customer_wrote_or_is_called_is_told(
    engine: Engine, spans: Spans, company: tuple[Company, str]
) -> None:
    actions = calling(engine, company[1])
    ophelia = Customer(engine, key="web:ophelia-7")
    for words in (SECRET_WORDS, "where is LW-11111", "Where is my parcel?", "LW-22222", "crash"):
        await ophelia.send(words, customer_name="Ophelia Gray")
    await actions.close()

    told = spans.told()
    assert len(spans.named("turn")) == 5
    assert len(spans.named("call")) == 3
    for words in (
        "phelia",
        "wardrobe",
        "Gray",
        "LW-",
        "parcel",
        "crash",
        "hushhush",
        "signing-key",
        "/orders",
    ):
        assert words not in told, words


async def test_a_failure_is_told_by_its_kind_alone(engine: Engine, spans: Spans) -> None:
    await Customer(engine).send("crash")

    turn, understanding = spans.one("turn"), spans.one("understanding")
    for failed in (turn, understanding):
        assert not failed.status.is_ok
        assert failed.status.description is None
        assert (failed.attributes or {})["error.type"] == "RuntimeError"
        assert not failed.events
    assert (turn.attributes or {})["kefu.reason"] == "failure"


async def test_a_repeat_is_a_trace_that_says_so(engine: Engine, spans: Spans) -> None:
    message = Customer(engine).message("where is LW-11111")
    await engine.handle(message)
    spans.clear()
    await engine.handle(message)
    assert (spans.one("turn").attributes or {})["kefu.is_repeat"] is True


async def test_calls_are_within_their_action_and_carry_the_trace(
    engine: Engine, spans: Spans, company: tuple[Company, str]
) -> None:
    company[0].statuses = [503, 200]
    actions = calling(engine, company[1])
    turn = await Customer(engine).send("where is LW-11111")
    await actions.close()

    action, (failed, answered) = spans.one("action"), spans.named("call")
    assert turn.decision is not None
    assert turn.decision.answer_id == "order_shipped"
    assert "action" in spans.below(spans.one("turn"))
    assert spans.below(action) == ["call", "call"]
    assert dict(action.attributes or {}) == {"kefu.action": "get_order"}
    assert dict(failed.attributes or {}) == {"http.request.method": "GET", "http.response.status_code": 503}
    assert dict(answered.attributes or {}) == {"http.request.method": "GET", "http.response.status_code": 200}
    for sent, call in zip(company[0].headers, (failed, answered), strict=True):
        version, trace_id, span_id, flags = sent["traceparent"].split("-")
        assert (version, int(trace_id, 16), int(span_id, 16)) == (
            "00",
            call.context.trace_id,
            call.context.span_id,
        )
        assert is_sampled(flags)
        assert sent[SIGNATURE].startswith("v1=")
        assert sent["Authorization"] == "Bearer hushhush"


async def test_a_call_that_is_refused_says_nothing_to_anybody(spans: Spans) -> None:
    actions = Actions({"it": Action(url="http://169.254.169.254/latest")})
    with pytest.raises(Exception, match="link-local"), trace("turn"):
        await actions.run("it", {}, idempotency_key="1")
    await actions.close()
    assert (spans.one("call").attributes or {})["error.type"] == "CallRefused"
    assert "169.254" not in spans.told()


async def test_a_webhook_is_a_trace_of_its_own(spans: Spans, company: tuple[Company, str]) -> None:
    webhook = Webhook(company[1] + "/hook", pause_s=0.001)
    with trace("turn"):
        webhook.post({"alert": "unhappy"})
        await webhook.close_when_done()

    told = spans.one("webhook")
    assert told.parent is None
    assert told.context.trace_id != spans.one("turn").context.trace_id
    assert f"{told.context.trace_id:032x}" in company[0].headers[0]["traceparent"]


async def test_a_reply_is_delivered_in_the_trace_of_its_turn(spans: Spans, folder: Path) -> None:
    async with bot_api() as api:
        async with telegram_desk(folder, api):
            api.say("where is LW-11111")
            await api.replies(1)
        turn, delivery = spans.one("turn"), spans.one("delivery")
    assert (turn.attributes or {})["kefu.channel"] == "telegram"
    assert delivery.parent is not None
    assert delivery.parent.span_id == turn.context.span_id
    assert spans.below(delivery) == ["writing", "sending", "writing"]
    assert (delivery.attributes or {})["kefu.outcome"] == "delivered"
    assert "LW-" not in spans.told()
    assert Place.of("telegram:1").channel == (delivery.attributes or {})["kefu.channel"]


def test_a_reply_of_which_no_turn_is_known_is_a_trace_of_its_own(spans: Spans) -> None:
    with trace("turn"):
        trace_replies(range(1, MAX_REPLIES + 2))
    for reply in (1, 2):
        with trace("delivery", reply=reply):
            pass
    forgotten, known = spans.named("delivery")
    assert forgotten.parent is None
    assert known.context.trace_id == spans.one("turn").context.trace_id


async def test_what_no_turn_asks_for_is_no_trace(log: Store, spans: Spans) -> None:
    await log.open_updates("telegram")
    assert not spans.get_finished_spans()


async def test_turns_outside_the_share_cost_no_spans_and_others_are_told_so(
    engine: Engine, company: tuple[Company, str]
) -> None:
    spans = Spans()
    with traced(spans, ParentBased(ALWAYS_OFF)):
        actions = calling(engine, company[1])
        await Customer(engine).send("where is LW-11111")
        await actions.close()
    assert not spans.get_finished_spans()
    assert not is_sampled(company[0].headers[0]["traceparent"].rpartition("-")[2])


async def test_without_a_tracer_nothing_is_sent_along(engine: Engine, company: tuple[Company, str]) -> None:
    actions = calling(engine, company[1])
    await Customer(engine).send("where is LW-11111")
    await actions.close()
    assert "traceparent" not in company[0].headers[0]
    with span("reading"):
        note(anything=1)
    assert trace_headers() == {}


async def test_lines_of_the_log_name_their_trace(
    engine: Engine, spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.monitoring.logs import _put_about

    caplog.handler.addFilter(_put_about)
    with caplog.at_level(logging.INFO, "bot.engine"):
        await Customer(engine).send("where is LW-11111", update_id="5")
    [line] = [one for one in caplog.records if one.name == "bot.engine"]
    assert vars(line)["trace_id"] == f"{spans.one('turn').context.trace_id:032x}"
    assert vars(line)["update"] == "5"
    assert json.dumps(vars(line)["trace_id"])


def test_each_span_and_what_is_told_of_it_is_documented() -> None:
    spans_, told = set(get_args(Stage)) - {"in all"}, {ERROR}
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"trace", "span", "note"}:
                spans_ |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
                told |= {
                    *_attributes({one.arg: 1 for one in node.keywords if one.arg not in {None, "reply"}})
                }
    told |= {
        f"kefu.{name}" for name in ("turn", "kind", "intent", "decision", "reason", "answer")
    }  # as of the log
    manual = section(DOCS / "monitoring.md", "Traces")
    assert {name for name in names(manual) if name.islower()} == spans_
    assert {name for name in INLINE_CODE.findall(manual) if name.startswith(("kefu.", "http.", "error."))} - {
        "kefu.toml"
    } == told
