"""What is counted and timed in a serving process, and where traces are wanted a span of them. Labels are fixed words: never a customer's text, key or id."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot.messages import Turn
from bot.monitoring.tracing import note, past_span, span

Stage = Literal["queue", "understanding", "retrieval", "reading", "writing", "sending", "in all"]
Where = Literal["turn", "web", "telegram", "following"]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


class _WorkerCollector(Collector):
    """Memory and processor of the process that reads messages, where there is one."""

    def __init__(self) -> None:
        self.pid = 0
        self._all = ProcessCollector(namespace="kefu_worker", pid=lambda: self.pid, registry=None)

    def collect(self) -> Iterator[Metric]:
        found = self._all.collect() if self.pid else ()
        return (one for one in found if one.name.endswith(("resident_memory_bytes", "cpu_seconds")))


_WORKER = _WorkerCollector()
REGISTRY.register(_WORKER)

# What is timed for a turn as a whole, by its name among the turn's timings.
TIMINGS: dict[Stage, str] = {"understanding": "understand", "retrieval": "search"}

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_TURNS = Counter("kefu_turns", "Messages that were handled.", ["channel"], registry=REGISTRY)
_DECISIONS = Counter(
    "kefu_decisions",
    "What was done about messages, and why; docs/architecture.md lists the reasons.",
    ["decision", "reason"],
    registry=REGISTRY,
)
_STAGES = Histogram(
    "kefu_stage_seconds",
    "Where the time of a message goes: waiting for those before it in its conversation, understanding, retrieval, reading from "
    "and writing to the database, sending to Telegram, and in all from its arrival to its stored reply.",
    ["stage"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_UNDER_WAY = Gauge("kefu_messages_under_way", "Messages that wait or are handled.", registry=REGISTRY)
_ERRORS = Counter(
    "kefu_errors",
    "Failures of the desk: while a message was handled, on the web, on Telegram, while it followed what is changed.",
    ["where"],
    registry=REGISTRY,
)
_RESPONSES = Counter("kefu_web_responses", "Answers to HTTP requests.", ["status"], registry=REGISTRY)
_DELIVERIES = Counter(
    "kefu_telegram_deliveries", "Replies to Telegram, by what became of them.", ["outcome"], registry=REGISTRY
)
_SLOWED = Counter("kefu_telegram_slow_downs", "Times that Telegram asked to wait (429).", registry=REGISTRY)
_PAUSE = Counter("kefu_telegram_pause_seconds", "How long it asked to wait in all.", registry=REGISTRY)

_LOST_WORKERS = Counter(
    "kefu_lost_workers",
    "Times that the process which reads messages ended and was begun anew.",
    registry=REGISTRY,
)

for _stage in ("queue", "understanding", "retrieval", "reading", "writing", "sending", "in all"):
    _STAGES.labels(_stage)
for _where in ("turn", "web", "telegram", "following"):
    _ERRORS.labels(_where)
for _outcome in ("delivered", "failed", "blocked"):
    _DELIVERIES.labels(_outcome)


@contextmanager
def under_way() -> Iterator[None]:
    """A message is there for as long as the block runs."""
    with _UNDER_WAY.track_inprogress():
        yield


def timed(stage: Stage) -> AbstractContextManager[None]:
    """Time of that stage, also where it fails."""
    return _measured(stage, _STAGES.labels(stage).observe)


def tell_in_turn(
    stage: Stage,
    seconds: float,
    timings_ms: dict[str, float],
    *,
    ago_s: float,
    failure: Exception | None = None,
) -> None:
    """A stage that a turn may pass through several times began `ago_s` before now and took so long, perhaps to fail: its
    timings get the sum, for `count_turn`."""
    timings_ms[TIMINGS[stage]] = timings_ms.get(TIMINGS[stage], 0.0) + seconds * 1000
    past_span(stage, seconds, ago_s=ago_s, failure=failure)


@contextmanager
def _measured(stage: Stage, tell: Callable[[float], None]) -> Iterator[None]:
    began = perf_counter()
    try:
        with span(stage):
            yield
    finally:
        tell(perf_counter() - began)


def count_turn(turn: Turn, *, total_s: float) -> None:
    """A message was handled, with the stages its timings tell of."""
    _TURNS.labels(turn.message.channel).inc()
    if turn.decision is not None:
        _DECISIONS.labels(turn.decision.kind, turn.decision.reason).inc()
    _STAGES.labels("in all").observe(total_s)
    for stage, name in TIMINGS.items():
        if name in turn.timings_ms:
            _STAGES.labels(stage).observe(turn.timings_ms[name] / 1000)


def count_error(where: Where) -> None:
    """Something went wrong that the log tells more of."""
    _ERRORS.labels(where).inc()


def count_response(status: int) -> None:
    """A request was answered."""
    _RESPONSES.labels(f"{status // 100}xx").inc()


def count_delivery(outcome: Literal["delivered", "failed", "blocked"]) -> None:
    """A reply to Telegram came to its end."""
    note(outcome=outcome)
    _DELIVERIES.labels(outcome).inc()


def count_slow_down(pause_s: float) -> None:
    """Telegram asked to wait."""
    _SLOWED.inc()
    _PAUSE.inc(pause_s)


def count_lost_worker() -> None:
    """The process that reads messages ended."""
    _LOST_WORKERS.inc()


def watch_worker(pid: int) -> None:
    """Tell of the memory and the processor that the process takes which reads messages."""
    _WORKER.pid = pid
