"""A statement for people: its entries as a table, totals, proof, warnings, and the balances as a small chart.

The entries are written one by one, because those of a large statement can be read forward only.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.commands.chart import chart
from gateway.commands.tables import bold
from gateway.render.amounts import money
from gateway.texts.controls import cleaned

if TYPE_CHECKING:
    from gateway.model import Entry, Statement

__all__ = ["table"]

AMOUNT = 16
"""Columns of an amount: up to R$ 999,999,999,999.99 with its sign."""
TYPE = 24
"""Columns of a type; shown where the terminal is wide enough."""
WIDE = 100
"""Columns from which a terminal has room for types."""
NARROW = 72
"""Columns below which a terminal has no room for a balance in each line."""
LEAST_TEXT = 12
"""Columns that a description has at least, however narrow the terminal is."""


def table(statement: "Statement", width: int, *, terminal: bool, plain: bool) -> Iterator[str]:
    """The lines of a statement.

    Args:
        statement: the one to show.
        width: columns of the terminal; descriptions go on in the next line. 0 for lines of any length.
        terminal: whether it is one: the chart is for terminals.
        plain: whether the encoding has ASCII only.
    """
    account, period = statement.account, statement.period
    where = f"{account.bank}  branch {account.branch or '-'}  account {account.number}"
    yield bold(f"{where}  {period.first} to {period.last}  {statement.currency}")
    types, running = not width or width >= WIDE, not width or width >= NARROW
    kind = f"{'type':{TYPE}}  " if types else ""
    column = f"{'balance':>{AMOUNT}}  " if running else ""
    yield bold(f"{'date':10}  {'amount':>{AMOUNT}}  {column}{kind}description")
    yield from _edge(period.first, statement.opening_balance, "opening balance", running=running)
    days, totals = _Days(statement), _Totals()
    for entry in statement.entries:
        totals.add(entry)
        balance = days.after(entry)
        mark = "" if entry.stability == "final" else "*"
        kind = f"{entry.type:{TYPE}}  " if types else ""
        column = f"{_money(balance):>{AMOUNT}}  " if running else ""
        before = f"{entry.date}  {_money(entry.amount):>{AMOUNT}}  {column}{kind}"
        first, *others = _wrapped(_words(entry, mark), width - len(before) if width else 0)
        yield before + first
        for line in others:
            yield " " * len(before) + line
    yield from _edge(period.last, statement.closing_balance, "closing balance", running=running)
    yield ""
    yield from totals.lines()
    yield from _proof(statement)
    if terminal:
        yield from _drawn(days, width, plain=plain)


def _edge(day: date, balance: Decimal | None, name: str, *, running: bool) -> Iterator[str]:
    """The balance with which a statement begins or ends, where it is known."""
    if balance is not None:
        before = f"{day}  {'':{AMOUNT}}  " if running else f"{day}  "
        yield f"{before}{_money(balance):>{AMOUNT}}  {name}"


def _proof(statement: "Statement") -> Iterator[str]:
    proof = statement.proof
    said = {
        "proved": "proved: the opening balance and the entries make the closing balance",
        "disproved": f"DISPROVED: the entries miss {_money(proof.difference)} of the closing balance; post none",
        "not_provable": "not provable",
    }[proof.verdict]
    reason = f" ({proof.reason})" if proof.reason else ""
    yield f"proof     {said}{reason}"
    yield f"complete  through {statement.complete_through}"
    for warning in statement.warnings:
        title = cleaned(warning.title).rstrip(".")
        yield f"warning   {warning.code}: {title}. {cleaned(warning.remedy)}".rstrip()


def _drawn(days: "_Days", width: int, *, plain: bool) -> Iterator[str]:
    balances = days.balances()
    highest, lowest = (_money(max(balances)), _money(min(balances))) if balances else ("", "")
    side = max(len(highest), len(lowest))
    lines = chart(balances, width - side - 2, plain=plain)
    if len(balances) < 2:
        return
    yield ""
    for number, line in enumerate(lines):
        label = highest if number == 0 else lowest if number == len(lines) - 1 else ""
        yield f"{label:>{side}}  {line}"
    columns = min(width - side - 2, len(balances))
    ends = f"{days.first:%d/%m}".ljust(columns - 5) + f"{days.last:%d/%m}"
    yield " " * (side + 2) + (ends if columns > 11 else f"{days.first:%d/%m} to {days.last:%d/%m}")


class _Days:
    """The balance at the end of each day, as the entries go by."""

    def __init__(self, statement: "Statement") -> None:
        self.first, self.last = statement.period.first, min(statement.period.last, statement.complete_through)
        self._opening = self._now = statement.opening_balance
        self._known: dict[date, Decimal] = {}

    def after(self, entry: "Entry") -> Decimal | None:
        """The balance after an entry: what the bank says, else the sum; None where neither is known."""
        if entry.stability != "final":
            return entry.balance
        if self._now is not None:
            self._now += entry.amount
        balance = self._now if self._now is not None else entry.balance
        if balance is not None:
            self._known[entry.date] = balance
        return balance

    def balances(self) -> list[Decimal]:
        """One for each day from the first that is known."""
        found: list[Decimal] = []
        now, day = self._opening, self.first
        while day <= self.last:
            now = self._known.get(day, now)
            if now is None:
                self.first = day + timedelta(days=1)
            else:
                found.append(now)
            day += timedelta(days=1)
        return found


class _Totals:
    """Sums of what has gone by."""

    def __init__(self) -> None:
        self._credits = self._debits = Decimal(0)
        self._number = self._provisional = 0

    def add(self, entry: "Entry") -> None:
        """Count an entry."""
        self._number += 1
        if entry.stability != "final":
            self._provisional += 1
        elif entry.amount < 0:
            self._debits += entry.amount
        else:
            self._credits += entry.amount

    def lines(self) -> Iterator[str]:
        """The sums in words."""
        yield f"entries   {self._number}"
        yield f"credits   {_money(self._credits):>{AMOUNT}}"
        yield f"debits    {_money(self._debits):>{AMOUNT}}"
        if self._provisional:
            yield f"*         {self._provisional} may still change and are in no sum"


def _money(value: Decimal | None) -> str:
    """An amount as in all formats for programs; empty for what is not known."""
    return "" if value is None else money(value)


def _words(entry: "Entry", mark: str) -> str:
    other = entry.counterparty.name if entry.counterparty is not None and entry.counterparty.name else ""
    text = entry.description if other.casefold() in entry.description.casefold() else f"{entry.description} / {other}"
    return cleaned(f"{mark}{text}")


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many columns; whole for 0."""
    if not width:
        return [text]
    from rich.cells import cell_len, chop_cells

    width = max(width, LEAST_TEXT)
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append("")
        parts = chop_cells(word, width) or [""]
        lines[-1] = f"{lines[-1]} {parts[0]}" if lines[-1] else parts[0]
        lines += parts[1:]
    return lines
