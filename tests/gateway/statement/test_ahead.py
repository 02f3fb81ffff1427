"""What a reading will ask for is asked for early, and changes nothing but the time that it takes."""

import asyncio
from datetime import date

import httpx
import pytest

from gateway.errors import BankFailure, GatewayError
from gateway.flow import Token
from gateway.limits import AHEAD_BYTES, REQUESTS_AHEAD
from gateway.model import Period
from gateway.statement import StatementReader
from tests.clocks import FixedClock
from tests.gateway.garbage import calls_left
from tests.gateway.line.support import VIRTUAL, account, now
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

MONTH = Period(date(2026, 2, 1), date(2026, 2, 28))
SECONDS = 1.0
"""Time that each answer takes."""


@pytest.fixture
def anyio_backend():
    return VIRTUAL


class Line:
    """Answers like PagSeguro after a second; each day with an answer of its own where one is given."""

    def __init__(self, answers=None, *, padding=0):
        self.answers = answers or {}
        self.padding = padding
        self.days = []
        self.crowded = asyncio.Event()
        self.balances = self.under_way = self.most = self.cancelled = 0

    async def send(self, request, *, account, certificate):
        request.headers["Accept-Encoding"] = "gzip"  # as the real line adds it
        operation, day = request.extensions["operation"], request.url.path.rsplit("/", 1)[-1]
        if operation == "statement":
            self.days.append(day)
        else:
            self.balances += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == REQUESTS_AHEAD + 1:
            self.crowded.set()
        try:
            await asyncio.sleep(SECONDS)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        return self.answered(operation, day)

    def answered(self, operation, day):
        if operation == "balance":
            found = {"detalhes": [], "saldos": []}
        elif isinstance(found := self.answers.get(day, {}), Exception):
            raise found
        elif isinstance(found, httpx.Response):
            return found
        else:
            found = {"detalhes": [], "pagination": {"totalPages": 0, "totalElements": 0}, "x": "." * self.padding}
        return httpx.Response(200, json=found, headers={"VALIDADO": "TRUE"})


class NoTokens:
    """Never asked."""

    async def token(self, account, auth, needed, run):
        raise AssertionError


async def read(line, *, deadline=120.0, period=MONTH, reads=None):
    """The statement, and the seconds that it took."""
    reader = StatementReader(line, NoTokens(), FixedClock(NOW), deadline=deadline)
    began = now()
    found = await reader.read(account("1", bank="pagseguro", user="1", token="t"), period)
    return found, now() - began


async def test_a_month_of_days_takes_a_quarter_of_the_time():
    """Each day is asked for once, in order, and never more at a time than may be."""
    line = Line()

    _, seconds = await read(line)

    assert line.days == [f"{day}" for day in MONTH.days]
    assert line.most == REQUESTS_AHEAD + 1
    # The first balance and the first day alone, then four days at a time, and the last balance.
    assert seconds == (line.balances + 1 + 27 / 4 + 0.25) * SECONDS


async def test_nothing_is_sent_ahead_of_the_first_answer():
    """A bank that refuses the account is asked once."""
    line = Line({f"{MONTH.first}": httpx.Response(403, json={})})

    with pytest.raises(BankFailure):
        await read(line)

    assert line.days == [f"{MONTH.first}"]


async def test_a_failure_counts_when_its_turn_comes():
    """The first one in the order of the days is the one that is told, and nothing is left under way."""
    failing = {
        "2026-02-10": BankFailure("bank_unavailable", bank="pagseguro", at="statement", detail="the later one"),
        "2026-02-09": BankFailure("bank_server_error", bank="pagseguro", at="statement", detail="the earlier one"),
    }
    line = Line(failing)

    with pytest.raises(BankFailure) as caught:
        await read(line)

    assert caught.value.detail == "the earlier one"
    assert line.under_way == 0


class FailingLine(Line):
    """A line that fails for one day."""

    def answered(self, operation, day):
        if day == "2026-02-03":
            raise BankFailure("bank_unavailable", bank="pagseguro", at="statement", detail="away")
        return super().answered(operation, day)


async def test_a_failure_ahead_leaves_no_circle():
    """The task that has failed is held by nobody whom its error holds."""
    with calls_left() as calls:
        with pytest.raises(BankFailure) as caught:
            await read(FailingLine())
        del caught
    assert calls == []


async def test_a_failure_that_no_turn_comes_to_is_forgotten():
    """A reading that ends before it leaves nothing behind."""
    first, second = "2026-02-09", "2026-02-10"
    failure = BankFailure("bank_unavailable", bank="pagseguro", at="statement", detail="this one is told")
    line = Line({first: failure, second: ValueError("x")})

    with pytest.raises(BankFailure):
        await read(line)

    assert line.under_way == 0


