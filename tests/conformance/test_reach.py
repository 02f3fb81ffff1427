"""Lists of Banco Inter that are as long as its pages reach, and longer."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters
from tests.gateway.connectors.inter.answers import NOW


def crowded(*days, rows):
    """So many equal payments on each of these days of March."""
    moments = [datetime(2026, 3, day, 12, tzinfo=BRASILIA) for day in days for _ in range(rows)]
    return Fixed([LedgerEntry(booked_at=moment, amount=Decimal("0.01"), type="PIX") for moment in moments])


@pytest.mark.parametrize("announces", [Parameters(), Parameters(readings={"empty_period_total": "1"})])
def test_a_period_with_more_rows_than_pages_reach_is_read_in_parts(announces):
    """The first page tells how long the list is; its days are then asked for in parts, of which some may be empty."""
    source = crowded(2, 3, 10, rows=4_001)
    pair = PureHarness("inter", NOW, source=source, parameters=announces)

    found = pair.read(Period(date(2026, 2, 23), date(2026, 3, 13)))

    assert (len(found.entries), found.closing_balance) == (12_003, Decimal("120.03"))
    assert (found.proof.verdict, found.complete_through) == ("proved", date(2026, 3, 13))
    assert [entry.date for entry in found.entries] == sorted(entry.date for entry in found.entries)
    assert "1" not in {request.url.params.get("pagina") for request in pair.requests}


def test_a_part_that_is_too_long_is_divided_again():
    """Where the rows lie on few days, the first division does not suffice."""
    pair = PureHarness("inter", NOW, source=crowded(9, 10, rows=5_001))

    assert len(pair.read(Period(date(2026, 1, 5), date(2026, 3, 13))).entries) == 10_002


def test_a_day_with_more_rows_than_pages_reach():
    """It cannot be divided. The further pages are asked for, and the bank's refusal is told in its words."""
    pair = PureHarness("inter", NOW, source=crowded(10, rows=10_001))

    with pytest.raises(BankFailure) as failed:
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))
    assert (failed.value.code, isinstance(failed.value, IncoherentPages)) == ("unexpected_bank_response", False)
    assert "somente 10000 transações" in failed.value.bank_error.message


def test_as_many_rows_as_pages_reach():
    """They come at once."""
    pair = PureHarness("inter", NOW, source=crowded(10, rows=10_000))

    assert len(pair.read(Period(date(2026, 3, 9), date(2026, 3, 10))).entries) == 10_000
    assert sum(request.url.path.endswith("/completo") for request in pair.requests) == 1
