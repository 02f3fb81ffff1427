"""What an adapter does besides computing. A connector does no I/O and waits for nothing (see `gateway.flow`).

A call that sleeps or connects would hold up every account of a gateway, and no comparison with a ledger shows it. The
interpreter's audit events do, and name the line; the call itself is stopped.
"""

import inspect
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from unittest.mock import patch

from gateway.connectors import Connector
from simulators.certify.bench import Shortfall
from simulators.certify.source import shown

__all__ = ["computing_only"]

FORBIDDEN: Mapping[str, str] = {
    "socket.connect": "opens a connection of its own",
    "socket.getaddrinfo": "looks up a host",
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.posix_spawn": "starts a program",
}
"""By audit event, what the adapter does."""
CERTIFY = str(Path(__file__).parent)

_SLEEP = time.sleep
"""Has an audit event from Python 3.13 on only, so that it is replaced."""

_watched: list["_Watch"] = []
_hooked: list[bool] = []


class _Effect(RuntimeError):
    """Stops what the adapter was about to do."""


class _Watch:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.seen: list[_Effect] = []


@contextmanager
def computing_only(adapter: type[Connector[Any]]) -> Iterator[None]:
    """Let the adapter do nothing but compute in the block.

    Raises:
        Shortfall: it did; the text says what and where.
    """
    if not _hooked:
        sys.addaudithook(_audit)  # There is no way to remove one.
        _hooked.append(True)
    watch = _Watch(str(Path(inspect.getfile(adapter)).parent))
    _watched.append(watch)
    try:
        with ExitStack() as replaced:
            for module, name in _sleeping(watch.folder):
                replaced.enter_context(patch.object(module, name, _sleep))
            yield
    except Exception:
        if not watch.seen:
            raise
    finally:
        _watched.remove(watch)
    if watch.seen:
        raise Shortfall(str(watch.seen[0])) from watch.seen[0]


def _audit(event: str, _arguments: tuple[Any, ...]) -> None:
    if not _watched or event not in FORBIDDEN:
        return
    if (frame := _frame_in(_watched[-1].folder)) is not None:
        _stop(frame, f"{FORBIDDEN[event]} ({event})")


def _sleeping(folder: str) -> list[tuple[Any, str]]:
    """The names by which the adapter may call `time.sleep`."""
    modules = [each for each in sys.modules.values() if (getattr(each, "__file__", None) or "").startswith(folder)]
    named = [(each, name) for each in modules for name, value in vars(each).items() if value is _SLEEP]
    return [(time, "sleep"), *named]


def _sleep(seconds: float) -> None:
    if _watched and (frame := _frame_in(_watched[-1].folder)) is not None:
        _stop(frame, "sleeps (time.sleep)")
    _SLEEP(seconds)


def _stop(frame: FrameType, what: str) -> NoReturn:
    place = shown((frame.f_code.co_filename, frame.f_lineno))
    effect = _Effect(f"the adapter {what} at {place}; a connector only computes")
    _watched[-1].seen.append(effect)
    raise effect


def _frame_in(folder: str) -> FrameType | None:
    """The innermost frame of the adapter that has made the call; None where the bank or the suite has."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - there is no other way to the callers
    while frame is not None and not frame.f_code.co_filename.startswith(CERTIFY):
        if frame.f_code.co_filename.startswith(folder):
            return frame
        frame = frame.f_back
    return None
