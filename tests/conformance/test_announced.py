"""Requests that a connector announces are those that it sends, at any bank."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

import contracts
from gateway.flow import AHEAD
from gateway.model import BRASILIA, Period
from simulators.banks import bank_class
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry

NOW = datetime(2026, 3, 18, 12, tzinfo=BRASILIA)
LONG = Period(date(2025, 12, 25), date(2026, 3, 17))
PREDICTABLE = (
    *("banco_do_brasil", "bradesco", "bs2", "btg_pactual", "inter", "itau", "pagseguro", "santander", "sicoob"),
    "sicredi",
)
"""Banks of which a long period takes requests that are known before they are due."""


def movements(slug):
    """Three movements on each day."""
    kind = min(kind for kind, credit in bank_class(slug).kinds if credit)
    days = [LONG.first - timedelta(days=40) + timedelta(days=number) for number in range(123)]
    return Fixed(
        LedgerEntry(booked_at=datetime.combine(day, time(hour), BRASILIA), amount=Decimal(1), type=kind)
        for day in days
        for hour in (9, 10, 11)
    )


def announced_and_asked(slug, page_size):
    pair = PureHarness(slug, NOW, source=movements(slug), page_size=page_size)
    statement = pair.read(LONG)
    assert statement.entries
    announced = [other for request in pair.requests for other in request.extensions.get(AHEAD, ())]
    return announced, pair.requests


@pytest.mark.parametrize("page_size", [0, 7])
@pytest.mark.parametrize("slug", contracts.banks())
def test_whatever_is_announced_is_asked_for(slug, page_size):
    """No bank is asked for anything that its statement does not need."""
    announced, asked = announced_and_asked(slug, page_size)

    assert all(any(request is other for other in asked) for request in announced)


@pytest.mark.parametrize("slug", PREDICTABLE)
def test_a_long_period_announces_requests(slug):
    """So that they need not wait for each other's answers."""
    announced, _ = announced_and_asked(slug, 20)

    assert announced
