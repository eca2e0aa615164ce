"""Where traces go, as OpenTelemetry's environment variables say; read without OpenTelemetry.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/"""

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec

from bot.secrets.values import secret

DEFAULT = "http://localhost:4318"
MISSING = "OpenTelemetry is not installed; pip install 'kefu[tracing]' brings it"
PROTOCOL = "http/protobuf"
SAMPLERS = ("always_on", "always_off", "traceidratio")
_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


def collector_url() -> str:
    """Where spans are posted; without user and password."""
    return _endpoint()[1]


def _endpoint() -> tuple[str, str]:
    """That address, and the variable it comes from."""
    name, url = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    if not url:
        name, base = "OTEL_EXPORTER_OTLP_ENDPOINT", os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        url = f"{(base or DEFAULT).rstrip('/')}/v1/traces"
    return name, re.sub(r"//[^/]*@", "//", url)


def collector_headers() -> str:
    """What is sent with them: "name=value,name=value"; holds keys as a rule."""
    return secret("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or secret("OTEL_EXPORTER_OTLP_HEADERS")


def is_installed() -> bool:
    """Whether what sends traces is there."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def tracing_problems() -> Iterator[str]:
    """What keeps traces from being sent, where that can be told without asking the collector: OpenTelemetry would log it and
    go on with something else."""
    if not is_installed():
        yield MISSING
    name, url = _endpoint()
    if not _ADDRESS.fullmatch(url):
        yield f"{name}: met {url!r}; wanted an address such as {DEFAULT!r}"
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "") or PROTOCOL
    if protocol != PROTOCOL:
        yield f"OTEL_EXPORTER_OTLP_PROTOCOL: met {protocol!r}; wanted {PROTOCOL!r}, which collectors take on port 4318"
    if any("=" not in one for one in collector_headers().split(",") if one):
        yield "OTEL_EXPORTER_OTLP_HEADERS: wanted name=value,name=value; what was met is not shown"
    yield from _sampler_problems()


def _sampler_problems() -> Iterator[str]:
    name = os.environ.get("OTEL_TRACES_SAMPLER", "").lower() or "always_on"
    share = os.environ.get("OTEL_TRACES_SAMPLER_ARG", "")
    bare = name.removeprefix("parentbased_")
    if bare not in SAMPLERS:
        yield f"OTEL_TRACES_SAMPLER: met {name!r}; wanted one of {', '.join(SAMPLERS)}, perhaps with parentbased_ before it"
    elif bare == "traceidratio" and not _is_share(share):
        yield f"OTEL_TRACES_SAMPLER_ARG: met {share!r}; wanted a share from 0 to 1"


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
