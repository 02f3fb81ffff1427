"""Spans of OpenTelemetry's library; imported only where traces are wanted (`gateway.tracing`)."""

import os
from contextvars import Token
from types import TracebackType
from typing import Any, Self

from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as LibrarySpan
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway import __version__
from gateway.tracing import Span, Value

__all__ = ["ExportedSpans", "to_collector"]

NAME = "extrato"
ERROR = "error.type"


class ExportedSpans:
    """Makes spans that a processor is given (a `Tracer`).

    Args:
        processor: sends ended spans on.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        attributes = {SERVICE_VERSION: __version__}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            attributes[SERVICE_NAME] = NAME
        self._provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer(NAME, __version__)
        self._propagator = TraceContextTextMapPropagator()

    def span(self, name: str, *, serves: bool, parent: str) -> Span:
        """A span within the present one, or within the caller's."""
        # `tracestate` is left out: it is any text of the caller's.
        context = self._propagator.extract({"traceparent": parent}, Context()) if parent else None
        kind = SpanKind.SERVER if serves else SpanKind.INTERNAL
        return _Exported(self._tracer.start_span(name, context, kind, record_exception=False))

    def close(self) -> None:
        """Send what has not been sent, and end the processor."""
        self._provider.shutdown()


class _Exported(Span):
    """A span that is recorded.

    Args:
        inner: the library's.
    """

    def __init__(self, inner: LibrarySpan) -> None:
        self._inner = inner
        self._token: Token[Context] | None = None

    def note(self, **attributes: Value | None) -> None:
        for name, value in attributes.items():
            if value is not None:
                self._inner.set_attribute(name.replace("__", ".") if "__" in name else f"{NAME}.{name}", value)

    def rename(self, name: str) -> None:
        self._inner.update_name(name)

    def failed(self, kind: str) -> None:
        self._inner.set_attribute(ERROR, kind)
        self._inner.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Self:
        self._token = attach(set_span_in_context(self._inner))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        if self._token is not None:
            detach(self._token)
        self._inner.end()


def to_collector() -> ExportedSpans:
    """Spans that go to the collector that the environment names, in a thread of their own."""
    exporter: Any = OTLPSpanExporter()
    return ExportedSpans(BatchSpanProcessor(exporter))
