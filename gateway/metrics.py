"""The gateway's metrics, in one registry. Labels hold route templates, slugs and codes, never values.

Where several processes serve behind one address (`gateway.serving.processes`), each keeps its values in files of a
shared folder, and any of them answers with the sums of all, ended ones included. Each gauge says in its
`multiprocess_mode` what its value for all processes is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

__all__ = [
    "CLOSED",
    "CONTENT_TYPE",
    "FAILURES",
    "FOLDER_VARIABLE",
    "IN_FLIGHT",
    "REGISTRY",
    "REQUESTS",
    "SECONDS",
    "process_ended",
    "served",
    "text",
]

CONTENT_TYPE = "text/plain; version=0.0.4"

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder of processes that share their metrics; the library reads it when it is imported."""

REGISTRY = CollectorRegistry()
"""Modules with metrics of their own register them here."""

REQUESTS = Counter("gateway_http_requests_total", "Requests answered", ("method", "route", "status"), registry=REGISTRY)
SECONDS = Histogram(
    "gateway_http_request_seconds",
    "Seconds from a request to the end of its answer",
    ("method", "route"),
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120),
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "gateway_http_requests_in_flight", "Requests being answered", registry=REGISTRY, multiprocess_mode="livesum"
)
FAILURES = Counter(
    "gateway_failures_total", "Problems answered, by code of the catalogue", ("code", "bank"), registry=REGISTRY
)
CLOSED = Counter(
    "gateway_connections_ended_total",
    "Connections that the gateway ended, or to which it gave no answer of the application, by reason",
    ("reason",),
    registry=REGISTRY,
)


def text() -> bytes:
    """All metrics in Prometheus' text format, of all processes behind this address."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return generate_latest(REGISTRY if folder is None else _OfAllProcesses(folder))


@contextmanager
def served(host: str, port: int) -> Iterator[str]:
    """Answer every request at an address with this process's metrics, while the context lasts; give the URL.

    Raises:
        OSError: the address cannot be listened on.
    """
    server, thread = start_http_server(port, host, REGISTRY)
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def process_ended(pid: int) -> None:
    """Forget the values of an ended process that only a living one has; what it has counted stays."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


class _OfAllProcesses(CollectorRegistry):
    """The metrics of all processes that share a folder.

    Args:
        folder: its path.
    """

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._collector = MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        """Each metric with its sums, under its own description, which the files do not hold."""
        described = {metric.name: metric.documentation for metric in REGISTRY.collect()}
        for metric in self._collector.collect():  # type: ignore[no-untyped-call]
            metric.documentation = described.get(metric.name, metric.documentation)
            yield metric
