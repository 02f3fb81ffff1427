"""What an adapter does besides computing. A connector does no I/O and waits for nothing (see `gateway.flow`).

A call that sleeps or connects would hold up every account of a gateway, one that reads a clock or a file would give
another statement elsewhere, and no comparison with a ledger shows either. The interpreter's audit events do, and name
the line; the call itself is stopped. What raises no such event is seen by a profile function (`observed`), which is
slow, so that one check alone has it.
"""

import _thread
import atexit
import decimal
import gc
import inspect
import locale
import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping, MutableSequence, MutableSet
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NoReturn
from unittest.mock import patch

import contracts
import gateway
import simulators
from gateway.connectors import Connector
from simulators.bank import Bank
from simulators.certify.demands import Shortfall
from simulators.certify.files.places import written_in
from simulators.certify.files.source import shown

__all__ = ["computing_only", "kept_by", "observed"]

FORBIDDEN: Mapping[str, str] = {
    "socket.__new__": "opens a connection of its own",
    "socket.connect": "opens a connection of its own",
    "socket.getaddrinfo": "looks up a host",
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.posix_spawn": "starts a program",
    "os.exec": "starts a program",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.putenv": "changes the environment",
    "os.unsetenv": "changes the environment",
    "os.chdir": "changes the working folder",
    "os.mkdir": "makes a folder",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.rmdir": "removes a folder",
    "os.listdir": "lists a folder",
    "os.scandir": "lists a folder",
    "open": "opens a file",
    "sqlite3.connect": "opens a database",
    "builtins.input": "waits for somebody at the keyboard",
    "os.kill": "sends a signal",
    "os.killpg": "sends a signal",
    "signal.pthread_kill": "sends a signal",
    "ctypes.dlopen": "calls another program's code",
    "sys.setprofile": "watches the program",
    "sys.settrace": "watches the program",
    "sys.addaudithook": "watches the program",
}
"""By audit event, what the adapter does."""
OBSERVED: Mapping[Hashable, str] = {
    **dict.fromkeys((datetime.now, datetime.utcnow, datetime.today, date.today), "reads the clock"),
    **dict.fromkeys((time.time, time.time_ns, time.localtime, time.gmtime), "reads the clock"),
    **dict.fromkeys((time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns), "reads the clock"),
    **dict.fromkeys((os.urandom, random.random, random.getrandbits), "draws a random number"),
    _thread.start_new_thread: "starts a thread",
}
"""By built-in function, what an adapter does that calls it."""
OBSERVED_CODE: Mapping[CodeType, str] = {
    threading.Thread.start.__code__: "starts a thread",
    threading.Condition.wait.__code__: "waits for another thread",
    threading.Thread.join.__code__: "waits for another thread",
    type(os.environ).__getitem__.__code__: "reads the environment",
    type(os.environ).__iter__.__code__: "reads the environment",
    locale.setlocale.__code__: "changes the locale",
}
"""By the code of a function in Python, what an adapter does that calls it."""
LOADING = ("importlib.", "linecache", "tokenize", "zoneinfo")
"""Modules that read files of programs and time zones by themselves; `importlib.` begins the names of several."""
CERTIFY = str(Path(__file__).parents[1])
OURS = tuple(str(Path(inspect.getfile(each)).parent) + os.sep for each in (gateway, contracts, simulators))
"""What these packages do on behalf of an adapter is their own business, as reading a table once is."""

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of what an environment has installed."""

UNAUDITED: tuple[tuple[Any, str, str], ...] = (
    (time, "sleep", "sleeps"),
    (select, "select", "waits"),
    (os, "read", "reads from a file or a pipe"),
    (os, "_exit", "ends the process"),
    (os, "abort", "ends the process"),
    (atexit, "register", "leaves work to the end of the process"),
    (signal, "signal", "sets the handler of a signal"),
    (signal, "setitimer", "sets a timer"),
    (_thread, "interrupt_main", "interrupts the program"),
)
"""By module and name, functions that raise no audit event (`time.sleep` does from Python 3.13 on), and what an adapter
does that calls one; they are replaced. An end of the process without a word would have status 0, as a success has."""

_watched: list["_Watch"] = []
_hooked: list[bool] = []
_found: dict[str, tuple[list[ModuleType], list[ModuleType]]] = {}
"""By the folder of the latest adapter: all modules that were loaded then, and those of the folder."""


class _Effect(RuntimeError):
    """Stops what the adapter was about to do."""


class _Watch:
    def __init__(self, folder: str, others: frozenset[str], *, is_alone: bool) -> None:
        self.folder = folder
        self.is_alone = is_alone
        """Whether the adapter is in no package: it may lie in a folder with anything, such as that of a project."""
        self.others = others
        """Files in it that are not the adapter's."""
        self.seen: list[_Effect] = []

    def is_of_adapter(self, file: str) -> bool:
        """Whether a file is one of the adapter's: in its folder, without environments and packages installed below."""
        ours = tuple(each for each in OURS if each.startswith(self.folder) and each != self.folder)
        if not file.startswith(self.folder) or file.startswith(ours):
            return False
        below = Path(file.removeprefix(self.folder)).parts
        return len(below) == 1 or not (self.is_alone or INSTALLED.intersection(below))


