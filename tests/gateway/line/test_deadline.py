"""The reader of statements: its deadline goes with every request, and a bank without end is given up."""

import asyncio
from datetime import date

import httpx
import pytest

from gateway.connectors.inter import Inter
from gateway.errors import BankFailure, GatewayError
from gateway.flow import Page, Token
from gateway.limits import REQUESTS_AHEAD, TOKEN_RENEWAL_GRACE_SECONDS, TOKEN_RENEWAL_SECONDS
from gateway.line.bulkhead import Bulkhead
from gateway.line.judge import Judge
from gateway.line.quota import Quota
from gateway.line.timing import loop_time
from gateway.model import Period
from gateway.statement import StatementReader, sending
from gateway.statement.bank_time import HELD, held_back
from tests.clocks import FixedClock
from tests.gateway.line.support import INTER, VIRTUAL, Script, account, now, request
from tests.gateway.support import NOW, SECRET, FakeInter

pytestmark = pytest.mark.anyio

DAY = Period(date(2026, 3, 13), date(2026, 3, 13))
PEM = {"client_id": "a", "client_secret": SECRET, "certificate": "c", "private_key": "k"}


@pytest.fixture
def anyio_backend():
    return VIRTUAL


class Line(FakeInter):
    """Answers like Inter after some seconds, and writes the deadlines down."""

    def __init__(self, seconds=0.0):
        super().__init__()
        self.seconds = seconds
        self.deadlines = {}

    async def send(self, request, *, account, certificate):
        self.deadlines[request.extensions["operation"]] = request.extensions["deadline"]
        await asyncio.sleep(self.seconds)
        return await super().send(request, account=account, certificate=certificate)


class NoTokens:
    """Renews in a task of its own, which all callers share."""

    def __init__(self):
        self.renewal = None

    async def token(self, account, auth, needed, run):
        if self.renewal is None:
            self.renewal = asyncio.create_task(run(auth.obtain(None, NOW)))
        return await asyncio.shield(self.renewal)


class Kept:
    """Has a token already."""

    async def token(self, account, auth, needed, run):
        return Token(access="a", expires_at=NOW, renew_at=NOW)


def reader(line, tokens, deadline=30.0):
    return StatementReader(line, tokens, FixedClock(NOW), deadline=deadline)


async def test_each_request_carries_the_deadline_of_its_statement():
    """Reads carry the statement's own deadline, however late they come; the token request has one of its own."""
    line = Line(seconds=5)
    began = now()

    await reader(line, NoTokens()).read(account(**PEM), DAY)

    assert now() > began
    assert line.deadlines["statement"] == line.deadlines["balance"] == pytest.approx(began + 30)
    assert line.deadlines["token"] == pytest.approx(began + TOKEN_RENEWAL_SECONDS)


@pytest.mark.parametrize(("row_bytes", "more"), [(90_000, 0), (600_000, 16), (100, None)])
async def test_a_large_statement_has_more_time(monkeypatch, row_bytes, more):
    """For each megabyte that has come, in both readings; a bank that sends little has no more time."""
    monkeypatch.setattr(sending, "MEGABYTE_SECONDS", 2.0)
    line, began = Line(), now()

    def large(request):
        if request.extensions["operation"] != "statement":
            return None
        page = int(request.url.params["pagina"])
        row = {"valor": "1.00", "tipoOperacao": "C", "dataTransacao": f"{DAY.first}", "idTransacao": f"tx-{page}"}
        last = {"ultimaPagina": more is not None and page == 7, "transacoes": [row | {"unknown": "x" * row_bytes}]}
        return httpx.Response(200, json=last)

    async def slowly(request, **named):
        await asyncio.sleep(1)
        return await Line.send(line, request, **named)

    line.answer = large
    monkeypatch.setattr(line, "send", slowly)
    reading = reader(line, Kept(), deadline=25).read(account(**PEM), DAY)

    if more is None:
        with pytest.raises(BankFailure, match="within 25 seconds"):
            await reading
    else:
        assert len((await reading).entries) == 8
        assert line.deadlines["statement"] == pytest.approx(began + 25 + more)


