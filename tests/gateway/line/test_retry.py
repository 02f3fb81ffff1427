"""Trying again: where it helps, where it does no harm, and never beyond the deadline."""

import asyncio
import ssl

import httpx
import msgspec
import pytest

from contracts.schema import Symptom
from gateway.errors import BankFailure
from gateway.judgement import UnusableBody, UnusableCertificate, judge
from gateway.limits import LONGEST_RETRY_SECONDS, SHORTEST_ATTEMPT_SECONDS
from gateway.line.call import call_of
from gateway.line.judge import Judge
from gateway.line.retry import Retry, pause
from gateway.line.timing import loop_time
from tests.gateway.line.support import INTER, VIRTUAL, Script, now, request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def retry(wire):
    return Retry(Judge(wire), loop_time, asyncio.sleep, lambda: 0.5)


def busy(**headers):
    return httpx.Response(503, headers={name.replace("_", "-"): value for name, value in headers.items()})


def alert(text):
    error = httpx.ReadError("tls")
    error.__cause__ = ssl.SSLError(1, text)
    return error


@pytest.mark.parametrize(
    ("outcomes", "extensions", "calls", "status"),
    [
        ((200,), {}, 1, 200),
        ((500, 200), {}, 2, 200),
        ((500, 502, 503), {}, 3, 503),
        ((401,), {}, 1, 401),
        ((429,), {}, 1, 429),
        ((httpx.ReadTimeout("slow"), 200), {}, 2, 200),
        ((httpx.ConnectError("refused"), 200), {"once": True}, 2, 200),
        ((500,), {"once": True}, 1, 500),
        ((500, 200), {"optional": True}, 1, 500),
        ((busy(retry_after="1"), 200), {}, 2, 200),
        ((busy(retry_after="2"), 200), {}, 2, 200),
        ((busy(retry_after="0"), 200), {}, 2, 200),
        ((busy(retry_after="3"),), {}, 1, 503),
        ((busy(retry_after="99999999999999"),), {}, 1, 503),
        ((busy(retry_after="soon"),), {}, 1, 503),
        (
            (busy(date="Mon, 16 Mar 2026 10:00:00 GMT", retry_after="Mon, 16 Mar 2026 10:00:01 GMT"), 200),
            {},
            2,
            200,
        ),
        ((busy(date="Mon, 16 Mar 2026 10:00:00 GMT", retry_after="Mon, 16 Mar 2026 11:00:00 GMT"),), {}, 1, 503),
    ],
)
async def test_trying_again(outcomes, extensions, calls, status):
    """A passing trouble is tried again, a refusal never, a long wait is not waited for; what may be sent once is sent
    again only if nothing left.
    """
    wire = Script(*outcomes)

    response = await retry(wire).handle_async_request(request(extensions=extensions))

    assert (wire.calls, response.status_code) == (calls, status)


@pytest.mark.parametrize(
    ("error", "extensions", "calls"),
    [
        (httpx.RemoteProtocolError("cut"), {"once": True}, 1),
        (httpx.RemoteProtocolError("cut"), {}, 3),
        (httpx.ConnectTimeout("slow"), {"once": True}, 3),
        (alert("[SSL] tlsv13 alert certificate required"), {}, 1),
        (UnusableBody("huge"), {}, 1),
        (UnusableCertificate("no key"), {}, 1),
    ],
)
async def test_no_answer(error, extensions, calls):
    """A cut connection is tried again, except where the request spends something; what would be so again is not."""
    wire = Script(error)

    with pytest.raises(type(error)) as raised:
        await retry(wire).handle_async_request(request(extensions=extensions))

    assert raised.value is error
    assert wire.calls == calls


async def test_a_wrong_date_refused_with_status_500_is_not_repeated():
    """A failure that the contract takes for a mistake of ours is not passing, whatever its status."""
    contract = msgspec.structs.replace(
        INTER,
        symptoms=(
            Symptom(failure="period_out_of_range", at=("statement",), status=(500,), evidence="assumed", source="x"),
        ),
    )
    wire = Script(500)

    response = await retry(wire).handle_async_request(request(contract=contract))

    assert (wire.calls, response.status_code) == (1, 500)


async def test_the_waits_grow_and_never_undercut_the_bank():
    """The waits double, with jitter on top, up to a longest; the bank's own wait counts where it is longer."""
    call = call_of(request())
    waits = [pause(call, judge(INTER, "statement", httpx.Response(500)), attempts, 0.5) for attempts in range(1, 9)]

    assert waits[:3] == pytest.approx([0.3, 0.5, 0.9])
    assert waits == sorted(waits)
    assert max(waits) <= LONGEST_RETRY_SECONDS * 1.1
    assert pause(call, judge(INTER, "statement", busy(retry_after="2")), 1, 0.5) == 2


@pytest.mark.parametrize(("left", "calls"), [(60.0, 3), (1.7, 2), (1.29, 1), (0.0, 1), (-5.0, 1)])
async def test_nothing_begins_that_cannot_end_before_the_deadline(left, calls):
    """A wait or an attempt beyond the deadline does not begin: the last outcome is final, without a wait."""
    wire = Script(500)
    began = now()

    response = await retry(wire).handle_async_request(request(extensions={"deadline": began + left}))

    assert (wire.calls, response.status_code) == (calls, 500)
    assert calls == 1 or now() + SHORTEST_ATTEMPT_SECONDS <= began + left


async def test_when_the_line_refuses_further_in_the_last_outcome_stands():
    """An open breaker ends retrying at once; the bank's own last outcome is final."""
    refusal = BankFailure("bank_unavailable", bank="inter", at="statement", detail="open", nothing_sent=True)
    wire = Script(502, refusal)

    response = await retry(wire).handle_async_request(request())

    assert (wire.calls, response.status_code) == (2, 502)


async def test_a_refusal_of_the_first_attempt_by_the_line_is_raised():
    """There is nothing else to tell, and nothing is tried again."""
    wire = Script(BankFailure("rate_limited", bank="inter", at="statement", detail="full", nothing_sent=True))

    with pytest.raises(BankFailure):
        await retry(wire).handle_async_request(request())

    assert wire.calls == 1


async def test_a_cancelled_caller_is_not_tried_for_again():
    """Cancelled while it waits between two attempts, a call ends there."""
    wire = Script(500)
    task = asyncio.create_task(retry(wire).handle_async_request(request()))
    await asyncio.sleep(0.1)
    task.cancel()

    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
    await asyncio.sleep(10)
    assert wire.calls == 1
