"""A collector of traces on 127.0.0.1 that speaks OTLP over HTTP, and fails or hangs on request."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE_S = 30.0


@dataclass
class Collector:
    """What came in; `is_open` lets requests be answered."""

    url: str = ""
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    is_open: Event = field(default_factory=Event)

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for body in tuple(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resources(self) -> list[dict[str, str]]:
        found = (
            r.resource
            for body in self.bodies
            for r in ExportTraceServiceRequest.FromString(body).resource_spans
        )
        return [{one.key: one.value.string_value for one in resource.attributes} for resource in found]

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain; {len(self.bodies)} requests"
            time.sleep(0.01)


@contextmanager
def collecting(*, hangs: bool = False, status: int = 200) -> Iterator[Collector]:
    """It listens as long as the block runs; `hangs`: nothing is answered until `is_open` is set."""
    collector = Collector(status=status)
    if not hangs:
        collector.is_open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.is_open.wait()
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: Any) -> None:
            pass  # who asked has gone

    with Server(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield collector
        finally:
            collector.is_open.set()
            server.shutdown()