async def test_a_renewal_outlives_the_deadline_of_the_caller_that_started_it():
    """The first caller gives up; the renewal it began goes on and serves the second."""
    line, tokens = Line(seconds=20), NoTokens()
    impatient, patient = reader(line, tokens, deadline=10), reader(line, tokens, deadline=200)
    first = asyncio.create_task(impatient.read(account(**PEM), DAY))
    await asyncio.sleep(1)
    second = asyncio.create_task(patient.read(account(**PEM), DAY))

    outcomes = await asyncio.gather(first, second, return_exceptions=True)

    assert isinstance(outcomes[0], GatewayError)
    assert outcomes[0].code == "deadline_exceeded"
    assert len(outcomes[1].entries) == 1
    assert line.token_requests == 1


@pytest.mark.parametrize("slow", ["token", "statement", "balance"])
async def test_a_bank_that_takes_too_long_is_named(slow):
    """With the step that it stood at; one long answer or many that each take a while are the same."""

    class Slow(Line):
        async def send(self, request, *, account, certificate):
            self.seconds = 40 if request.extensions["operation"] == slow else 1
            return await super().send(request, account=account, certificate=certificate)

    with pytest.raises(BankFailure) as caught:
        await reader(Slow(), NoTokens()).read(account(**PEM), DAY)

    failure = caught.value
    assert (failure.code, failure.bank, failure.at, failure.status) == ("deadline_exceeded", "inter", slow, 504)
    assert (failure.held_back, failure.detail) == (False, "Banco Inter gave no statement within 30 seconds")


async def test_a_bank_that_takes_too_long_for_the_account_is_named():
    """Other requests than those for statements have the same deadline."""
    with pytest.raises(BankFailure, match="deadline_exceeded: Cora gave no answer within 30 seconds"):
        await reader(Line(seconds=100), Kept()).identify(account(bank="cora", **PEM))


async def test_a_gateway_that_takes_too_long_blames_no_bank(monkeypatch):
    """It waits for the processor, or the line holds the request back: neither is evidence about the bank."""

    class Crowded(Line):
        async def send(self, request, *, account, certificate):
            with held_back(request, now):
                await asyncio.sleep(40)
            return await super().send(request, account=account, certificate=certificate)

    with pytest.raises(GatewayError, match="deadline_exceeded") as caught:
        await reader(Crowded(), Kept()).read(account(**PEM), DAY)
    assert not isinstance(caught.value, BankFailure)

    async def busy():
        await asyncio.sleep(40)

    monkeypatch.setattr(sending.SHARES, "turn", busy)
    with pytest.raises(GatewayError, match="deadline_exceeded") as caught:
        await reader(Line(), Kept()).read(account(**PEM), DAY)
    assert not isinstance(caught.value, BankFailure)


async def test_the_line_measures_how_long_it_holds_a_request_back():
    """For a place, and for a quota; the time at the bank is none of it."""
    bulkhead = Bulkhead(Script(200, seconds=10), loop_time, asyncio.sleep, most=2)
    waited = [request(extensions={"account": "1"}) for _ in range(2)]
    await asyncio.gather(*(bulkhead.handle_async_request(each) for each in waited))
    assert [each.extensions.get(HELD, 0.0) for each in waited] == pytest.approx([0, 10])

    quota = Quota(Judge(Script(200, seconds=1)), loop_time, asyncio.sleep)
    limit = INTER.operations["statement"].per_minute
    waited = [request() for _ in range(limit + 1)]
    for each in waited:
        await quota.handle_async_request(each)
    assert [each.extensions[HELD] > 0 for each in waited] == [False] * limit + [True]


async def test_a_renewal_comes_to_an_end():
    """A bank that never gives a token fails the renewal, as a bank and not as a caller's deadline."""
    began = now()

    with pytest.raises(BankFailure) as caught:
        await reader(Line(seconds=100_000), NoTokens(), deadline=3600).read(account(**PEM), DAY)

    failure = caught.value
    assert (failure.code, failure.at, failure.status, failure.nothing_sent) == ("bank_unavailable", "token", 504, False)
    assert now() - began == pytest.approx(TOKEN_RENEWAL_SECONDS + TOKEN_RENEWAL_GRACE_SECONDS)


