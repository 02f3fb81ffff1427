"""The metric of the time that callers wait for each other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Histogram

from gateway.metrics import REGISTRY

__all__ = ["waiting"]

SECONDS = Histogram(
    "gateway_wait_seconds",
    "Seconds that a request waited for others, by wait (docs/waits.md); requests that need not wait are not counted",
    ("wait",),
    buckets=(0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120),
    registry=REGISTRY,
)


@contextmanager
def waiting(wait: str) -> Iterator[None]:
    """Observe the time of the block as a wait.

    Args:
        wait: name of the wait.
    """
    began = time.perf_counter()
    try:
        yield
    finally:
        SECONDS.labels(wait).observe(time.perf_counter() - began)
