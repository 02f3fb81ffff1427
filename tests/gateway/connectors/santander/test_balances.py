"""The present balance of Santander, which proves nothing."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.connectors.rows.santander import Balance
from gateway.flow import converse
from gateway.model import BRASILIA, AvailableBalance, Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.santander.answers import NOW, WEEK, body, ledger


def test_the_present_balance_with_a_comma():
    """It is read as an amount is."""
    sent = b'{"availableAmount": "-1.234,50"}'

    assert msgspec.json.decode(sent, type=Balance).available == Decimal("-1234.50")


def test_nothing_can_be_proved():
    """The present balance proves nothing; the reason is told, and the balance with its instant."""
    pair = PureHarness("santander", NOW, source=ledger((10, "5"), (17, "5")))
    found = pair.read(Period(date(2026, 3, 9), NOW.date()))

    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (None, None, "not_provable")
    assert "investments" in found.proof.reason
    assert [request.extensions["operation"] for request in pair.requests] == ["token", "statement", "balance"]
    assert found.available_balance == AvailableBalance(pair.simulated.ledger.balance_at(NOW), NOW)


@pytest.mark.parametrize("reading", ["text", "number"])
def test_the_available_amount_has_the_forms_of_the_rows(reading):
    """With what ContaMax has invested, which the bank counts as available and the rows as gone."""
    parameters = Parameters(readings={"amount": reading}, busy_day_entries=0)
    pair = PureHarness("santander", NOW, parameters=parameters)

    found = pair.read(WEEK).available_balance

    assert found.amount == pair.bank.available(pair.simulated.ledger, NOW)
    assert found.amount != pair.simulated.ledger.balance_at(datetime(2026, 3, 17, 23, tzinfo=BRASILIA))


def available(response):
    """What is made of an answer about the present balance."""
    pair = PureHarness("santander", NOW)
    replies = iter([httpx.Response(200, json=body(total="0")), response])
    _, balances = converse(pair.connector.reading(pair.account, WEEK, NOW.date()), lambda _: next(replies))
    return balances.available


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ({"availableAmount": "636.27", "availableAmountCurrency": "BRL"}, "636.27"),
        ({"availableAmount": -24.9, "blockedAmount": "1.00", "automaticallyInvestedAmount": "5.00"}, "-24.9"),
        ({"availableAmount": 0, "availableAmountCurrency": None}, "0"),
    ],
)
def test_what_is_invested_or_blocked_is_not_added(sent, amount):
    """Available is what the bank calls so; a negative amount is an overdraft."""
    assert available(httpx.Response(200, json=sent)) == Decimal(amount)


@pytest.mark.parametrize(
    "response",
    [
        *(httpx.Response(200, json=sent) for sent in ({}, [], {"availableAmount": None}, {"availableAmount": "1,000"})),
        httpx.Response(200, json={"availableAmount": "1.00", "availableAmountCurrency": "USD"}),
        httpx.Response(200, json={"availableAmount": "1.555"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(403, text="<html><title>Access Denied</title>"),
        *(httpx.Response(status, json={}) for status in (301, 400, 401, 403, 404, 422, 429, 500, 503)),
    ],
)
def test_what_is_no_balance_withholds_nothing(response):
    """The statement is given without it."""
    assert available(response) is None
