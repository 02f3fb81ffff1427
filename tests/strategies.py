"""Random ledgers, periods and lives of tokens, for the property that pays for everything."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from simulators.bank import Bank
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry, Party

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=BRASILIA)
"""A Wednesday."""
FIRST = date(2026, 2, 1)
OPENED = FIRST - timedelta(days=20)

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=40
).filter(lambda text: text.strip() == text and text != "")

PARTIES = st.builds(
    Party,
    name=TEXTS,
    tax_id=st.sampled_from(("11222333000181", "12345678909", "84G7VSUO000128")),
    compe=st.sampled_from(("001", "341", "077")),
    ispb=st.sampled_from(("00000000", "60701190", "00416968")),
    bank_name=st.sampled_from(("Banco do Brasil S.A.", "Itaú Unibanco S.A.")),
    branch=st.integers(1, 9999).map(lambda n: f"{n:04d}"),
    account=st.integers(1, 10**9).map(str),
)

MOMENTS = st.builds(
    lambda day, second: datetime.combine(FIRST + timedelta(days=day), time(), BRASILIA) + timedelta(seconds=second),
    st.integers(0, (NOW.date() - FIRST).days),
    st.one_of(st.sampled_from((0, 1, 10_799, 10_800, 75_600, 86_399)), st.integers(0, 86_399)),
)

AMOUNTS = st.one_of(st.integers(1, 500), st.integers(1, 10**9)).map(lambda cents: Decimal(cents).scaleb(-2))


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
