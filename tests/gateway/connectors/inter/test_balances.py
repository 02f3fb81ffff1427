"""Balances of Banco Inter, which are asked for apart from the statement."""

from datetime import date, datetime, timedelta

import httpx
import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, Account, Credentials, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.inter.answers import INTER, NOW, ledger


@pytest.mark.parametrize("reading", ["last_business_day", "same_day"])
def test_weekend_entries_are_proved(reading):
    """A period from Sunday to Saturday is proved although the bank has no balance for either day."""
    pair = PureHarness(
        "inter",
        NOW,
        source=ledger((6, "10"), (7, "1"), (8, "2"), (14, "4"), (16, "8")),
        parameters=Parameters(readings={"balance_on_holiday": reading}),
    )

    found = pair.read(Period(date(2026, 3, 8), date(2026, 3, 14)))

    assert [entry.amount for entry in found.entries] == [2, 4]
    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (11, 17, "proved")


def test_the_present_balance_closes_a_period_that_ends_today():
    """For today there is only the present balance, which is asked for without a day."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10"), (17, "1")))

    assert pair.read(Period(date(2026, 3, 17), NOW.date())).closing_balance == 11
    asked = [dict(request.url.params) for request in pair.requests if request.url.path.endswith("/saldo")]
    assert asked == [{"dataSaldo": "2026-03-16"}, {}]


def test_a_long_holiday_ends_the_search_for_a_balance():
    """When no day has a balance of its own, the present one is taken."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10")))
    found = pair.connector._closing(pair.account, date(2026, 3, 2), NOW.date())
    asked = []
    request = next(found)
    while True:
        asked.append(dict(request.url.params))
        body = {"disponivel": 1} if "dataSaldo" not in asked[-1] else {"disponivel": 1, "dataReferencia": "27/02/2026"}
        try:
            request = found.send(httpx.Response(200, json=body))
        except StopIteration as stop:
            assert stop.value.day == NOW.date()
            break
    assert len(asked) == 7


def test_one_announced_row_that_does_not_come():
    """A period that announces one row and shows none is believed only if the balance did not change."""
    pair = PureHarness("inter", NOW, source=ledger((9, "5"), (10, "10")))
    pair.world.inject("inter", None, "statement", "lose_page", {"page": 0})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))


@pytest.mark.parametrize("day", ["6 de março", "2026-3-6", "31/12/9999", "31/02/2026", "01/01/1970"])
def test_a_balance_that_cannot_be_read(day):
    """A reference date that is none, or of another time, is an unexpected answer, not a guess."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 8))
    next(flow)
    with pytest.raises(BankFailure):
        flow.send(httpx.Response(200, json={"disponivel": 1, "dataReferencia": day}))


@pytest.mark.parametrize("day", ["06/03/2026", "06.03.2026", "06-03-2026", "2026-03-06", " 2026-03-06T00:00:00"])
def test_a_balance_of_a_day_in_other_forms(day):
    """The day stands first where the year does not."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 8))
    next(flow)
    with pytest.raises(StopIteration) as ended:
        flow.send(httpx.Response(200, json={"disponivel": 1, "dataReferencia": day}))

    assert ended.value.value.day == date(2026, 3, 6)


def test_a_period_answered_with_its_last_seven_days():
    """As in December 2022: counters agree, only the balances tell. Nothing of it is final, no day is complete."""
    pair = PureHarness("inter", NOW, source=ledger(*((day, "30") for day in (2, 4, 12, 13))))

    class Short(type(pair.bank)):
        def _account_and_days(self, call):
            account, first, last = super()._account_and_days(call)
            return account, max(first, last - timedelta(days=6)), last

    pair.bank.__class__ = Short
    found = pair.read(Period(date(2026, 3, 1), date(2026, 3, 13)))

    assert [entry.stability for entry in found.entries] == ["provisional"] * 2
    assert (found.proof.verdict, found.proof.difference) == ("disproved", 60)
    assert found.complete_through == date(2026, 2, 28)
    assert "balance_mismatch" in {warning.code for warning in found.warnings}


def test_no_balance_is_asked_for_a_weekend_that_was_not_asked_for():
    """The limit is ten calls a minute: from Good Friday the search for a day with a balance goes on to Monday."""
    pair = PureHarness("inter", datetime(2026, 4, 10, 10, tzinfo=BRASILIA), source=ledger((1, "10")))

    pair.read(Period(date(2026, 3, 24), date(2026, 4, 3)))

    asked = [r.url.params["dataSaldo"] for r in pair.requests if "dataSaldo" in r.url.params]
    assert asked == ["2026-03-23", "2026-04-03", "2026-04-06"]


def test_a_balance_of_a_later_day_is_no_opening():
    """Taken for one, it would leave out the entries of the days up to it, and prove the rest."""
    account = Account("a", "inter", "PJ", "0001", "1234567", "11222333000181", Credentials({}))
    sent = httpx.Response(200, json={"disponivel": 105, "dataReferencia": "09/03/2026"})
    flow = INTER.reading(account, Period(date(2026, 3, 9), date(2026, 3, 10)), NOW.date())

    with pytest.raises(BankFailure, match="a day after it"):
        converse(flow, lambda request: sent)


@pytest.mark.parametrize("reference", ["06/03/2026", "2026-03-06", "2026-03-06T00:00:00-03:00", " ", None])
@pytest.mark.parametrize("amount", [10, "10", "10.00", "10,00"])
def test_a_balance_in_any_form(reference, amount):
    """The documented number and date, or a text and a date in the form of all others of this API."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 6))
    next(flow)
    with pytest.raises(StopIteration) as stop:
        flow.send(httpx.Response(200, json={"disponivel": amount, "dataReferencia": reference}))

    assert (stop.value.value.day, stop.value.value.amount) == (date(2026, 3, 6), 10)


@pytest.mark.parametrize("amount", ["1.555", "dez", "", None, True])
def test_a_balance_that_is_none(amount):
    """What cannot be read in one way only is no balance."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 6))
    next(flow)
    with pytest.raises(BankFailure):
        flow.send(httpx.Response(200, json={"disponivel": amount}))
