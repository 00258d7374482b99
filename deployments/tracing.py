"""OpenTelemetry traces: Ray Serve's own spans of every call, ours inside them, and where both go.

Serve carries the W3C context through its handles. Nothing here reads what people type: attributes are counts, lengths,
media types, versions. Off, a span of ours costs the look at one context variable.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Status, StatusCode

SET_UP = f"{__name__}:set_up"
EXPORTERS, OTLP = "opentelemetry_traces_exporter", "otlp_proto_http"
FIRST_SPANS = {"replica_handle_request Api __call__", "proxy_http_request"}
TRACER = trace.get_tracer("gramoji")
logger = logging.getLogger("ray.serve.gramoji.tracing")

Attribute = str | int | float | bool | Sequence[str]


def tracing_config() -> dict[str, Any] | None:
    """What Serve is told when it starts; None, and a warning, if the package that sends spans is not installed."""
    if not entry_points(group=EXPORTERS, name=OTLP):
        logger.warning(
            "an OTLP endpoint is set, but nothing is traced without `pip install -e '.[tracing]'`"
        )
        return None
    return {"enabled": True, "exporter_import_path": SET_UP, "sampling_ratio": 1.0}


def set_up() -> list[SpanProcessor]:
    """Serve calls this once in every replica, and adds what it returns to a provider of its own.

    A provider stands once it is set, so ours is set before: Serve's lets every hop decide anew about a call that is
    not traced, and events hold the texts of errors. Its other settings are OpenTelemetry's `OTEL_…` variables.
    """
    resource = Resource({SERVICE_NAME: "gramoji"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, span_limits=SpanLimits(max_events=0))
    provider.sampler = FromTheEdge(provider.sampler)
    (exporter,) = entry_points(group=EXPORTERS, name=OTLP)
    provider.add_span_processor(BatchSpanProcessor(exporter.load()()))
    logging.getLogger(trace.__name__).setLevel(logging.ERROR)  # warns of every provider but the first
    trace.set_tracer_provider(provider)
    _name_traces_in_logs()
    return []


class FromTheEdge(Sampler):
    """Traces begin where calls come in; what has no caller that is traced is not traced either."""

    def __init__(self, chosen: Sampler) -> None:
        self.chosen = chosen

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, *others: Any, **more: Any
    ) -> SamplingResult:
        """As the chosen sampler decides, if there is a parent or this is the edge."""
        if _caller(parent_context).is_valid or name in FIRST_SPANS:
            return self.chosen.should_sample(parent_context, trace_id, name, *others, **more)
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        """For those who print it."""
        return f"FromTheEdge({self.chosen.get_description()})"


@contextmanager
def span(name: str, **attributes: Attribute) -> Iterator[None]:
    """A span around the block, inside the one of the call; never `yield` a slate in it."""
    if not _is_traced():
        yield
        return
    with TRACER.start_as_current_span(
        name, attributes=_ours(attributes), record_exception=False, set_status_on_exception=False
    ) as inside:
        try:
            yield
        except BaseException as error:
            inside.set_attribute("error.type", type(error).__name__)
            if isinstance(error, Exception):  # to be cancelled is no error
                inside.set_status(Status(StatusCode.ERROR))
            raise


def took(name: str, began_ns: int, ended_ns: int, of: Context | None, **attributes: Attribute) -> None:
    """A span of what is over already, such as work for several calls at once, inside that of a `call_context`."""
    if of is not None:
        done = TRACER.start_span(name, of, attributes=_ours(attributes), start_time=began_ns)
        done.end(ended_ns)


def tell(**attributes: Attribute) -> None:
    """Add to the span that is under way what is known only now."""
    trace.get_current_span().set_attributes(_ours(attributes))


def call_context() -> Context | None:
    """The call that this is done for, to give to `took` later, maybe in another task; None if it is not traced."""
    return get_current() if _is_traced() else None


def now_ns() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()


def _is_traced(context: Context | None = None) -> bool:
    return _caller(context).trace_flags.sampled


def _caller(context: Context | None) -> trace.SpanContext:
    return trace.get_current_span(context).get_span_context()


def _ours(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    return {f"gramoji.{name}": value for name, value in attributes.items()}


def _name_traces_in_logs() -> None:
    """Every line of a traced call says `trace_id`."""
    make = logging.getLogRecordFactory()

    def with_trace(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if _is_traced():
            record.trace_id = trace.format_trace_id(_caller(None).trace_id)
        return record

    logging.setLogRecordFactory(with_trace)
