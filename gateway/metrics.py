"""The gateway's metrics, in one registry. Labels hold route templates, slugs and codes, never values."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CLOSED", "CONTENT_TYPE", "FAILURES", "IN_FLIGHT", "REGISTRY", "REQUESTS", "SECONDS", "text"]

CONTENT_TYPE = "text/plain; version=0.0.4"

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
IN_FLIGHT = Gauge("gateway_http_requests_in_flight", "Requests being answered", registry=REGISTRY)
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
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
