"""Captures what is logged or printed, so that it can be searched."""

import io
import logging
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import structlog

__all__ = ["captured_lines", "captured_texts"]


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


@contextmanager
def captured_texts() -> Iterator[list[str]]:
    """All that is logged meanwhile, by the standard library's loggers too, printed or warned of.

    It is there after the block.
    """
    texts: list[str] = []
    printed, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(printed), root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    try:
        with (
            captured_lines() as lines,
            warnings.catch_warnings(record=True) as warned,
            redirect_stdout(printed),
            redirect_stderr(printed),
        ):
            warnings.simplefilter("always")  # Or what has been warned of before is not shown again.
            yield texts
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        texts += [*map(str, lines), *(str(each.message) for each in warned), printed.getvalue()]
