"""Traces by OpenTelemetry; imported only where they are wanted."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import time_ns

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bot.monitoring.tracing import Value

MAX_REPLIES = 1000  # remembered until they are delivered; a later one is a trace of its own
KINDS = {"turn": SpanKind.SERVER, "call": SpanKind.CLIENT, "sending": SpanKind.CLIENT}
STANDARD = {"method": "http.request.method", "status": "http.response.status_code"}
ERROR = "error.type"

_propagator = TraceContextTextMapPropagator()


class Telemetry:
    """A tracer (bot/monitoring/tracing.py) whose spans the provider passes on."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("kefu")
        self._given_by: OrderedDict[int, SpanContext] = OrderedDict()  # reply -> turn

    @contextmanager
    def trace(self, name: str, told: Mapping[str, Value], reply: int) -> Iterator[str]:
        turn = self._given_by.get(reply)
        context = Context() if turn is None else set_span_in_context(NonRecordingSpan(turn), Context())
        with self._within(name, told, context) as span:
            yield format_trace_id(span.get_span_context().trace_id) if span.is_recording() else ""

    def span(self, name: str, told: Mapping[str, Value]) -> AbstractContextManager[object]:
        return self._within(name, told, None) if get_current_span().is_recording() else nullcontext()

    def past_span(self, name: str, seconds: float, ago_s: float, failure: Exception | None) -> None:
        if not get_current_span().is_recording():
            return
        began = time_ns() - int(ago_s * 1e9)
        span = self._tracer.start_span(name, start_time=began)
        if failure is not None:
            _fail(span, failure)
        span.end(began + int(seconds * 1e9))

    def note(self, told: Mapping[str, Value]) -> None:
        get_current_span().set_attributes(_attributes(told))

    def fail(self, error: Exception) -> None:
        _fail(get_current_span(), error)

    def give(self, replies: Iterable[int]) -> None:
        turn = get_current_span().get_span_context()
        for reply in replies:
            self._given_by[reply] = turn
        while len(self._given_by) > MAX_REPLIES:
            self._given_by.popitem(last=False)

    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier

    @contextmanager
    def _within(self, name: str, told: Mapping[str, Value], context: Context | None) -> Iterator[Span]:
        begun = self._tracer.start_as_current_span(
            name,
            context,
            KINDS.get(name, SpanKind.INTERNAL),
            _attributes(told),
            record_exception=False,  # its text may quote the customer
            set_status_on_exception=False,
        )
        with begun as span:
            try:
                yield span
            except Exception as error:
                _fail(span, error)
                raise


def _fail(span: Span, error: Exception) -> None:
    span.set_attribute(ERROR, type(error).__name__)
    span.set_status(StatusCode.ERROR)


def _attributes(told: Mapping[str, Value]) -> dict[str, str | int | bool]:
    return {
        STANDARD.get(name, f"kefu.{name}"): value
        for name, value in told.items()
        if value is not None and value != ""
    }