@contextmanager
def computing_only(adapter: type[Connector[Any]], bank: type[Bank]) -> Iterator[None]:
    """Let the adapter do nothing but compute in the block; the simulated bank may stand in the same folder.

    Raises:
        Shortfall: it did; the text says what and where.
    """
    if not _hooked:
        sys.addaudithook(_audit)  # There is no way to remove one.
        _hooked.append(True)
    folder = str(Path(inspect.getfile(adapter)).parent) + os.sep
    watch = _Watch(folder, frozenset(map(str, written_in(bank))), is_alone="." not in adapter.__module__)
    _watched.append(watch)
    with decimal.localcontext():
        before, after = _arithmetic(), ""
        try:
            with ExitStack() as replaced:
                for module, name, instead in list(_replacements(watch.folder)):
                    replaced.enter_context(patch.object(module, name, instead))
                yield
        except Exception:
            if not watch.seen and _arithmetic() == before:
                raise
        finally:
            _watched.remove(watch)
            after = _arithmetic()
    if watch.seen:
        raise Shortfall(str(watch.seen[0])) from watch.seen[0]
    if after != before:
        what = f"the adapter changes the arithmetic of the whole program (decimal.getcontext) from {before} to {after}"
        raise Shortfall(what)


@contextmanager
def observed() -> Iterator[None]:
    """Within `computing_only`: let the adapter read no clock and no environment, draw no number and wait for nothing.

    Each call of any function is looked at, which takes several times as long.
    """
    before, collects = sys.getprofile(), gc.isenabled()
    # Garbage collection within an adapter, and hooks that measure it, are not the adapter's doing.
    gc.disable()
    sys.setprofile(_profile)
    try:
        yield
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()


def kept_by(adapter: type[Connector[Any]]) -> dict[str, int]:
    """By its name, how much each collection of the adapter's modules and classes holds that outlives a reading."""
    modules = {
        each.__module__: sys.modules[each.__module__] for each in adapter.__mro__[: adapter.__mro__.index(Connector)]
    }
    classes = [each for each in adapter.__mro__ if each.__module__ in modules]
    places = {
        **{name: vars(each) for name, each in modules.items()},
        **{each.__qualname__: vars(each) for each in classes},
    }
    named = [
        (f"{place}.{name}", each)
        for place, values in places.items()
        for name, value in values.items()
        if not name.startswith("__")
        for each in (value, *(getattr(value, "__defaults__", None) or ()))
    ]
    return {name: len(each) for name, each in named if isinstance(each, MutableSequence | MutableMapping | MutableSet)}


def _arithmetic() -> str:
    context = decimal.getcontext()
    traps = ", ".join(sorted(signal.__name__ for signal, trapped in context.traps.items() if trapped))
    return f"precision {context.prec}, {context.rounding}, traps {traps}"


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched or event not in FORBIDDEN:
        return
    if (frame := _frame_in(_watched[-1])) is not None:
        of = f" {arguments[0]}" if event == "open" else ""
        _stop(frame, f"{FORBIDDEN[event]}{of} ({event})")


def _profile(_frame: FrameType, event: str, called: Any) -> None:
    what = None
    if event == "c_call":
        try:
            what = OBSERVED.get(called)
        except TypeError:  # A method of something that has no hash.
            return
    elif event == "call":
        what = OBSERVED_CODE.get(_frame.f_code)
    if what is None or not _watched:
        return
    if (frame := _frame_in(_watched[-1])) is not None:
        name = getattr(called, "__qualname__", "") if event == "c_call" else _frame.f_code.co_qualname
        _stop(frame, f"{what} ({name})")


def _replacements(folder: str) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """What takes the place of each of the `UNAUDITED`, under each name by which the adapter may call it."""
    instead = {}
    for module, name, what in UNAUDITED:
        former = getattr(module, name)
        instead[id(former)] = _stopping(former, f"{what} ({module.__name__}.{name})")
        yield module, name, instead[id(former)]
    for each in _modules_in(folder):
        yield from ((each, name, instead[id(value)]) for name, value in vars(each).items() if id(value) in instead)


def _modules_in(folder: str) -> list[ModuleType]:
    """The loaded modules of a folder, looked up again when other modules are loaded than the last time."""
    loaded = [*sys.modules.values()]
    if _found.get(folder, ([], []))[0] != loaded:
        _found.clear()
        _found[folder] = loaded, [each for each in loaded if (getattr(each, "__file__", None) or "").startswith(folder)]
    return _found[folder][1]


def _stopping(former: Callable[..., Any], what: str) -> Callable[..., Any]:
    """A function that stops the adapter, and is what it was for everybody else."""

    @wraps(former)
    def call(*arguments: Any, **more: Any) -> Any:
        if _watched and (frame := _frame_in(_watched[-1])) is not None:
            _stop(frame, what)
        return former(*arguments, **more)

    return call


def _stop(frame: FrameType, what: str) -> NoReturn:
    place = shown((frame.f_code.co_filename, frame.f_lineno))
    effect = _Effect(f"the adapter {what} at {place}; a connector only computes")
    _watched[-1].seen.append(effect)
    raise effect


def _frame_in(watch: _Watch) -> FrameType | None:
    """The innermost frame of the adapter that has made the call; None where the bank, the gateway or the suite has.

    None too where Python loads a module of the adapter or shows a line of it.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - there is no other way to the callers
    while frame is not None and not frame.f_code.co_filename.startswith(CERTIFY):
        file = frame.f_code.co_filename
        if file in watch.others:
            return None
        if watch.is_of_adapter(file):
            return None if frame.f_code.co_name == "<module>" else frame
        if file.startswith(OURS) or str(frame.f_globals.get("__name__", "")).startswith(LOADING):
            return None
        frame = frame.f_back
    return None
