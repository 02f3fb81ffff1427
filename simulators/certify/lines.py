"""What is logged, for those who look for something in it."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

__all__ = ["captured_lines"]


@contextmanager
def captured_lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """All lines that are logged meanwhile, of every level, whatever is set up."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET))
    try:
        with structlog.testing.capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(**before)
