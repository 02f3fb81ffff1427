"""The present balance of BTG Pactual, which proves nothing."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from gateway.flow import converse
from gateway.model import AvailableBalance, Period, Verdict
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.btg_pactual.answers import ACCOUNT, BTG, NOW, WEEK, days


def test_the_present_balance_proves_nothing():
    """A period that ends today is not proved either; the balance is asked for last, and told with its instant."""
    pair = PureHarness("btg_pactual", NOW)

    statement = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert [r.extensions["operation"] for r in pair.requests] == ["token", "accounts", "statement", "balance"]
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "available balance" in statement.proof.reason
    assert (statement.opening_balance, statement.closing_balance) == (None, None)
    assert statement.available_balance == AvailableBalance(pair.simulated.ledger.balance_at(NOW), NOW)


def available(answer, account_id="given"):
    """What is made of an answer about the present balance, given as JSON or as a response."""
    response = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
    replies = iter([days("2026-03-10"), response])
    _, balances = converse(BTG.reading(ACCOUNT, WEEK, NOW.date()), lambda _: next(replies))
    return balances.available


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ({"available": {"amount": 1111.5, "currency": "BRL"}}, "1111.5"),
        ({"accountId": "given", "available": {"amount": "-3.10", "currency": "R$"}}, "-3.1"),
        ({"accountId": None, "available": 7, "blocked": {"amount": 9}}, "7"),
        ({"data": {"accountId": "given", "available": {"amount": 2}}}, "2"),
        ([{"accountId": "other", "available": {"amount": 1}}, {"accountId": "given", "available": {"amount": 2}}], "2"),
        ({"data": [{"data": [{"accountId": "given", "available": {"amount": 2, "currency": None}}]}]}, "2"),
    ],
)
def test_the_available_amount_is_read_in_the_forms_of_the_other_calls(sent, amount):
    """In an object or bare, in an envelope or without; what is blocked is not added."""
    assert available(sent) == Decimal(amount)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"data": None},
        {"available": None},
        {"available": "R$ 5"},
        {"available": {"amount": 1e300}},
        {"available": {"amount": 1, "currency": "USD"}},
        {"accountId": "other", "available": {"amount": 1}},
        [{"available": 1}, {"available": 2}],
        httpx.Response(200, text="<html>"),
        httpx.Response(200),
        httpx.Response(302, headers={"location": "/"}),
        *(httpx.Response(status, json={}) for status in (400, 401, 403, 404, 429, 500, 503)),
    ],
)
def test_what_is_no_balance_of_the_account_withholds_nothing(sent):
    """The statement is given without it."""
    assert available(sent) is None
