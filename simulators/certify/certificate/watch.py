"""Certifying again and again while an adapter is being written."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import contracts
from gateway.connectors import connector_class
from simulators.banks import bank_class
from simulators.certify.files.places import written_in

__all__ = ["changes", "files_of_bank", "follow"]

POLL_SECONDS = 0.5
"""Between two looks at the files."""


def follow(bank: str, arguments: Sequence[str]) -> None:
    """Run `simulators` with these arguments now and whenever a file of the bank changes, each time in a new process.

    Ends when it is interrupted.
    """
    files = files_of_bank(bank)
    try:
        for changed in changes(files, time.sleep):
            print(f"--- {changed}", flush=True)  # noqa: T201 - a line between two runs
            subprocess.run([sys.executable, "-m", "simulators", *arguments], check=False)  # noqa: S603
    except KeyboardInterrupt:
        return


def files_of_bank(bank: str) -> tuple[Path, ...]:
    """Folders and files in which a bank is written: contract, adapter, simulated bank.

    Raises:
        KeyError: there is no such bank.
    """
    found = [contracts.folder(bank)]
    for side in (connector_class, bank_class):
        try:
            found += written_in(side(bank))
        except Exception:  # noqa: BLE001, S112 - what does not load yet is what is being written
            continue
    return tuple(found)


def changes(files: Sequence[Path], sleep: Callable[[float], None]) -> Iterator[str]:
    """What to say before each run: `begin`, then the names of what has changed since, for ever.

    Args:
        files: what is looked at; of a folder all that is in it.
        sleep: waits so many seconds.
    """
    known = _state(files)
    yield "begin"
    while True:
        sleep(POLL_SECONDS)
        now = _state(files)
        if changed := sorted(file.name for file in known.keys() | now.keys() if known.get(file) != now.get(file)):
            known = now
            yield f"{', '.join(changed)} changed"


def _state(files: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    found = {}
    for each in files:
        for file in each.rglob("*") if each.is_dir() else [each]:
            try:
                about = file.stat()
            except OSError:
                continue  # it is being written anew
            if file.is_file() and "__pycache__" not in file.parts:
                found[file] = about.st_mtime_ns, about.st_size
    return found
