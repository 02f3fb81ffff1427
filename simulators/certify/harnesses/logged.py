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
    handlers, level = (logging.StreamHandler(printed), _Records(texts)), root.level
    for handler in handlers:
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
        for handler in handlers:
            root.removeHandler(handler)
        texts += [*map(str, lines), *(str(each.message) for each in warned), printed.getvalue()]


class _Records(logging.Handler):
    """Keeps all that records carry: a line shows no `extra`, which a tracker of errors or a log store takes along."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._texts.append(repr(vars(record)))
