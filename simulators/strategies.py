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


PARTIES = st.builds(
    lambda institution, name, tax_id, branch, account: Party(
        name=name,
        tax_id=tax_id,
        compe=institution[0],
        ispb=institution[1],
        bank_name=institution[2],
        branch=f"{branch:04d}",
        account=str(account),
    ),
    st.sampled_from(INSTITUTIONS),
    TEXTS,
    st.sampled_from(("11222333000181", "12345678909", "84G7VSUO000128")),
    st.integers(1, 9999),
    st.integers(1, 10**9),
)

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


def entries(bank: type[Bank], first: date, last: date) -> st.SearchStrategy[LedgerEntry]:
    """Any movement the bank's wire can express, from `first` to `last`, both included."""
    return st.builds(
        lambda kind, amount, moment, description, document, party: LedgerEntry(
            booked_at=moment,
            amount=amount if kind[1] else -amount,
            type=kind[0],
            description=description,
            document=document,
            counterparty=party,
        ),
        st.sampled_from(sorted(bank.kinds)),
        AMOUNTS,
        moments(first, last),
        TEXTS,
        st.sampled_from(("", "4711")),
        st.none() | PARTIES,
    )


def ledgers(
    bank: type[Bank], opened: date, first: date, last: date, most: int = MOST_DRAWN
) -> st.SearchStrategy[list[LedgerEntry]]:
    """The movements of any ledger the bank's wire can express, whose balance never falls below zero.

    Args:
        bank: the bank's class.
        opened: day of the opening deposit.
        first: first day of the movements after it.
        last: their last day.
        most: how many are drawn at most; some of them are there twice or three times.
    """
    kind = next(kind for kind, credit in sorted(bank.kinds) if credit)
    morning = datetime.combine(opened, time(9), BRASILIA)

    def whole(drawn: list[tuple[LedgerEntry, int]]) -> list[LedgerEntry]:
        rows = [entry for entry, times in drawn for _ in range(times)]
        deposit = sum((-entry.amount for entry in rows if entry.amount < 0), Decimal("0.01"))
        return [LedgerEntry(booked_at=morning, amount=deposit, type=kind, description="abertura"), *rows]

    times = st.sampled_from((1, 1, 1, 2, 3))
    return st.lists(st.tuples(entries(bank, first, last), times), max_size=most).map(whole)
