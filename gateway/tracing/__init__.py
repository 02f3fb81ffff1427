"""Traces of requests, readings and calls of banks, for OpenTelemetry collectors.

They are made where the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`, or the one for traces alone), as
everywhere with OpenTelemetry, whose other variables hold too. Without one the library is not imported, and a span costs
one look at a variable.

A span has what a log line may have: names, slugs, codes, statuses and counts. No address, header, body or text of an
error is put into one. A caller's `traceparent` is taken up; nothing of it goes to a bank.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Protocol, Self

from gateway.errors import GatewayError

__all__ = ["Span", "Tracer", "TracingError", "exporting", "span", "used"]

Value = str | int | float | bool

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
DISABLED = "OTEL_SDK_DISABLED"


class TracingError(Exception):
    """Traces are wanted and cannot be made."""


class Span:
    """Something that is done, while its context lasts. This one is recorded nowhere."""

    def note(self, **attributes: Value | None) -> None:
        """Add attributes, as far as they have a value.

        They are our own (`extrato.…`), unless the name has `__`, which stands for a point in OpenTelemetry's names.
        """

    def rename(self, name: str) -> None:
        """Give another name, which was not known at the beginning."""

    def failed(self, kind: str) -> None:
        """Mark as failed, by a code or by the name of a type; never by the text of an error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.failed(error.code if isinstance(error, GatewayError) else type(error).__name__)


class Tracer(Protocol):
    """Makes spans that are recorded."""

    def span(self, name: str, *, serves: bool, parent: str) -> Span:
        """A span within the present one.

        Args:
            name: what is done.
            serves: whether a caller waits for it as an answer to a request.
            parent: a caller's `traceparent`; it counts only if it has the right form.
        """
        ...

    def close(self) -> None:
        """Send what has not been sent."""
        ...


_UNRECORDED = Span()
_tracers: list[Tracer] = []
"""The last one makes the spans. There are several where applications are opened one in another, as in tests."""


def span(name: str, *, serves: bool = False, parent: str = "") -> Span:
    """A span of what is done, to be used as a context; see `Tracer.span`."""
    return _tracers[-1].span(name, serves=serves, parent=parent) if _tracers else _UNRECORDED


def _wanted(environ: Mapping[str, str]) -> bool:
    disabled = environ.get(DISABLED, "").strip().lower() == "true"
    return not disabled and any(environ.get(name, "").strip() for name in ENDPOINTS)


@asynccontextmanager
async def exporting(environ: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Make spans and send them to the collector that the environment names, while the context lasts.

    Args:
        environ: the environment; that of this process unless another is given.

    Raises:
        TracingError: a collector is named, and the library is not installed.
    """
    if not _wanted(os.environ if environ is None else environ):
        yield
        return
    try:
        from gateway.tracing.exported import to_collector  # noqa: PLC0415 - see the module's docstring
    except ImportError as error:
        raise TracingError(f"a collector of traces is named ({ENDPOINTS[0]}); install extrato[otel]") from error
    async with used(to_collector()):
        yield


@asynccontextmanager
async def used(tracer: Tracer) -> AsyncIterator[None]:
    """Make spans with a tracer while the context lasts, and close it then."""
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        # In a thread: a collector may be slow, or away.
        await asyncio.to_thread(tracer.close)
