"""The outcome of an attempt is judged once, and all its users get the same judgement."""

import httpx
import msgspec
import pytest

from gateway.connectors import find
from gateway.errors import BankFailure
from gateway.judgement import judge, judgement_of
from gateway.limits import CALL_ATTEMPTS
from gateway.line import build_line
from gateway.line.judge import Judge
from tests.clocks import FixedClock
from tests.gateway.line.support import INTER, VIRTUAL, InProcess, Script, account, request
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


@pytest.fixture
def decoded(monkeypatch):
    """The bodies that were decoded."""
    bodies, decode = [], msgspec.json.decode

    def counted(body, *given, **more):
        bodies.append(body)
        return decode(body, *given, **more)

    monkeypatch.setattr(msgspec.json, "decode", counted)
    return bodies


def refusal(number):
    return httpx.Response(503, json={"title": "Indisponível", "attempt": number})


async def test_a_refused_statement_decodes_its_body_once_per_attempt(decoded):
    """Retry, breaker, quota and connector all have to know what each refusal means."""
    line = build_line(InProcess(Script(*map(refusal, range(CALL_ATTEMPTS)))), FixedClock(NOW), random=lambda: 0.5)
    someone = account(client_id="x")
    flow = find("inter").ask("statement", someone)
    asked = next(flow)

    response = await line.send(asked, account=someone, certificate=None)
    with pytest.raises(BankFailure) as raised:
        flow.send(response)

    assert raised.value.bank_error.message == "Indisponível"
    assert decoded == [refusal(number).text for number in range(CALL_ATTEMPTS)]


async def test_a_success_is_not_looked_into(decoded):
    """Its content is read by the connector."""
    response = await Judge(Script(httpx.Response(200, json={}))).handle_async_request(request())

    assert judgement_of(response).failure is None
    assert decoded == []


async def test_nothing_of_a_raised_failure_stays_with_the_breaker():
    """What opens a circuit for minutes holds on to no statement that was being read."""
    line = build_line(InProcess(Script(500)), FixedClock(NOW), random=lambda: 0.5)
    for number in range(20):
        someone = account(str(number), client_id=f"client {number}")
        flow = find("inter").ask("statement", someone)
        with pytest.raises(BankFailure):
            flow.send(await line.send(next(flow), account=someone, certificate=None))

    (host,) = line._breaker._hosts.values()
    troubles = [circuit.trouble for circuit in host.open()]
    assert [(each.code, isinstance(each, BaseException)) for each in troubles] == [("bank_server_error", False)]


@pytest.mark.parametrize(
    ("outcome", "is_passing", "is_ours", "nothing_sent"),
    [
        (httpx.Response(200), False, False, False),
        (httpx.Response(401), False, False, False),
        (httpx.Response(502), True, False, False),
        (httpx.Response(408), True, False, False),
        (httpx.Response(425), True, False, False),
        (httpx.ReadTimeout("slow"), True, False, False),
        (httpx.ConnectError("refused"), True, False, True),
        (httpx.PoolTimeout("full"), True, True, True),
    ],
)
def test_what_an_outcome_means(outcome, is_passing, is_ours, nothing_sent):
    """Each outcome has one meaning for retry, breaker and quota."""
    found = judge(INTER, "statement", outcome)

    assert (found.is_passing, found.is_ours, found.nothing_sent) == (is_passing, is_ours, nothing_sent)


@pytest.mark.parametrize(
    ("status", "headers", "wait", "closed"),
    [
        (200, {"retry-after": "7"}, 0.0, None),
        (500, {"retry-after": "7"}, 0.0, None),
        (503, {}, 0.0, None),
        (503, {"retry-after": "7"}, 7.0, None),
        (429, {"retry-after": "7"}, 0.0, 7.0),
    ],
)
def test_how_long_a_bank_wants_to_be_left_alone(status, headers, wait, closed):
    """By all clients with status 503, by this client with status 429."""
    found = judge(INTER, "statement", httpx.Response(status, headers=headers))

    assert (found.wait_seconds, found.closed_seconds) == (wait, closed)
