"""The folder of served simulators: one process at a time has it, and it says where that process is reached."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["READY", "StateError", "announced_in", "ready_in", "taken"]

READY = "ready.json"
"""Names the addresses while the simulators are served."""
LOCK = "lock"
LARGEST_READY_BYTES = 65_536


class StateError(Exception):
    """The folder cannot be used; the text names it and says why."""


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """Have a folder, which is made where it is not there, until the end of the block.

    A process that is killed leaves `ready.json`, but not the lock: the system takes it back.

    Raises:
        StateError: it is no folder, cannot be written, or another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+b")
    except (FileExistsError, NotADirectoryError) as error:
        raise StateError(f"{folder} is a file, and no folder for the state") from error
    except OSError as error:
        raise StateError(f"the state folder {folder} cannot be written: {error.strerror}") from error
    with lock:
        if not _locked(lock):
            running = ready_in(folder)
            where = f", at {running['control']}" if running else ""
            raise StateError(f"other simulators have the state folder {folder}{where}; give --state another one")
        try:
            (folder / READY).unlink(missing_ok=True)
            yield
        finally:
            (folder / READY).unlink(missing_ok=True)


def ready_in(folder: Path) -> dict[str, str] | None:
    """The addresses in a folder's `ready.json`; None where it has none, or one that is not whole."""
    try:
        with (folder / READY).open("rb") as file:
            found = json.loads(file.read(LARGEST_READY_BYTES))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("control"), str) else None


def _locked(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; false where another process has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - only there

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not on Windows

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def announced_in(folder: Path, ready: dict[str, str]) -> None:
    """Say where the simulators are reached: who looks sees the whole file or none.

    Raises:
        OSError: it cannot be written.
    """
    draft = folder / f"{READY}.{os.getpid()}"
    draft.write_text(json.dumps(ready))
    draft.replace(folder / READY)
