"""Digests of many keys, eight bytes each, by which keys that came twice are found without keeping the keys."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

from gateway.concurrency.pacing import rest
from gateway.limits import DIGEST_PARTS

__all__ = ["Digests", "digest_of"]

TEXT = (str, bytes)


def digest_of(key: Hashable) -> int:
    """The digest of a key: 64 bits, the same for equal keys of one type, within this process only.

    Python's hash of a text depends on a secret of the process, so that nobody can choose texts with equal digests. Of a
    million keys two have equal digests by chance once in forty million lists.
    """
    # A number is its own hash, nearly: that of -1 is -2.
    return hash(key) if isinstance(key, TEXT) else hash(repr(key))


class Digests:
    """The digests of the keys of one list."""

    def __init__(self) -> None:
        self._parts: defaultdict[int, array[int]] = defaultdict(_no_digests)

    def add(self, keys: Iterable[Hashable]) -> None:
        """Add the digests of keys."""
        for digest in map(digest_of, keys):
            self._parts[digest % DIGEST_PARTS].append(digest)

    def repeated(self) -> frozenset[int]:
        """The digests that were added more than once."""
        found: set[int] = set()
        for part in self._parts.values():
            if len(set(part)) < len(part):
                found.update(digest for digest, count in Counter(part).items() if count > 1)
            rest()
        return frozenset(found)


def _no_digests() -> "array[int]":
    return array("q")
