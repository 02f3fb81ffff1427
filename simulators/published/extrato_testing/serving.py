"""One server for all processes of a test run, begun by the first that needs it and ended after the last.

A folder of the run holds, for each server that was begun, a lock file that its users share and a file that says where
it is reached; see `leashed` for its end. A server that has ended, or was killed, is followed by another one.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from extrato_testing.places import OWN, ROOT

__all__ = ["ServerError", "environment", "shared"]

START_SECONDS = 60.0
END_SECONDS = 10.0
POLL_SECONDS = 0.01


class ServerError(RuntimeError):
    """A server could not be started; the text has what it said."""


class _Process(subprocess.Popen[bytes]):
    """A server that outlives this process where others still use it, and is not complained about then."""

    def __del__(self, *_: object) -> None:
        """Nothing is to be done: it ends by itself."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a server: those of this process, without settings of a gateway and the tested project's path."""
    foreign = ("GATEWAY_", "PYTHON", "COVERAGE_", "COV_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    path = os.pathsep.join(dict.fromkeys((str(ROOT), str(OWN))))
    return {**kept, "PYTHONPATH": path, **(more or {})}


@contextlib.contextmanager
def shared(
    folder: Path, module: str, arguments: Callable[[Path], Sequence[str]], prepare: Callable[[Path], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """A running server that all processes which name this folder share.

    Args:
        folder: of the server, in the temporary folder of the test run.
        module: what is run.
        arguments: its arguments, given the folder of the server's state. It prints one line of JSON when it is ready.
        prepare: does what is to be done before, given that folder; the environment variables and all that users are
            told besides that line are its `environment` and `told`.

    Yields:
        What the server printed, and what `prepare` told.

    Raises:
        ServerError: it does not start.
    """
    import fcntl  # noqa: PLC0415 - the plugin is imported on systems that do not have it, too

    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        with (folder / "begin.lock").open("ab") as begin:
            fcntl.flock(begin, fcntl.LOCK_EX)
            number = max((int(file.stem) for file in folder.glob("*.users")), default=0)
            users = stack.enter_context((folder / f"{number}.users").open("ab"))
            ready, process = _told(folder / f"{number}.json"), None
            if not (ready and _joined(users) and _runs(int(ready["pid"]))):
                place = folder / f"{number + 1}"
                users = stack.enter_context(place.with_suffix(".users").open("ab"))
                fcntl.flock(users, fcntl.LOCK_SH)
                ready, process = _begun(place, module, arguments, prepare)
        try:
            yield ready
        finally:
            lock = Path(users.name)
            stack.close()
            if process is not None and _is_unused(lock):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(END_SECONDS)


def _joined(users: IO[bytes]) -> bool:
    """Share the lock; not where the server holds it, because it ends."""
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_unused(lock: Path) -> bool:
    """Whether nobody uses the server: the lock is free, or the server has it."""
    import fcntl  # noqa: PLC0415

    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return not _joined(file)
        return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _told(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _begun(
    place: Path, module: str, arguments: Callable[[Path], Sequence[str]], prepare: Callable[[Path], dict[str, Any]]
) -> tuple[dict[str, Any], _Process]:
    """Begin a server and wait until it is ready."""
    place.mkdir()
    prepared = prepare(place)
    printed, log = place / "printed", place / "log"
    command = [sys.executable, "-P", "-m", "extrato_testing.leashed", f"{place}.users", module, *arguments(place)]
    with printed.open("wb") as out, log.open("wb") as errors:
        process = _Process(
            command,
            env=environment(prepared.get("environment")),
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
    end = time.monotonic() + START_SECONDS
    while not (line := printed.read_bytes()).endswith(b"\n"):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            raise ServerError(f"{module} does not start:\n{log.read_text('utf-8', 'replace')[-4000:]}")
        time.sleep(POLL_SECONDS)
    ready = {**json.loads(line.splitlines()[0]), **prepared.get("told", {}), "pid": process.pid}
    written = place.with_suffix(".part")
    written.write_text(json.dumps(ready))
    written.rename(place.with_suffix(".json"))
    return ready, process
