"""One lock, or one set of slots, for each key."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

__all__ = ["Keyed"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Keyed(Generic[K, V]):
    """One value for each key, made at its first use. It disappears with its last user.

    A lock is in use while it is held or waited for (`async with locks[key]`), a set of slots while one of them is.

    Args:
        make: makes a value, such as `asyncio.Lock`.
    """

    def __init__(self, make: Callable[[], V]) -> None:
        self._make = make
        self._values: WeakValueDictionary[K, V] = WeakValueDictionary()

    def __getitem__(self, key: K) -> V:
        value = self._values.get(key)
        if value is None:
            value = self._values[key] = self._make()
        return value

    def __len__(self) -> int:
        """The number of keys in use."""
        return len(self._values)
