"""What a statement can do without never withholds it, delays it for long, or counts against bank and integration."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
from msgspec.structs import replace

import contracts
from contracts.schema import OperationKind
from gateway.connectors import connector_class
from gateway.errors import BankFailure, GatewayError
from gateway.flow import Token, converse
from gateway.limits import ANSWER_BYTES, OPTIONAL_ANSWER_SECONDS
from gateway.model import AvailableBalance, Period
from gateway.statement import StatementReader
from tests.clocks import FixedClock
from tests.gateway.line.support import VIRTUAL, account, now
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

DAY = Period(date(2026, 3, 13), date(2026, 3, 13))
FORM = {"client_id": "a", "client_secret": "b", "certificate": "c", "private_key": "k"}
EMPTY = {"_pageable": {"totalPages": "0", "totalRecords": "0"}}
AVAILABLE = {"availableAmount": "12.30", "availableAmountCurrency": "BRL"}
WITH_BALANCE = [slug for slug in contracts.banks() if contracts.load(slug).capabilities.available_balance]


@pytest.fixture
def anyio_backend():
    return VIRTUAL


class Clock(FixedClock):
    """The time goes on by a second whenever it is asked for."""

    def __init__(self):
        super().__init__(NOW)
        self.asked = 0

    def now(self):
        self.asked += 1
        return NOW + timedelta(seconds=self.asked)


class Line:
    """Answers like Santander, after some seconds; the balance as it is told."""

    def __init__(self, balance, *, statement_seconds=0.0, balance_seconds=0.0):
        self.balance = balance
        self.statement_seconds = statement_seconds
        self.balance_seconds = balance_seconds
        self.operations = []
        self.optional = []
        self.tokens = []

    async def send(self, request, *, account, certificate):
        operation = request.extensions["operation"]
        self.operations.append(operation)
        self.tokens.append(request.headers["authorization"])
        if request.extensions.get("optional"):
            self.optional.append(operation)
        if operation == "statement":
            await asyncio.sleep(self.statement_seconds)
            return httpx.Response(200, json=EMPTY)
        await asyncio.sleep(self.balance_seconds)
        if isinstance(self.balance, Exception):
            raise self.balance
        return self.balance


class Tokens:
    """Another token each time that one is asked for."""

    def __init__(self):
        self.refused = []

    async def token(self, account, auth, needed, run):
        self.refused.append(needed.refused)
        return Token(access=f"t{len(self.refused)}", expires_at=NOW, renew_at=NOW)


async def read(line, *, deadline=30.0, tokens=None, clock=None):
    """The statement, and the seconds that it took."""
    reader = StatementReader(line, tokens or Tokens(), clock or FixedClock(NOW), deadline=deadline)
    began = now()
    found = await reader.read(account("130000011", bank="santander", **FORM), DAY)
    return found, now() - began


def failure(code="bank_unavailable"):
    return BankFailure(code, bank="santander", at="balance", detail="it did not come")


async def test_the_balance_is_asked_for_last_and_tells_when():
    """Of the moment in which its answer had come, and not of that in which the reading began."""
    line, clock = Line(httpx.Response(200, json=AVAILABLE)), Clock()

    found, _ = await read(line, clock=clock)

    assert (line.operations, line.optional) == (["statement", "balance"], ["balance"])
    assert found.available_balance == AvailableBalance(Decimal("12.30"), NOW + timedelta(seconds=clock.asked))
    assert found.available_balance.at > found.fetched_at


@pytest.mark.parametrize(
    "balance",
    [
        failure(),
        failure("rate_limited"),
        failure("invalid_credentials"),
        failure("consent_revoked"),
        GatewayError("storage_unavailable", "no reservation"),
        *(httpx.Response(status, json={}) for status in (302, 400, 401, 403, 404, 429, 500, 503)),
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, content=b" " * (ANSWER_BYTES // 8)),
        httpx.Response(204),
    ],
    ids=repr,
)
async def test_whatever_comes_in_its_place_the_statement_is_given(balance):
    """Without a balance; the bank is asked for it once, whatever it says."""
    line = Line(balance)

    found, _ = await read(line)

    assert (found.available_balance, found.complete_through) == (None, DAY.last)
    assert line.operations == ["statement", "balance"]


async def test_a_refused_token_is_not_renewed_for_it():
    """It is sent with the token of the request before it; only a request that is needed is worth another one."""
    line, tokens = Line(httpx.Response(401, json={})), Tokens()

    await read(line, tokens=tokens)

    assert tokens.refused == [None]
    assert line.tokens == ["Bearer t1", "Bearer t1"]


async def test_a_bank_that_does_not_answer_costs_a_little_time():
    """However long the statement itself might have taken."""
    found, seconds = await read(Line(httpx.Response(200, json=AVAILABLE), balance_seconds=1000), deadline=100)

    assert found.available_balance is None
    assert seconds == pytest.approx(OPTIONAL_ANSWER_SECONDS)


@pytest.mark.parametrize("left", [1.0, 0.01])
async def test_the_deadline_of_the_statement_is_kept(left):
    """Where little time is left, little is spent on it."""
    line = Line(httpx.Response(200, json=AVAILABLE), statement_seconds=10, balance_seconds=1000)

    found, seconds = await read(line, deadline=10 + left)

    assert found.available_balance is None
    assert 10 < seconds < 10 + left


async def test_an_answer_in_time_is_taken():
    """A slow bank is no silent one."""
    line = Line(httpx.Response(200, json=AVAILABLE), balance_seconds=OPTIONAL_ANSWER_SECONDS * 0.9)

    found, _ = await read(line)

    assert found.available_balance is not None


async def test_it_counts_neither_as_a_request_nor_as_bytes_of_the_statement(monkeypatch):
    """A statement that is as large as it may be is not given up for it."""
    monkeypatch.setattr("gateway.statement.sending.STATEMENT_REQUESTS", 1)
    monkeypatch.setattr("gateway.statement.sending.KEPT_BYTES", 200)
    padded = AVAILABLE | {"padding": "." * 1000}

    found, _ = await read(Line(httpx.Response(200, json=padded)))

    assert found.available_balance is not None


async def test_a_cancelled_caller_is_not_taken_for_a_silent_bank():
    """What ends the reading from outside ends it here too."""
    task = asyncio.create_task(read(Line(httpx.Response(200, json=AVAILABLE), balance_seconds=1000)))
    await asyncio.sleep(0.1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_mistake_in_reading_it_withholds_nothing(monkeypatch):
    """Of whatever kind it is."""
    monkeypatch.setattr("gateway.connectors.santander.Balance.available", property(lambda _: 1 // 0))

    found, _ = await read(Line(httpx.Response(200, json=AVAILABLE)))

    assert found.available_balance is None


def test_only_banks_without_balances_of_days_are_asked():
    """Elsewhere the statement has better ones, and the call would be one too many; no quota is spent on it either."""
    assert WITH_BALANCE
    for slug in WITH_BALANCE:
        contract = contracts.load(slug)
        asked = [name for name, each in contract.operations.items() if each.kind is OperationKind.BALANCE]
        assert not contract.capabilities.period_balances
        assert not any(contract.quotas_of(name) for name in asked)


@pytest.mark.parametrize("slug", WITH_BALANCE)
def test_nothing_is_asked_for_it_at_enrolment(slug):
    """Whose account it is does not depend on it."""
    connector = connector_class(slug)(contracts.load(slug))
    held = account("130000011", bank=slug, **FORM, account_id="x")
    asked = []

    def answer(request):
        asked.append(request.extensions["operation"])
        return httpx.Response(200, json=[{"accountId": "x"}])

    converse(connector.identifying(replace(held, holder_tax_id="11222333000181")), answer)

    assert "balance" not in asked
