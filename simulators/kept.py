"""The accounts that were opened in a world, in a file to which each is written as it is opened or changed.

A line is one account as it is then; the last line about an account counts. A process that is killed in the middle of
a line loses that line alone.
"""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

__all__ = ["KeptAccount", "KeptAccounts", "WorldSettings"]


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
    opened_in: str = "ok"
    """The scenario it was opened in."""
    generation: int = 0
    """How often its credentials were replaced."""
    issued_on: date
    """Day on which its present credentials were issued."""
    parameters: dict[str, Any] = {}
    """Those that are not as usual."""


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
        lines = (line for line in self._lines() if isinstance(line, KeptAccount))
        return list({(line.bank, line.number): line for line in lines}.values())

    def add(self, line: KeptAccount | WorldSettings) -> None:
        """Write down an account as it is now, or what the world is."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            file.write(b"\n" + msgspec.json.encode(line))  # the line before may have been cut off

    def clear(self) -> None:
        """Forget all accounts; what the world is stays."""
        settings = self.settings()
        self.remove()
        if settings != WorldSettings():
            self.add(settings)

    def remove(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)

    def _lines(self) -> list[KeptAccount | WorldSettings]:
        found: list[KeptAccount | WorldSettings] = []
        for line in filter(None, self._file.read_bytes().splitlines() if self._file.exists() else ()):
            try:
                each = msgspec.json.decode(line, type=dict[str, Any])
                whole = msgspec.convert(each, KeptAccount) if "bank" in each else msgspec.convert(each, WorldSettings)
            except msgspec.MsgspecError:
                continue  # cut off, or written by another version
            found.append(whole)
        return found
