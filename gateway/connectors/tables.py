"""Tables of a bank's words: kinds of movement by texts, and which way the money went.

Words are compared without case, accents and punctuation. For codes, which are compared as they are, a dictionary is
enough.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

from gateway.connectors.fields import fold
from gateway.connectors.kept import Kept
from gateway.limits import KIND_CHARACTERS
from gateway.model import TransactionType

__all__ = ["Beginnings", "Kinds", "Sides", "Words"]

T = TypeVar("T")

CREDIT = ("C", "CR", "CRD", "CRDT", "CRED", "CREDIT", "CREDITO", "ENTRADA")
DEBIT = ("D", "DB", "DBIT", "DEB", "DEBIT", "DEBITO", "SAIDA")
"""Words and letters for both directions in Portuguese and English, folded. None of them can be read in two ways."""


class Beginnings(Generic[T]):
    """A table by how texts begin, compared without case, accents and punctuation; the first that fits counts.

    A beginning that ends with a blank stands for whole words. The tables are open lists: a text that nothing fits is
    an ordinary case.
    """

    def __init__(self, table: Iterable[tuple[str, T]]) -> None:
        self._table = tuple((fold(begins) + (" " if begins.endswith(" ") else ""), value) for begins, value in table)
        firsts = {begins[:1] for begins, _ in self._table}
        self._by_first = {first: [each for each in self._table if each[0][:1] in {first, ""}] for first in firsts}
        self._others = [each for each in self._table if not each[0]]
        self._found = Kept(self._look)

    def find(self, value: str) -> T | None:
        """What belongs to a text, or None."""
        return self._found[value]

    def _look(self, value: str) -> T | None:
        text = f"{fold(value)} "
        for begins, found in self._by_first.get(text[0], self._others):
            if text.startswith(begins):
                return found
        return None


class Words(Beginnings[T]):
    """A table by the whole words that texts have in a row, wherever they stand; else like `Beginnings`."""

    def __init__(self, table: Iterable[tuple[str, T]]) -> None:
        super().__init__(table)
        self._words = [(f" {words.strip()} ", value) for words, value in self._table]

    def _look(self, value: str) -> T | None:
        text = f" {fold(value)} "
        for words, found in self._words:
            if words in text:
                return found
        return None


class Kinds:
    """Kinds of movement by the texts of a bank. An open list: what it does not have is OUTROS.

    Args:
        texts: by kind, the texts that stand for it; the first that fits counts.
        by: where they stand: at the beginning of a bank's text, or anywhere in it as whole words.
    """

    def __init__(
        self,
        texts: Mapping[TransactionType, Iterable[str]],
        by: type[Beginnings[TransactionType]] = Beginnings[TransactionType],
    ) -> None:
        self._table = by((text, kind) for kind, those in texts.items() for text in those)

    def find(self, *texts: Any) -> TransactionType | None:
        """The kind of the first of the texts that has one; None where none has."""
        for text in texts:
            if isinstance(text, str) and (kind := self._table.find(text)) is not None:
                return kind
        return None

    def of(self, *texts: Any) -> TransactionType:
        """The same, and OUTROS where none has one."""
        return self.find(*texts) or TransactionType.OUTROS


class Sides:
    """A bank's words for the direction of money: it came, or it went. Those that every bank may use are known.

    Args:
        credit: further folded words for money that came.
        debit: further folded words for money that went.
    """

    def __init__(self, credit: Iterable[str] = (), debit: Iterable[str] = ()) -> None:
        self._signs = dict.fromkeys([*CREDIT, *credit], 1) | dict.fromkeys([*DEBIT, *debit], -1)

    def sign(self, word: Any) -> int | None:
        """1 for a credit, -1 for a debit; None for any other word."""
        # Most words come as they stand in the table, and need no folding.
        sign = self._signs.get(word) if isinstance(word, str) else None
        return self._signs.get(fold(word)) if sign is None else sign

    def is_credit(self, word: Any) -> bool:
        """Whether a word is one for a credit.

        Raises:
            ValueError: it is a word for neither.
        """
        if (sign := self.sign(word)) is None:
            shown = repr(word[:KIND_CHARACTERS]) if isinstance(word, str) else "nothing that is a word"
            raise ValueError(f"an entry is neither credit nor debit, its direction is {shown}")
        return sign > 0

    def size(self, value: Decimal, word: Any) -> Decimal:
        """An amount without sign, its direction standing elsewhere. A debit may carry its minus, nothing else may.

        Raises:
            ValueError: it has a minus sign and the word is not one for a debit.
        """
        if value < 0 and self.sign(word) != -1:
            raise ValueError("an amount that is no debit has a minus sign")
        return abs(value)

    def signed(self, value: Decimal, word: Any) -> Decimal:
        """An amount with the sign of its direction. A debit may carry it already.

        Raises:
            ValueError: a credit has a minus sign, or the word is one for neither direction.
        """
        size = self.size(value, word)
        return size if self.is_credit(word) else -size