async def test_a_caller_that_goes_away_ends_them_all():
    """The requests ahead as well as the one that is waited for."""
    line = Line()
    task = asyncio.create_task(read(line))
    await line.crowded.wait()
    assert line.under_way == REQUESTS_AHEAD + 1

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (line.under_way, line.cancelled) == (0, REQUESTS_AHEAD + 1)


async def test_the_deadline_ends_them_all():
    """And the bank is blamed once for the time for which the reading waited."""
    line = Line()

    with pytest.raises(GatewayError) as caught:
        await read(line, deadline=4.5 * SECONDS)

    assert (caught.value.code, line.under_way) == ("deadline_exceeded", 0)
    assert isinstance(caught.value, BankFailure)


@pytest.mark.parametrize(("padding", "most"), [(AHEAD_BYTES // 2, 2), (AHEAD_BYTES + 1, 1)])
async def test_large_answers_do_not_pile_up(padding, most):
    """As many are under way as have room."""
    line = Line(padding=padding)

    await read(line, period=Period(date(2026, 2, 1), date(2026, 2, 7)))

    assert line.most == most


async def test_what_the_line_held_back_is_sent_in_its_turn():
    """The first answer of a bank that was down lets the next ones through."""
    held = BankFailure("bank_unavailable", bank="pagseguro", at="statement", detail="down", held_back=True)

    class Probed(Line):
        def answered(self, operation, day):
            early = day == "2026-02-10" and self.days.count(day) == 1
            if early:
                raise held
            return super().answered(operation, day)

    line = Probed()

    await read(line)

    assert [day for day in line.days if line.days.count(day) > 1] == ["2026-02-10"] * 2


@pytest.mark.parametrize(
    "refused", [httpx.Response(429), httpx.Response(403, json={"message": "Spike arrest violation"})]
)
async def test_a_bank_that_wants_fewer_calls_at_once_gives_its_statement(refused):
    """It has no documented limit, and nothing is refused to a reading that asks for one thing after the other."""

    class Narrow(Line):
        refusals = 0

        async def send(self, request, *, account, certificate):
            crowded = self.under_way >= 2
            response = await super().send(request, account=account, certificate=certificate)
            self.refusals += crowded
            return httpx.Response(refused.status_code, content=refused.content) if crowded else response

    line = Narrow()

    found, _ = await read(line)

    assert found.complete_through == MONTH.last
    assert 0 < line.refusals <= REQUESTS_AHEAD
    assert line.under_way == 0


async def test_a_bank_that_refuses_even_one_call_is_believed():
    """Once alone, a refused call is not sent again."""

    class Full(Line):
        async def send(self, request, *, account, certificate):
            response = await super().send(request, account=account, certificate=certificate)
            return httpx.Response(429) if len(self.days) > 4 else response

    line = Full()

    with pytest.raises(BankFailure) as caught:
        await read(line)

    assert caught.value.code == "rate_limited"
    assert max(line.days.count(day) for day in line.days) == 2
    assert line.under_way == 0


class Renewed:
    """Another token from some request on."""

    def __init__(self, until):
        self.until = until
        self.asked = 0
        self.refused = []

    async def token(self, account, auth, needed, run):
        self.asked += 1
        if needed.refused is not None:
            self.refused.append(needed.refused.access)
        return Token(access="old" if self.asked <= self.until else "new", expires_at=NOW, renew_at=NOW)


class Sicoob:
    """Knows a new token from the first request that comes with it, and refuses the old one from then on."""

    def __init__(self):
        self.sent = []

    async def send(self, request, *, account, certificate):
        request.headers["Accept-Encoding"] = "gzip"  # as the real line adds it
        self.sent.append((request.url.path[-6:], request.headers["authorization"]))
        await asyncio.sleep(SECONDS)
        if request.headers["authorization"] == "Bearer old" and any("new" in each for _, each in self.sent):
            return httpx.Response(401, json={})
        month = {"saldoAnterior": "0.00", "saldoAtual": "0.00", "transacoes": []}
        return httpx.Response(200, json={"resultado": month})


async def test_what_was_sent_with_another_token_is_sent_again():
    """A refusal of the old token is no refusal of the new one."""
    tokens, line = Renewed(until=2), Sicoob()
    reader = StatementReader(line, tokens, FixedClock(NOW))

    found = await reader.read(
        account("1", bank="sicoob", client_id="a", certificate="c", private_key="k"),
        Period(date(2025, 12, 20), date(2026, 3, 15)),
    )

    assert found.complete_through == date(2026, 3, 13)
    assert tokens.refused == []
    assert [each for each in line.sent if "old" in each[1]]
