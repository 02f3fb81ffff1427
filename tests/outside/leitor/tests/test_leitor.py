"""The program against a bank in the same process."""

import asyncio
import socket
from datetime import date, timedelta
from decimal import Decimal

import httpx
import leitor
import pytest
from hypothesis import given, settings

import extrato_testing
from extrato_testing import NOW, Entry, strategies

FIRST, LAST = NOW.date() - timedelta(days=60), NOW.date() - timedelta(days=1)


@pytest.fixture(autouse=True)
def no_socket(monkeypatch):
    """Whoever connects fails."""

    def connect(*_):
        raise AssertionError("a socket")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def inter():
    entries = [Entry(date(2026, 3, 2), "100.00"), Entry(date(2026, 3, 3), "-12.34", description="Aluguel")]
    with extrato_testing.router("inter", now=NOW, entries=entries) as bank:
        yield bank


def test_a_fixture(inter):
    assert leitor.read(inter.account.credentials, FIRST, LAST) == [
        ("2026-03-02", Decimal("100.00")),
        ("2026-03-03", Decimal("-12.34")),
    ]
    assert [request.operation for request in inter.requests] == ["token", "statement"]
    inter.assert_polite()


def test_a_client_for_event_loops(inter):
    assert len(asyncio.run(leitor.aread(inter.account.credentials, FIRST, LAST))) == 2


@extrato_testing.router("inter", now=NOW, entries=[Entry(date(2026, 3, 2), "1.00")])
async def decorated(bank):
    return await leitor.aread(bank.account.credentials, FIRST, LAST)


def test_a_decorated_coroutine():
    assert asyncio.run(decorated()) == [("2026-03-02", Decimal("1.00"))]
    assert asyncio.run(decorated()) == [("2026-03-02", Decimal("1.00"))]


def test_a_refusal(bank_router):
    bank = bank_router("inter", "invalid_credentials")
    with pytest.raises(httpx.HTTPStatusError):
        leitor.read(bank.account.credentials, FIRST, LAST)
    assert bank.account.expected == "invalid_credentials"


def test_a_timeout(inter):
    inter.inject("stalled", "statement", times=1)
    with pytest.raises(httpx.ReadTimeout):
        leitor.read(inter.account.credentials, FIRST, LAST)


@settings(max_examples=10, deadline=None)
@given(strategies.ledgers("inter", most=5))
def test_any_ledger(entries):
    with extrato_testing.router("inter", now=NOW, entries=entries) as bank:
        read = leitor.read(bank.account.credentials, FIRST + timedelta(days=10), LAST)
        truth = bank.truth(FIRST + timedelta(days=10), LAST)
    assert read == sorted((entry.date.isoformat(), entry.reais) for entry in truth.entries)
