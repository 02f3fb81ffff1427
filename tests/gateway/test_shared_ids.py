"""Ids that are none: rows that share zeros, a nil UUID or a word for nothing are entries of their own."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from gateway.entry_ids import row_id
from gateway.model import BRASILIA, IdBasis, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority

AUTHORITY = Authority()
NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
NIL = "00000000-0000-0000-0000-000000000000"


def entry(day, amount, bank_id):
    return LedgerEntry(
        booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX", bank_id=bank_id
    )


@pytest.mark.parametrize("slug", ["bs2", "cora", "inter", "itau", "pagseguro", "sicoob", "stone"])
@pytest.mark.parametrize("shared", [NIL, "000000"])
def test_rows_that_share_an_id_of_zeros(slug, shared):
    """Neither is lost or taken for the other, on one day or on two, and each has an id of its own."""
    rows = [
        entry(2, "100.00", "first"),
        entry(10, "5.00", shared),
        entry(10, "7.00", shared),
        entry(11, "9.00", shared),
    ]
    read = PureHarness(slug, NOW, authority=AUTHORITY, source=Fixed(rows)).read(WEEK)

    assert sorted(each.amount for each in read.entries) == [5, 7, 9]
    assert len({each.id for each in read.entries}) == 3
    assert {each.id_basis for each in read.entries} == {IdBasis.DERIVED}
    assert "duplicate_suspected" not in {warning.code for warning in read.warnings}


@pytest.mark.parametrize("sent", [None, "", " ", "0", 0, "0000", "-", NIL, f"{{{NIL}}}", "null", "N/A", " undefined "])
def test_what_is_no_id(sent):
    """It names no row."""
    assert row_id(sent) is None


@pytest.mark.parametrize("sent", ["10", "a0", " 7 ", "0000-01", "NULLO", 7, "E00000000202603101200aaaaaaaaaaa"])
def test_what_is_an_id(sent):
    """It stays as it was written, because ids of entries are made of it."""
    assert row_id(sent) == str(sent)