async def test_a_statement_without_end_is_an_unexpected_answer(monkeypatch):
    """A bank that always announces another page is not followed for ever."""
    monkeypatch.setattr(sending, "STATEMENT_REQUESTS", 50)
    line, seen = Line(), []

    def another(request):
        if request.extensions["operation"] != "statement":
            return None
        seen.append(request)
        row = {
            "idTransacao": f"tx-{len(seen)}",
            "dataInclusao": f"{DAY.first} 15:02:11.000",
            "dataTransacao": f"{DAY.first}",
            "tipoTransacao": "PIX",
            "tipoOperacao": "C",
            "valor": "10.0",
            "titulo": "Pix recebido",
            "descricao": "PADARIA",
            "detalhes": {},
        }
        pages = {"totalPaginas": 10**4, "totalElementos": 10**4, "ultimaPagina": False}
        return httpx.Response(200, json={**pages, "transacoes": [row]})

    line.answer = another

    with pytest.raises(BankFailure) as caught:
        await StatementReader(line, NoTokens(), FixedClock(NOW), page_size=1).read(account(**PEM), DAY)

    assert caught.value.code == "unexpected_bank_response"
    assert 40 < len(seen) <= 50


def keeping(monkeypatch):
    """Let a connector hand over its pages only once it has all of them."""
    fetch = Inter.fetch

    def kept(*arguments):
        flow, reply, pages = fetch(*arguments), None, []
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as end:
                yield from pages
                return end.value
            pages += [event] * isinstance(event, Page)
            reply = None if isinstance(event, Page) else (yield event)

    monkeypatch.setattr(Inter, "fetch", kept)


@pytest.mark.parametrize(
    ("limit", "keeps"), [("STATEMENT_BYTES", False), ("STATEMENT_BYTES", True), ("KEPT_BYTES", True)]
)
async def test_a_statement_has_a_most_of_bytes(monkeypatch, limit, keeps):
    """Few large pages cost as much as many small ones, and are limited as well, more so where they are kept."""
    monkeypatch.setattr(sending, limit, 100_000)
    if keeps:
        keeping(monkeypatch)
    line, seen = Line(), []

    def large(request):
        if request.extensions["operation"] != "statement":
            return None
        seen.append(request)
        pages = {"totalPaginas": 10**4, "totalElementos": 10**4, "ultimaPagina": False}
        row = {"valor": "1.00", "tipoOperacao": "C", "dataTransacao": f"{DAY.first}", "idTransacao": f"tx-{len(seen)}"}
        return httpx.Response(200, json={**pages, "transacoes": [{**row, "unknown": "x" * 30_000}]})

    line.answer = large

    with pytest.raises(BankFailure, match="100000 bytes") as caught:
        await StatementReader(line, NoTokens(), FixedClock(NOW), page_size=1).read(account(**PEM), DAY)

    assert caught.value.code == "unexpected_bank_response"
    # The answers that make it too much, and what was under way beside the last of them.
    assert 4 <= len(seen) <= 4 + REQUESTS_AHEAD


async def test_pages_that_are_handed_over_are_not_kept(monkeypatch):
    """What is in memory is limited more than what is on the disk."""
    monkeypatch.setattr(sending, "KEPT_BYTES", 100_000)
    line = Line()

    def large(request):
        if request.extensions["operation"] != "statement":
            return None
        page = int(request.url.params["pagina"])
        row = {"valor": "1.00", "tipoOperacao": "C", "dataTransacao": f"{DAY.first}", "idTransacao": f"tx-{page}"}
        return httpx.Response(200, json={"ultimaPagina": page == 7, "transacoes": [row | {"unknown": "x" * 30_000}]})

    line.answer = large

    found = await StatementReader(line, NoTokens(), FixedClock(NOW), page_size=1).read(account(**PEM), DAY)

    assert len(found.entries) == 8
