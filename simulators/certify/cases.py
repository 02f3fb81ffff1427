"""Random cases for the properties: ledgers, periods, lives of tokens, faults."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from gateway.model import Period
from simulators.bank import Bank
from simulators.clock import BRASILIA
from simulators.ledger import Fixed
from simulators.strategies import ledgers as drawn_ledgers
from simulators.world import Parameters

__all__ = ["FIRST", "NOW", "OPENED", "PAGING_FAULTS", "Case", "cases", "ledgers", "periods"]

NOW = datetime(2026, 3, 18, 13, 0, tzinfo=BRASILIA)
"""A Wednesday, at an hour at which every bank has settled the day before."""
FIRST = date(2026, 2, 1)
OPENED = FIRST - timedelta(days=20)

Attack = tuple[str, dict[str, Any]]
"""A fault of pages and its parameters."""
PAGING_FAULTS: tuple[Attack, ...] = (
    *(("lose_page", {"page": page}) for page in range(4)),
    *(("repeat_page", {"page": page}) for page in range(3)),
    *(("shift_page", {"page": page, "by": by}) for page in range(3) for by in (-2, -1, 1, 2)),
)


class Case(Struct, frozen=True):
    """One ledger, period and behaviour of the bank to read under."""

    source: Fixed
    period: Period
    page_size: int
    parameters: Parameters
    fault: tuple[str, dict[str, Any]] | None = None

    def __str__(self) -> str:
        ledger = [
            f"    {entry.booked_at:%Y-%m-%d %H:%M:%S} {entry.amount:>14} {entry.type} {entry.description!r}"
            for entry in self.source.entries
        ]
        lines = [
            f"the period {self.period.first} to {self.period.last}",
            f"entries asked for in a page: {self.page_size or 'as many as the adapter chooses'}",
            f"entries the bank gives in a page at most: {self.parameters.page_size or 'as documented'}",
            f"calls after which a token expires: {self.parameters.token_uses or 'none'}",
        ]
        if self.fault is not None:
            lines.append(f"the fault {self.fault[0]} {self.fault[1]}")
        return "\n".join([*lines, "the ledger:", *ledger])


@cache  # Each case draws from it, and a strategy that is made anew is checked anew.
def ledgers(bank: type[Bank]) -> st.SearchStrategy[Fixed]:
    """Any ledger the bank's wire can express: an opening deposit, then movements, some of them twins."""
    return drawn_ledgers(bank, OPENED, FIRST, NOW.date()).map(Fixed)


@st.composite
def periods(draw: st.DrawFn) -> tuple[date, date]:
    """Any period of closed days within the ledger's reach."""
    span = (NOW.date() - FIRST).days - 1
    first = draw(st.integers(-3, span))
    last = draw(st.integers(first, span))
    return FIRST + timedelta(days=first), FIRST + timedelta(days=last)


@st.composite
def cases(draw: st.DrawFn, bank: type[Bank], faults: Sequence[Attack] = ()) -> Case:
    """Any case; with faults, one of small pages with one of them."""
    attacked = bool(faults)
    return Case(
        source=draw(ledgers(bank)),
        period=Period(*draw(periods())),
        page_size=draw(st.sampled_from((1, 2, 3) if attacked else (0, 1, 2, 7))),
        parameters=Parameters(
            token_uses=0 if attacked else draw(st.sampled_from((0, 1, 2, 3))),
            page_size=0 if attacked else draw(st.sampled_from((0, 1, 2, 5))),
        ),
        fault=draw(st.sampled_from(faults)) if attacked else None,
    )
