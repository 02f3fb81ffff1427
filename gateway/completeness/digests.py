"""Digests of many keys, eight bytes each, by which keys that came twice are found without keeping the keys."""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

from gateway.concurrency.pacing import rest
from gateway.limits import DIGEST_PARTS, DIGEST_TABLE_PARTS

__all__ = ["DigestSet", "DigestTable", "Digests", "digest_of", "repeated"]

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
        self._parts: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))

    def add(self, keys: Iterable[Hashable]) -> None:
        """Add the digests of keys."""
        for digest in map(digest_of, keys):
            self._parts[digest % DIGEST_PARTS].append(digest)

    def repeated(self) -> frozenset[int]:
        """The digests that were added more than once."""
        found: set[int] = set()
        for part in self._parts.values():
            found |= repeated(part)
            rest()
        return frozenset(found)


class DigestSet:
    """A set of digests, eight bytes each: one of Python takes ten times as much, and the keys themselves more."""

    def __init__(self) -> None:
        self._parts: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        """In parts, each in order, so that little is moved where a digest is put between others."""

    def __contains__(self, digest: int) -> bool:
        part = self._parts[digest % DIGEST_TABLE_PARTS]
        place = bisect_left(part, digest)
        return place < len(part) and part[place] == digest

    def update(self, digests: Iterable[int]) -> None:
        """Add digests."""
        for digest in digests:
            part = self._parts[digest % DIGEST_TABLE_PARTS]
            place = bisect_left(part, digest)
            if place == len(part) or part[place] != digest:
                part.insert(place, digest)


class DigestTable:
    """Digests by digests, twelve bytes for each pair: a dictionary of a million of them takes ten times as much."""

    def __init__(self) -> None:
        self._keys: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        """The keys in parts, each in order, so that little is moved where one is put between others."""
        self._values: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        """Four bytes of each value, at the place of its key."""

    def __contains__(self, key: int) -> bool:
        keys = self._keys[key % DIGEST_TABLE_PARTS]
        place = bisect_left(keys, key)
        return place < len(keys) and keys[place] == key

    def add(self, key: int, value: int) -> bool | None:
        """Whether a key has had this value before; None where it had none and has this one from now on."""
        part, value = key % DIGEST_TABLE_PARTS, value & 0xFFFF_FFFF
        keys, values = self._keys[part], self._values[part]
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            return values[place] == value
        keys.insert(place, key)
        values.insert(place, value)
        return None


def repeated(digests: "array[int]") -> set[int]:
    """The digests of an array that are in it more than once."""
    if len(set(digests)) == len(digests):
        return set()
    return {digest for digest, count in Counter(digests).items() if count > 1}
