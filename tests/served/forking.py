"""Starts servers from a process that has imported them already, because most of a start's processor time is imports.

What begins is `python -m MODULE ARGUMENTS` in all but that: it has an environment, standard output and error, a process
id and an exit status of its own, and reads its settings when it begins. Where a server would be imported otherwise than
here, as with other packages on its path, it is to be started as users start it; see `can_start`.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from gateway.serving.unwanted import UNWANTED, hidden

__all__ = ["Started", "can_start", "start"]

ROOT = Path(__file__).parent.parent.parent
OWN = dict(os.environ)
"""The environment in which servers are imported; a test may change that of this process."""
ORDER_BYTES = 128 * 1024
SEVERAL = "--workers"
"""A server of several processes decides before its imports how it counts."""


class Started:
    """A process that has been started here; as much of `subprocess.Popen` as tests use.

    Args:
        pid: its id.
        stdout: what it prints.
        ended: gives its exit status once, when it has ended.
    """

    def __init__(self, pid: int, stdout: IO[str], ended: IO[str]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = ended
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Its exit status, below zero for a signal; None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it runs on for these seconds.
        """
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _status(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
                self.returncode = int(self._ended.readline())
                self._ended.close()
            return self.returncode


def can_start(command: list[str], environment: Mapping[str, str]) -> bool:
    """Whether a command begins with what its own path and settings of Python import."""
    here = hasattr(os, "pidfd_open")  # as in Linux
    return here and SEVERAL not in command and _of_python(environment) == _of_python(OWN)


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def start(command: list[str], environment: Mapping[str, str], errors: IO[str]) -> Started:
    """Start a module.

    Args:
        command: its name and arguments.
        environment: all variables.
        errors: its standard error.
    """
    printed, stdout = os.pipe()
    told, status = os.pipe()
    order = json.dumps({"command": command, "environment": dict(environment)}).encode()
    assert len(order) < ORDER_BYTES
    try:
        socket.send_fds(_server(), [order], [stdout, errors.fileno(), status])
    finally:
        os.close(stdout)
        os.close(status)
    ended = os.fdopen(told)
    pid = ended.readline()
    assert pid, "the servers cannot be imported; what standard error says is why"
    return Started(int(pid), os.fdopen(printed), ended)


@functools.cache
def _server() -> socket.socket:
    """Takes orders for this process until it ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(theirs.fileno())],
        env=OWN,
        cwd=ROOT,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    theirs.close()

    def end() -> None:
        ours.shutdown(socket.SHUT_RDWR)
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _take_orders(orders: socket.socket) -> list[str] | None:
    """Fork for each order, and tell how each process ended; gives a new process its command, and None at the end."""
    running: dict[int, tuple[int, int]] = {}
    """Process and descriptor that waits for its exit status, by descriptor of the process."""
    while True:
        for ready in select.select([orders, *running], [], [])[0]:
            if ready in running:
                pid, status = running.pop(ready)
                os.close(ready)
                _tell(status, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.close(status)
                continue
            order, given, _, _ = socket.recv_fds(orders, ORDER_BYTES, 3)
            if not order:
                return None
            pid = os.fork()
            if not pid:
                orders.close()
                return _begun(json.loads(order), given, [*running, *(status for _, status in running.values())])
            stdout, stderr, status = given
            os.close(stdout)
            os.close(stderr)
            _tell(status, pid)
            running[os.pidfd_open(pid)] = pid, status


def _tell(descriptor: int, number: int) -> None:
    """Write a line, which nobody may wait for any more."""
    with contextlib.suppress(BrokenPipeError):
        os.write(descriptor, f"{number}\n".encode())


def _begun(order: dict[str, Any], given: list[int], of_others: list[int]) -> list[str]:
    """Give a new process what is its own, and no descriptor of others; give its command."""
    stdout, stderr, _ = given
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for number in (*given, *of_others):
        os.close(number)
    # Those of before know what kind of file their descriptors were.
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(order["environment"])
    command: list[str] = order["command"]
    return command


def _import_servers() -> None:
    """Import what both servers do; nothing of that is to be looked through for garbage after a fork.

    One world of the commonest seed is made, too: contracts and certificates, which follow from their files and the
    seed, are read and signed once and kept, as they are for the second world of any process.
    """
    gc.disable()
    with hidden(*UNWANTED):
        for name in ("gateway.cli", "gateway.serving.serve", "simulators.cli", "simulators.serving.server"):
            importlib.import_module(name)
    server, registry = (importlib.import_module(f"simulators.{name}") for name in ("serving.server", "worlds.registry"))
    server.application(registry.Worlds())
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    _import_servers()
    begun = _take_orders(socket.socket(fileno=int(sys.argv[1])))
    if begun is not None:
        sys.argv = begun
        runpy.run_module(begun[0], run_name="__main__", alter_sys=True)
