"""The collector that traces are sent to, where that is on."""

from collections.abc import Iterator

from bot.commands.doctoring.findings import Finding, fault, fine, warning
from bot.monitoring.collector import MISSING, collector_url, tracing_problems
from bot.settings import Settings


def collector(settings: Settings) -> Iterator[Finding]:
    """It takes what is sent. One that doesn't keeps no desk from working, variables that won't do keep it from starting."""
    if not settings.tracing.enabled:
        return
    problems = list(tracing_problems())
    for problem in problems:
        yield fault(
            problem,
            "install it, or set [tracing] enabled = false in kefu.toml"
            if problem == MISSING
            else "mend the variable where kefu is started",
        )
    if not problems:
        yield _asked()


def _asked() -> Finding:
    from bot.monitoring.exporting import ask_collector

    problem = ask_collector()
    if not problem:
        return fine(f"{collector_url()} takes them")
    return warning(
        f"{collector_url()}: {problem}; traces are lost until it takes them",
        "start the collector, or mend OTEL_EXPORTER_OTLP_ENDPOINT and, for HTTP 401 and 403, OTEL_EXPORTER_OTLP_HEADERS",
    )
