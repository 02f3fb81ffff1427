"""Logs: one JSON object a line on standard error, ours and the libraries' alike, with no secret in any of them.

Every text passes through `redact`, nested ones too; the values of keys that name credentials are dropped, and
characters that control a terminal or that cannot be encoded are escaped. An exception is logged with types and places,
and with its text only where it is our own: a foreign exception's text may quote the value that caused it.
"""

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Mapping
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, WrappedLogger

from gateway.causes import causes
from gateway.limits import LOG_CAUSES, LOG_VALUE_LEVELS
from gateway.redaction.redact import redact
from gateway.texts.controls import escaped

__all__ = ["configure", "redact_values", "without_values"]

DROPPED = frozenset(
    {
        "access_token",
        "api_key",
        "app_key",
        "assertion",
        "authorization",
        "certificate",
        "client_secret",
        "cookie",
        "credentials",
        "holder_tax_id",
        "password",
        "private_key",
        "refresh_token",
        "secret",
        "token",
    }
)
QUIET = ("alembic", "asyncio", "httpcore", "httpx", "procrastinate", "sqlalchemy", "uvicorn.access")
"""Libraries whose lower levels quote addresses or parameters."""
OURS = ("gateway.", "contracts.")


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging.

    Args:
        level: the lowest level that is written, such as `INFO`.
        stream: where lines go; standard error unless another is given.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        without_values,
        redact_values,
        # The values that these add hold no secrets.
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Lines(stream if stream is not None else sys.stderr)
    # Our own lines do not go through the standard library's logging, which would double what each of them costs.
    structlog.configure(
        processors=[*shared, _as_json],
        logger_factory=partial(_Logger, handler),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


class _Lines(logging.StreamHandler[TextIO]):
    """Writes all lines of one pass of the event loop at once: while a system call is made, other threads take the
    interpreter, and a request would wait for it with each line.

    Lines that cannot be written (a full disk, a pipe that nobody reads) are given up, so that nothing else fails for
    their sake and nothing is tried again and again. Their number is told as soon as there is room.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._unwritten = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Add the line of a record."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 -- as logging does with whatever goes wrong here
            self.handleError(record)
        else:
            self.add(line)

    def add(self, line: str) -> None:
        """Add a line to those that will be written."""
        self._lines.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            if len(self._lines) == 1:
                loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write the lines that were added."""
        unwritten = 0
        self.acquire()
        try:
            lines, self._lines = self._lines, []
            if lines:
                try:
                    self.stream.write("".join(f"{line}\n" for line in lines))
                    self.stream.flush()
                except (OSError, ValueError):
                    # Not logged: that line would fail too. A stream that is closed raises the second.
                    self._unwritten += len(lines)
                else:
                    unwritten, self._unwritten = self._unwritten, 0
        finally:
            self.release()
        if unwritten:
            structlog.get_logger("gateway.logs").error("log_not_written", lines=unwritten)


class _Logger:
    """What structlog hands its lines to.

    Args:
        lines: where they go.
        name: of the logger.
    """

    def __init__(self, lines: _Lines, name: str = "") -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = lines.add


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _as_json(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return escaped(_ENCODER.encode(event))


def without_values(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace an exception by its types and places, without any local value."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        event["exception"] = _chain(given)
    return event


def redact_values(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Pass every text through `redact` and drop keys that hold credentials."""
    # structlog's own keys hold no texts and must stay as they are.
    return {key: value if key.startswith("_") else _clean(key, value, 0) for key, value in event.items()}


def _clean(key: str, value: Any, depth: int) -> Any:
    cleaned: Any
    if key.lower() in DROPPED:
        cleaned = "[dropped]"
    elif value is None or isinstance(value, bool | int | float):
        cleaned = value
    elif depth >= LOG_VALUE_LEVELS or isinstance(value, bytes):
        cleaned = "[left out]"
    elif isinstance(value, Mapping):
        cleaned = {redact(str(k)): _clean(str(k), v, depth + 1) for k, v in value.items()}
    elif isinstance(value, list | tuple | set | frozenset):
        cleaned = [_clean("", item, depth + 1) for item in value]
    else:
        cleaned = redact(value if isinstance(value, str) else str(value))
    return cleaned


def _chain(error: BaseException) -> list[dict[str, Any]]:
    """An exception and its causes, outermost first."""
    told: list[dict[str, Any]] = []
    for current in islice(causes(error, hidden=False), LOG_CAUSES):
        kind = type(current)
        ours = f"{kind.__module__}.".startswith(OURS)
        told.append(
            {
                "type": f"{kind.__module__}.{kind.__qualname__}",
                "text": str(current) if ours else None,
                "frames": _frames(current.__traceback__),
            }
        )
    return told


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
