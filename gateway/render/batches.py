"""Entries a few hundred at a time: each format makes one part of its document of each batch."""

from collections.abc import Iterable, Iterator
from itertools import islice

from gateway.concurrency.pacing import rest
from gateway.limits import ENTRIES_AT_ONCE
from gateway.model import Entry

__all__ = ["batches"]


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Up to `ENTRIES_AT_ONCE` entries at a time, in order, with a rest between them where one is due."""
    ahead = iter(entries)
    while batch := list(islice(ahead, ENTRIES_AT_ONCE)):
        yield batch
        rest()
