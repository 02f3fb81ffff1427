"""The time zone of the machine, as programs find it that do not say which one they mean."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["in_zone"]


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Let the machine stand in a time zone in the block, where the system can change it."""
    if not hasattr(time, "tzset"):
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
