"""What is odd about PagSeguro: every reading of what is unclear, and days that are open, silent or before EDI."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import BankFailure
from gateway.model import Period, Stability, Verdict
from simulators.banks.pagseguro import PagSeguro as SimulatedPagSeguro
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.pagseguro.answers import AUTHORITY, ELEVENTH, PAGSEGURO, TENTH, TWELFTH, booked, pair_of


def test_silence_before_activation_is_not_an_empty_statement():
    """A period before EDI was activated is out of range."""
    pair = pair_of(booked(TENTH, "5.00"), opened=None)

    with pytest.raises(BankFailure) as failure:
        pair.read(Period(date(2026, 3, 1), date(2026, 3, 2)))
    assert failure.value.code == "period_out_of_range"


@pytest.mark.parametrize("header", [{"validado": "FALSE"}, {}])
def test_from_the_first_open_day_on_entries_are_provisional(header):
    """A day that the bank does not declare complete on every page, and all after it, are provisional."""
    pair = pair_of(booked(TENTH, "5.00"), booked(ELEVENTH, "7.00"), booked(ELEVENTH, "8.00"), page_size=1)
    answer = pair.bank.answer

    def open_again(request):
        response = answer(request)
        if request.url.path.endswith("financial/2026-03-11") and request.url.params["pageNumber"] == "2":
            del response.headers["validado"]
            response.headers.update(header)
        return response

    pair.bank.answer = open_again
    statement = pair.read(Period(TENTH, TWELFTH))

    assert statement.complete_through == TENTH
    assert [entry.stability for entry in statement.entries] == [Stability.FINAL, *[Stability.PROVISIONAL] * 2]


@pytest.mark.parametrize(
    ("hour", "complete"), [(8, date(2026, 3, 16)), (9, date(2026, 3, 17))], ids=["before-nine", "from-nine"]
)
def test_a_silent_yesterday_is_complete_when_its_balances_are(hour, complete):
    """A day without movement says nothing of its completeness; the answer with its balances does."""
    yesterday = NOW.date() - timedelta(days=1)
    pair = pair_of(booked(date(2026, 3, 16), "5.00"), now=NOW.replace(hour=hour), quiet_day="not_found")

    assert pair.read(Period(date(2026, 3, 16), yesterday)).complete_through == complete


def test_silence_before_an_open_day_is_not_complete():
    """Days of silence before a day that is still open may still change; an empty list is declared complete or not."""
    entries = booked(TENTH, "5.00"), booked(NOW.date(), "1.00", hour=9)
    silent = pair_of(*entries, quiet_day="not_found").read(Period(TENTH, NOW.date()))
    declared = pair_of(*entries).read(Period(TENTH, NOW.date()))

    assert silent.complete_through == TENTH
    assert declared.complete_through == NOW.date() - timedelta(days=1)
    assert silent.proof.verdict is Verdict.NOT_PROVABLE


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """However the bank plays the points on which sources conflict, the statement is the ledger."""
    readings = {
        name: data.draw(st.sampled_from((reading.chosen, *reading.others)))
        for name, reading in PAGSEGURO.contract.readings.items()
    }
    source = data.draw(ledgers(SimulatedPagSeguro))
    period = Period(*data.draw(periods()))
    pair = PureHarness("pagseguro", NOW, source=source, parameters=Parameters(readings=readings), authority=AUTHORITY)

    try:
        statement = pair.read(period)
    except BankFailure as failure:
        assert (failure.code, readings["quiet_day_balances"]) == ("period_out_of_range", "not_found")
        return

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED or readings["quiet_day_balances"] == "not_found"
