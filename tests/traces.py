"""A receiver of OpenTelemetry's own protocol: what a server sends, as the protocol's classes read it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

ARRIVE_WITHIN_S = 20


@dataclass
class Traces:
    """The requests that came so far, and the endpoint they came to."""

    endpoint: str
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What a server is told that is to send its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}

    def spans(self, trace_id: str) -> list[Span]:
        """Those of a trace, in the order of their beginnings."""
        found = [
            span
            for request in list(self.requests)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.trace_id.hex() == trace_id
        ]
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    def wait_for(self, trace_id: str, names: set[str]) -> list[Span]:
        """The spans of a trace once there is one of each name, and none has come for a moment."""
        deadline = time.monotonic() + ARRIVE_WITHIN_S
        while missing := names - {span.name for span in self.spans(trace_id)}:
            assert time.monotonic() < deadline, f"{missing} did not come"
            time.sleep(0.1)
        count = 0
        while count != (count := len(self.spans(trace_id))):
            time.sleep(1)
        return self.spans(trace_id)


@contextmanager
def receiving() -> Iterator[Traces]:
    """A collector on a free port until the block ends."""

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            traces.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    traces = Traces(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield traces
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shown(spans: list[Span], parent: bytes, depth: int = 0) -> Iterator[str]:
    """A tree of spans as lines: milliseconds since the first began and of each, and its name."""
    for span in spans:
        if span.parent_span_id == parent:
            at = (span.start_time_unix_nano - spans[0].start_time_unix_nano) / 1e6
            took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
            yield f"{at:7.1f} {took:7.1f}  {'  ' * depth}{span.name}"
            yield from shown(spans, span.span_id, depth + 1)
