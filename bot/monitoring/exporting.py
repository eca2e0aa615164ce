"""Traces leave for a collector by OTLP over HTTP, in a thread of their own: a collector that is away costs spans, never a turn."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from threading import Thread
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util.re import parse_env_headers

from bot.errors import BotError
from bot.monitoring.collector import collector_headers, collector_url
from bot.monitoring.telemetry import Telemetry
from bot.monitoring.tracing import traced_by

NOT_SENT = "could not be sent"
LAST_WORD_S = 2.0  # for what is not sent yet when the process stops
PATIENCE_S = 3.0  # when somebody waits for the answer
# They tell of each batch and each span that is lost; `ToCollector` tells once.
CHATTY = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal")

logger = logging.getLogger(__name__)


@asynccontextmanager
async def exporting() -> AsyncIterator[None]:
    """Trace, and send it to the collector, for as long as the block runs. Raises BotError for variables that won't do."""
    try:
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(ToCollector()))
    except (ValueError, RuntimeError) as error:
        raise BotError(
            f"traces can't be sent: {error}; see the variables OTEL_* of the environment"
        ) from error
    try:
        with traced_by(Telemetry(provider)):
            yield
    finally:
        # A daemon: a collector that hangs must not keep the process from ending.
        ending = Thread(target=provider.shutdown, name="last-traces", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, LAST_WORD_S)


def ask_collector() -> str:
    """Send it no spans; what is wrong, "" where it takes them."""
    exporter = ToCollector(timeout_s=PATIENCE_S)
    exporter.export([])
    exporter.shutdown()
    return exporter.problem


class ToCollector(SpanExporter):
    """Sends spans, and logs once that it can't and once that it can again."""

    def __init__(self, timeout_s: float | None = None) -> None:
        self.problem = ""
        self._session = _Session()
        headers = parse_env_headers(collector_headers(), liberal=True)
        self._inner = OTLPSpanExporter(headers=headers, timeout=timeout_s, session=self._session)
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._session.met = NOT_SENT
        result = self._inner.export(spans)
        # OpenTelemetry takes a redirect for a success, and follows none.
        is_taken = result is SpanExportResult.SUCCESS and self._session.met.startswith("HTTP 2")
        problem = "" if is_taken else self._session.met
        if problem and not self.problem:
            logger.warning("traces are lost, the desk goes on: %s: %s", collector_url(), problem)
        elif self.problem and not problem:
            logger.info("traces are taken again by %s", collector_url())
        self.problem = problem
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()  # type: ignore[no-untyped-call]  # the exporter lacks this one annotation


class _Session(requests.Session):
    """Remembers what came of the last request; an error by its type alone, for its text has the whole address."""

    met = NOT_SENT

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            response = super().request(*args, **kwargs)
        except requests.Timeout:
            self.met = "no answer in time"
            raise
        except requests.RequestException as error:
            self.met = f"no answer ({type(error).__name__})"
            raise
        self.met = f"HTTP {response.status_code}"
        return response


def _resource() -> Resource:
    """Who sends; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go first."""
    told = {"service.name": "kefu"}
    with suppress(PackageNotFoundError):
        told["service.version"] = version("kefu")
    return Resource.create(told).merge(OTELResourceDetector().detect())
