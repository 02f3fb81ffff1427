"""Keeps what is made of texts, because they repeat: a company has the same customers, and a bank uses few words.

Only functions are kept whose result depends on nothing but the text. What is kept is bounded: a bank that sends other
texts all the time costs the time to make their results, and no memory.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from gateway.limits import REMEMBERED_TEXT_CHARACTERS, REMEMBERED_TEXTS

__all__ = ["Kept"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(dict[K, V]):
    """The results of a function by its argument, texts or bytes: `function[text]` makes one or gives it again.

    When there are too many, all are forgotten.

    Args:
        function: gives the same result whenever it gets the same texts.
    """

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def of(self, key: K) -> V:
        """The result for an argument in which the bank may have put anything, lists and objects too."""
        try:
            return self[key]
        except TypeError:
            # They cannot be looked up.
            return self._function(key)

    def __missing__(self, key: K) -> V:
        result = self._function(key)
        if _length(key) <= REMEMBERED_TEXT_CHARACTERS:
            if len(self) >= REMEMBERED_TEXTS:
                self.clear()
            self[key] = result
        return result


def _length(key: Any) -> int:
    """The characters of a text or of several; more than are kept where there is anything else but None."""
    if isinstance(key, str | bytes):
        return len(key)
    if not isinstance(key, tuple):
        return REMEMBERED_TEXT_CHARACTERS + 1
    length = 0
    for part in key:
        if type(part) is str:
            length += len(part)
        elif part is not None:
            length += _length(part)
    return length
