"""Statements to render: each folder of `golden` has one, with the documents that are made of it."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from gateway.model import Entry, Stability, Statement

__all__ = ["CASES", "GOLDEN", "Forward", "final", "statement"]

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


def statement(case: str) -> Statement:
    """The statement of a case."""
    return msgspec.json.decode((GOLDEN / case / "statement.json").read_bytes(), type=Statement)


def final(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that an importer may post."""
    return [entry for entry in entries if entry.stability is Stability.FINAL]


class Forward(Collection[Entry]):
    """Entries that are read forward only, as those of a large statement: they have no index and cannot be changed.

    Args:
        entries: of one reading; it is called for each.
        count: how many they are.
    """

    def __init__(self, entries: Iterable[Entry], count: int) -> None:
        self._entries = entries
        self._count = count

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, entry: object) -> bool:
        raise TypeError("entries are read forward")
