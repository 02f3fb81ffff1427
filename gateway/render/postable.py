"""What of a statement may be posted, for formats whose importers post all that a file has.

Rules.
1. Only final entries are listed. An importer cannot be told that an entry may still change, or only blocks money.
2. A statement that has nothing to post although it ought to have something says so instead of looking empty: it is
   disproved, or it has entries and none of them is final.
3. The balance at the end is that of the entries listed: the opening balance and their sum. Where the bank gives no
   opening balance, it is the closing balance if every entry is listed, else it is unknown.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import contracts
from gateway.concurrency.pacing import batches
from gateway.model import DAY, ZERO, Entry, Stability, Statement, Verdict

__all__ = ["Postable", "remarks", "withheld"]

NOT_READY = "statement_not_ready"
FINAL = Stability.FINAL
"""Looked up once: to look up a member of an enum takes longer than to compare with it."""


def withheld(statement: Statement) -> str | None:
    """Portuguese: why nothing of a statement may be posted; None where its final entries may be."""
    disproved = statement.proof.verdict is Verdict.DISPROVED
    if not disproved and (not statement.entries or any(map(_is_final, statement.entries))):
        return None
    code = "balance_mismatch" if statement.is_doubtful else NOT_READY
    warning = contracts.failures().warnings[code]
    return f"{warning.title}: nada deve ser lançado. {warning.remedy}"


def remarks(statement: Statement) -> str | None:
    """Portuguese: through which day a statement is complete, and its warnings; None where there is nothing to tell.

    A person has to know them: an importer that goes by ids adds a corrected entry and keeps the one that it replaces.
    """
    told = []
    if statement.complete_through < statement.period.last:
        title = contracts.failures().warnings[NOT_READY].title
        day = f"{statement.complete_through:%d/%m/%Y}"
        told.append(f"{title}: completo até {day}, e o que ainda pode mudar não está aqui.")
    for warning in statement.warnings:
        if warning.code != NOT_READY:
            days = ", ".join([f"{day:%d/%m/%Y}" for day in warning.days])
            told.append(f"{warning.title}{days and f' ({days})'}: {warning.remedy}")
    return " ".join(told) or None


class Postable:
    """The final entries of a statement, read once, and then the balance after them.

    Args:
        statement: not a withheld one.
    """

    def __init__(self, statement: Statement) -> None:
        self.count = 0
        """The entries that have been read."""
        self._statement = statement
        self.total = ZERO
        """Their sum."""
        self._left_out = False

    def batches(self) -> Iterator[list[Entry]]:
        """The final entries, some hundred at a time."""
        for batch in batches(self._statement.entries):
            final = [entry for entry in batch if entry.stability is FINAL]
            self.count += len(final)
            self._left_out |= len(final) < len(batch)
            self.total = sum([entry.amount for entry in final], self.total)
            yield final

    def balance(self) -> tuple[date, Decimal] | None:
        """The balance after the entries that have been read, and its day; None where it is not known."""
        statement = self._statement
        opening, closing = statement.opening_balance, statement.closing_balance
        day = statement.complete_through if self._left_out else statement.period.last
        if opening is not None:
            return max(day, statement.period.first - DAY), opening + self.total
        return None if closing is None or self._left_out else (day, closing)


def _is_final(entry: Entry) -> bool:
    return entry.stability is FINAL
