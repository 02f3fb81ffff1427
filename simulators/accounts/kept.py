"""The accounts that were opened in a world, and their ledgers, in a file to which each is written as it is changed.

A line is one account as it is then, a whole ledger of one's own, or a change of one; the last line about an account
counts, and changes count in their order from the last whole ledger on. A process that is killed in the middle of a
line loses that line alone.
"""

import logging
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

__all__ = ["KeptAccount", "KeptAccounts", "KeptChange", "KeptLedger", "Line", "WorldSettings"]

log = logging.getLogger("simulators.accounts.kept")


class WorldSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a world is besides its accounts."""

    quotas: bool = False
    """Whether its banks refuse calls beyond their documented limits."""
    ready: bool = True
    """Whether it has the ready account of each scenario."""


class KeptAccount(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All from which an account can be opened again as it is."""

    bank: str
    number: str
    branch: str
    scenario: str
    """The scenario it is in."""
    opened_in: str = "ok"
    """The scenario it was opened in."""
    generation: int = 0
    """How often its credentials were replaced."""
    issued_on: date
    """Day on which its present credentials were issued."""
    parameters: dict[str, Any] = {}
    """Those that are not as usual."""


class KeptLedger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ledger of one's own, in place of what the account had."""

    bank: str
    number: str
    opening_balance: str
    """Before the first movement."""
    opened_on: date | None = None
    """The first day; that of the first movement when None."""
    entries: list[dict[str, Any]]
    """In the form in which the control API takes movements."""


class KeptChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Movements that were added, changed or removed."""

    bank: str
    number: str
    put: list[dict[str, Any]] = []
    """In the form in which the control API takes movements, each with its id."""
    removed: list[int] = []
    """Ids."""


Line: TypeAlias = KeptAccount | KeptLedger | KeptChange | WorldSettings


class KeptAccounts:
    """The file of one world.

    Args:
        file: need not be there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def settings(self) -> WorldSettings:
        """What the file says of the world itself."""
        return next((line for line in self._lines() if isinstance(line, WorldSettings)), WorldSettings())

    def accounts(self) -> list[KeptAccount]:
        """The accounts in the order in which they were opened."""
        lines = (line for line in self._lines(tell=True) if isinstance(line, KeptAccount))
        return list({(line.bank, line.number): line for line in lines}.values())

    def ledgers(self) -> list[KeptLedger | KeptChange]:
        """For each account its last whole ledger, if it has one, and the changes since, in their order."""
        found: dict[tuple[str, str], list[KeptLedger | KeptChange]] = {}
        for line in self._lines():
            if isinstance(line, KeptLedger):
                found[line.bank, line.number] = [line]
            elif isinstance(line, KeptChange):
                found.setdefault((line.bank, line.number), []).append(line)
        return [line for lines in found.values() for line in lines]

    def add(self, *lines: Line) -> None:
        """Write down an account as it is now, a ledger or its change, or what the world is."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            # The line before may have been cut off.
            file.write(b"".join(b"\n" + msgspec.json.encode(line) for line in lines))

    def clear(self) -> None:
        """Forget all accounts; what the world is stays."""
        settings = self.settings()
        self.remove()
        if settings != WorldSettings():
            self.add(settings)

    def remove(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)

    def _lines(self, *, tell: bool = False) -> list[Line]:
        found: list[Line] = []
        for number, line in enumerate(self._file.read_bytes().split(b"\n") if self._file.exists() else (), 1):
            if not line.strip():
                continue
            try:
                each = msgspec.json.decode(line, type=dict[str, Any])
                found.append(msgspec.convert(each, _kind_of(each)))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                if tell:  # cut off, changed by hand, or written by another version
                    log.warning("%s: line %d cannot be read and is left out", self._file, number)
        return found


def _kind_of(line: dict[str, Any]) -> type[Line]:
    """What a line is about, by the fields that only it has."""
    if "bank" not in line:
        return WorldSettings
    if "entries" in line:
        return KeptLedger
    return KeptAccount if "branch" in line else KeptChange
