"""Hypothesis strategies for what a bank's wire can express: texts, amounts, parties, movements, ledgers."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from simulators.bank import Bank
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry, Party

__all__ = ["AMOUNTS", "MOST_DRAWN", "PARTIES", "TEXTS", "entries", "ledgers", "moments"]

MOST_DRAWN = 14
"""Movements that are drawn for a ledger at most, before twins."""

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

AMOUNTS = st.one_of(
    st.integers(1, 500),
    st.integers(1, 10**9),
    # 16 and 17 digits, which no float holds; the sum of a ledger stays below the quadrillion that money may reach.
    st.integers(5 * 10**15, 2 * 10**16),
).map(lambda cents: Decimal(cents).scaleb(-2))


def moments(first: date, last: date) -> st.SearchStrategy[datetime]:
    """Instants on the days from `first` to `last`, both included; the edges of a day, here and in UTC, among them."""
    return st.builds(
        lambda day, second: datetime.combine(first + timedelta(days=day), time(), BRASILIA) + timedelta(seconds=second),
        st.integers(0, (last - first).days),
        st.one_of(st.sampled_from((0, 1, 10_799, 10_800, 75_600, 86_399)), st.integers(0, 86_399)),
    )


@st.composite
def entries(draw: st.DrawFn, bank: type[Bank], first: date, last: date) -> LedgerEntry:
    """Any movement the bank's wire can express, from `first` to `last`, both included."""
    kind, credit = draw(st.sampled_from(sorted(bank.kinds)))
    amount = draw(AMOUNTS)
    return LedgerEntry(
        booked_at=draw(moments(first, last)),
        amount=amount if credit else -amount,
        type=kind,
        description=draw(TEXTS),
        document=draw(st.sampled_from(("", "4711"))),
        counterparty=draw(st.none() | PARTIES),
    )


@st.composite
def ledgers(
    draw: st.DrawFn, bank: type[Bank], opened: date, first: date, last: date, most: int = MOST_DRAWN
) -> list[LedgerEntry]:
    """The movements of any ledger the bank's wire can express, whose balance never falls below zero.

    Args:
        draw: of hypothesis.
        bank: the bank's class.
        opened: day of the opening deposit.
        first: first day of the movements after it.
        last: their last day.
        most: how many are drawn at most; some of them are there twice or three times.
    """
    drawn: list[LedgerEntry] = []
    for entry in draw(st.lists(entries(bank, first, last), max_size=most)):
        drawn.extend([entry] * draw(st.sampled_from((1, 1, 1, 2, 3))))
    deposit = sum((-entry.amount for entry in drawn if entry.amount < 0), Decimal("0.01"))
    kind = next(kind for kind, credit in sorted(bank.kinds) if credit)
    opening = LedgerEntry(
        booked_at=datetime.combine(opened, time(9), BRASILIA), amount=deposit, type=kind, description="abertura"
    )
    return [opening, *drawn]
