"""Rows of weekends that Sicoob sends again under the next business day."""

from datetime import date

import httpx
import pytest

from gateway.model import Period, Verdict
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.sicoob.answers import AUTHORITY, NOW, ledger, posts_nothing


@pytest.mark.parametrize("last", [date(2026, 3, 13), date(2026, 3, 16), date(2026, 3, 18)])
def test_a_weekend_that_comes_again_is_taken_once(last):
    """Under its own day and under Monday's: the balances tell that it moved once, also across the end of a month."""
    twins = [(2, 28, "7.00"), (2, 28, "7.00"), (3, 2, "1.00"), (3, 7, "-2.00"), (3, 8, "-2.00"), (3, 15, "5.00")]
    source = ledger((1, 5, "100.00"), *twins)
    parameters = Parameters(publication="weekend_dated_anew", readings={"weekends": "sent_twice"})
    pair = PureHarness("sicoob", NOW, source=source, parameters=parameters, authority=AUTHORITY)
    period = Period(date(2026, 2, 20), last)

    found = pair.read(period)

    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []
    assert found.proof.verdict is Verdict.PROVED
    assert "duplicate_suspected" in [warning.code for warning in found.warnings]


def test_equal_payments_on_sunday_and_monday_are_two():
    """The balances count both, so both stay."""
    source = ledger((1, 5, "100.00"), (3, 8, "-2.00"), (3, 9, "-2.00"))
    pair = PureHarness("sicoob", NOW, source=source, authority=AUTHORITY)

    found = pair.read(Period(date(2026, 3, 6), date(2026, 3, 10)))

    assert [entry.date.day for entry in found.entries] == [8, 9]
    assert found.proof.verdict is Verdict.PROVED
    assert "duplicate_suspected" not in [warning.code for warning in found.warnings]


def test_a_lost_row_does_not_pass_for_a_weekend_that_came_again():
    """Two equal payments and a lost one that makes up for them: not all of the weekend comes again."""
    source = ledger((1, 5, "100.00"), (3, 7, "9.00"), (3, 8, "5.00"), (3, 9, "5.00"), (3, 10, "-5.00"))
    pair = PureHarness("sicoob", NOW, source=source, authority=AUTHORITY)
    honest = pair.bank.answer

    def lossy(request):
        response = honest(request)
        body = response.json()
        if rows := body.get("resultado", {}).get("transacoes"):
            rows[:] = [row for row in rows if row["dataLote"] != "2026-03-10"]
        return httpx.Response(response.status_code, json=body)

    pair.bank.answer = lossy
    posts_nothing(pair.read(Period(date(2026, 3, 6), date(2026, 3, 13))))
