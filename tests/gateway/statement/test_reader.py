"""A statement that does not fit together is read once more, and only then."""

from datetime import date

import httpx
import pytest
from msgspec.structs import replace

from contracts.schema import Evidence
from gateway.connectors.inter import Inter
from gateway.errors import IncoherentPages
from gateway.flow import Token
from gateway.limits import STATEMENT_ATTEMPTS
from gateway.model import Contradiction, Period, Verdict
from gateway.statement import StatementReader
from tests.clocks import FixedClock
from tests.gateway.line.support import account
from tests.gateway.support import NOW, SECRET, FakeInter

pytestmark = pytest.mark.anyio

FRIDAY = Period(date(2026, 3, 13), date(2026, 3, 13))
PEM = {"client_id": "a", "client_secret": SECRET, "certificate": "c", "private_key": "k"}


class FirstToken:
    """Has a token already."""

    async def token(self, account, auth, needed, run):
        return Token(access="a", expires_at=NOW, renew_at=NOW)


def bank_that(spoils, times):
    """A bank that spoils the answers to some requests, as often as `times`."""
    bank, left = FakeInter(), list(range(times))

    def answer(request):
        spoilt = spoils(request)
        if spoilt is not None and left:
            left.pop()
            return spoilt
        return None

    bank.answer = answer
    return bank


def announces_another_total(request):
    if request.extensions["operation"] == "statement":
        return httpx.Response(200, json=FakeInter._page(request.url.params) | {"totalElementos": 5})
    return None


def tells_another_closing_balance(request):
    if request.url.params.get("dataSaldo") == f"{FRIDAY.last}":
        return httpx.Response(200, json={"disponivel": 1, "dataReferencia": f"{FRIDAY.last:%d/%m/%Y}"})
    return None


async def read(bank):
    """The statement, and how often the bank was asked for its entries."""
    reader = StatementReader(bank, FirstToken(), FixedClock(NOW))
    found = await reader.read(account(**PEM), FRIDAY)
    return found, bank.requests.count("statement")


async def test_what_fits_together_is_read_once():
    """Nothing is asked for twice without need."""
    found, readings = await read(FakeInter())

    assert (found.proof.verdict, readings) == (Verdict.PROVED, 1)


@pytest.mark.parametrize("spoils", [announces_another_total, tells_another_closing_balance])
async def test_what_does_not_fit_together_is_read_once_more(spoils):
    """The list may have changed while it was read."""
    found, readings = await read(bank_that(spoils, 1))

    assert (found.proof.verdict, readings) == (Verdict.PROVED, 2)


async def test_pages_that_never_fit_together_are_no_statement():
    """After the last reading the failure is that of the pages."""
    bank = bank_that(announces_another_total, STATEMENT_ATTEMPTS)

    with pytest.raises(IncoherentPages):
        await read(bank)

    assert bank.requests.count("statement") == STATEMENT_ATTEMPTS


async def test_balances_that_never_fit_are_given_with_the_last_reading():
    """It is disproved, and the caller sees that."""
    found, readings = await read(bank_that(tells_another_closing_balance, STATEMENT_ATTEMPTS))

    assert (found.proof.verdict, readings) == (Verdict.DISPROVED, STATEMENT_ATTEMPTS)


async def test_a_shorter_statement_that_is_disproved_too_takes_the_place_of_none():
    """Where the days before those that may move fit no better, the whole period is given as it was read."""

    def tells_other_balances(request):
        day = request.url.params.get("dataSaldo", f"{NOW.date()}")
        if request.extensions["operation"] != "balance" or day < f"{FRIDAY.first}":
            return None
        return httpx.Response(200, json={"disponivel": 1, "dataReferencia": day})

    bank = bank_that(tells_other_balances, 100)
    reader = StatementReader(bank, FirstToken(), FixedClock(NOW))
    found = await reader.read(account(**PEM), Period(FRIDAY.first, NOW.date()))

    assert (found.proof.verdict, found.period.last) == (Verdict.DISPROVED, NOW.date())


async def test_what_only_an_assumption_contradicts_is_read_once_more(monkeypatch):
    """What the bank is only assumed to mean may fit at the second reading as well."""
    fetch = Inter.fetch

    def contradicted(*arguments):
        balances = yield from fetch(*arguments)
        return replace(balances, contradictions=(Contradiction("a count", Evidence.ASSUMED),))

    monkeypatch.setattr(Inter, "fetch", contradicted)

    found, readings = await read(FakeInter())

    assert (found.contradicted, readings) == (True, STATEMENT_ATTEMPTS)
