"""Random cases for the properties: ledgers, periods, lives of tokens, faults."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from gateway.model import Period
from simulators.bank import Bank
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters

__all__ = ["AMOUNTS", "FIRST", "MOMENTS", "NOW", "OPENED", "PAGING_FAULTS", "Case", "cases", "ledgers", "periods"]

NOW = datetime(2026, 3, 18, 13, 0, tzinfo=BRASILIA)
"""A Wednesday, at an hour at which every bank has settled the day before."""
FIRST = date(2026, 2, 1)
OPENED = FIRST - timedelta(days=20)

PAGING_FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("lose_page", {"page": page}) for page in range(4)),
    *(("repeat_page", {"page": page}) for page in range(3)),
    *(("shift_page", {"page": page, "by": by}) for page in range(3) for by in (-2, -1, 1, 2)),
)

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=40
).filter(lambda text: text.strip() == text)

INSTITUTIONS = (
    ("001", "00000000", "Banco do Brasil S.A."),
    ("341", "60701190", "Itaú Unibanco S.A."),
    ("077", "00416968", "Banco Inter S.A."),
)


@st.composite
def _parties(draw: st.DrawFn) -> Party:
    compe, ispb, bank_name = draw(st.sampled_from(INSTITUTIONS))
    return Party(
        name=draw(TEXTS),
        tax_id=draw(st.sampled_from(("11222333000181", "12345678909", "84G7VSUO000128"))),
        compe=compe,
        ispb=ispb,
        bank_name=bank_name,
        branch=f"{draw(st.integers(1, 9999)):04d}",
        account=str(draw(st.integers(1, 10**9))),
    )


PARTIES = _parties()

MOMENTS = st.builds(
    lambda day, second: datetime.combine(FIRST + timedelta(days=day), time(), BRASILIA) + timedelta(seconds=second),
    st.integers(0, (NOW.date() - FIRST).days),
    st.one_of(st.sampled_from((0, 1, 10_799, 10_800, 75_600, 86_399)), st.integers(0, 86_399)),
)

AMOUNTS = st.one_of(
    st.integers(1, 500),
    st.integers(1, 10**9),
    # 16 and 17 digits, which no float holds; the sum of a ledger stays below the quadrillion that money may reach.
    st.integers(5 * 10**15, 2 * 10**16),
).map(lambda cents: Decimal(cents).scaleb(-2))


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


@st.composite
def ledgers(draw: st.DrawFn, bank: type[Bank]) -> Fixed:
    """Any ledger the bank's wire can express: an opening deposit, then movements, some of them twins."""
    kinds = sorted(bank.kinds)
    entries: list[LedgerEntry] = []
    for _ in range(draw(st.integers(0, 14))):
        kind, credit = draw(st.sampled_from(kinds))
        amount = draw(AMOUNTS)
        entry = LedgerEntry(
            booked_at=draw(MOMENTS),
            amount=amount if credit else -amount,
            type=kind,
            description=draw(TEXTS),
            document=draw(st.sampled_from(("", "4711"))),
            counterparty=draw(st.none() | PARTIES),
        )
        entries.extend([entry] * draw(st.sampled_from((1, 1, 1, 2, 3))))
    deposit = sum((-entry.amount for entry in entries if entry.amount < 0), Decimal("0.01"))
    kind = next(kind for kind, credit in kinds if credit)
    opening = LedgerEntry(
        booked_at=datetime.combine(OPENED, time(9), BRASILIA), amount=deposit, type=kind, description="abertura"
    )
    return Fixed([opening, *entries])


@st.composite
def periods(draw: st.DrawFn) -> tuple[date, date]:
    """Any period of closed days within the ledger's reach."""
    span = (NOW.date() - FIRST).days - 1
    first = draw(st.integers(-3, span))
    last = draw(st.integers(first, span))
    return FIRST + timedelta(days=first), FIRST + timedelta(days=last)


@st.composite
def cases(draw: st.DrawFn, bank: type[Bank], *, attacked: bool = False) -> Case:
    """Any case; with `attacked`, one whose pages are lost, repeated or shifted."""
    return Case(
        source=draw(ledgers(bank)),
        period=Period(*draw(periods())),
        page_size=draw(st.sampled_from((1, 2, 3) if attacked else (0, 1, 2, 7))),
        parameters=Parameters(
            token_uses=0 if attacked else draw(st.sampled_from((0, 1, 2, 3))),
            page_size=0 if attacked else draw(st.sampled_from((0, 1, 2, 5))),
        ),
        fault=draw(st.sampled_from(PAGING_FAULTS)) if attacked else None,
    )
