"""Traces of what a process does: a turn or a delivery, and the spans within it. Without a tracer all of it does nothing.

A span holds our own numbers and fixed words: never what customers wrote, their names, keys, or an address."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from bot.monitoring.logs import about

Value = str | int | bool | None  # None and "" are left out
_NOTHING = nullcontext("")


class Tracer(Protocol):
    """What makes the spans; bot/monitoring/telemetry.py does so with OpenTelemetry."""

    def trace(self, name: str, told: Mapping[str, Value], reply: int) -> AbstractContextManager[str]:
        """The outermost span; its trace's id, "" for one that is not recorded."""

    def span(self, name: str, told: Mapping[str, Value]) -> AbstractContextManager[object]:
        """One within the span that runs, nothing where none does."""

    def past_span(self, name: str, seconds: float, ago_s: float, failure: Exception | None) -> None:
        """One that is over, within the span that runs: it began `ago_s` before now and took so long, perhaps to fail."""

    def note(self, told: Mapping[str, Value]) -> None:
        """Tell more of the span that runs."""

    def fail(self, error: Exception) -> None:
        """The span that runs went wrong; no more than the error's type is told."""

    def give(self, replies: Iterable[int]) -> None:
        """Those are replies of the trace that runs: their deliveries belong to it."""

    def headers(self) -> Mapping[str, str]:
        """What tells another system of the span that runs: https://www.w3.org/TR/trace-context/."""


_tracer: Tracer | None = None


@contextmanager
def traced_by(tracer: Tracer) -> Iterator[None]:
    """Trace for as long as the block runs."""
    global _tracer
    _tracer = tracer
    try:
        yield
    finally:
        _tracer = None


def trace(name: str, *, reply: int = 0, **told: Value) -> AbstractContextManager[object]:
    """The block is a trace of its own, or belongs to that of the turn that gave `reply`; what is logged within says which."""
    return _NOTHING if _tracer is None else _about_itself(_tracer.trace(name, told, reply))


def span(name: str, **told: Value) -> AbstractContextManager[object]:
    """The block is a span of the trace that runs."""
    return _NOTHING if _tracer is None else _tracer.span(name, told)


def past_span(name: str, seconds: float, *, ago_s: float, failure: Exception | None = None) -> None:
    """A part of the trace that runs is over: it began `ago_s` before now and took so long, perhaps to fail."""
    if _tracer is not None:
        _tracer.past_span(name, seconds, ago_s, failure)


def note(**told: Value) -> None:
    """Tell more of the span that runs."""
    if _tracer is not None:
        _tracer.note(told)


def fail(error: Exception) -> None:
    """The span that runs went wrong, though nothing is raised."""
    if _tracer is not None:
        _tracer.fail(error)


def trace_replies(replies: Iterable[int]) -> None:
    """The deliveries of these messages belong to the trace that runs."""
    if _tracer is not None:
        _tracer.give(replies)


def trace_headers() -> Mapping[str, str]:
    """To be sent with a call to another system."""
    return {} if _tracer is None else _tracer.headers()


@contextmanager
def _about_itself(begun: AbstractContextManager[str]) -> Iterator[None]:
    with begun as trace_id, about(trace_id=trace_id):
        yield
