"""The whole line over a scripted bank, in virtual time."""

import asyncio

import httpx
import pytest

from gateway.errors import BankFailure, ForbiddenRequest
from gateway.line import build_line, open_line
from gateway.line.call import call_of
from tests.clocks import FixedClock
from tests.gateway.line.support import HOST, QUOTA_SECONDS, STATEMENT, VIRTUAL, InProcess, Script, Shared, account, now
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def line_to(bank, **more):
    return build_line(InProcess(bank), FixedClock(NOW), random=lambda: 0.5, **more)


def statement(**extensions):
    return httpx.Request("GET", STATEMENT, extensions={"operation": "statement", **extensions})


def token():
    return httpx.Request(
        "POST",
        f"https://{HOST}/oauth/v2/token",
        data={"grant_type": "client_credentials", "scope": "extrato.read"},
        extensions={"operation": "token"},
    )


def someone(number, **more):
    """An account with credentials of its own."""
    return account(str(number), client_id=f"client {number}", **more)


async def outcome(line, number=1, asked=None):
    """The status of an answer, or the failure."""
    try:
        return (await line.send(asked or statement(), account=someone(number), certificate=None)).status_code
    except BankFailure as failure:
        return failure


async def test_an_answer_comes_through():
    """The bank's answer is returned, and no bank counts as troubled."""
    line = line_to(Script(200))

    assert await outcome(line) == 200
    assert line.troubled("inter") is None


async def test_what_is_forbidden_uses_up_nothing():
    """The guard is outermost: a forbidden request takes neither place nor quota."""
    bank = Script(200)
    line = line_to(bank)
    for _ in range(20):
        with pytest.raises(ForbiddenRequest):
            await line.send(
                httpx.Request("POST", STATEMENT, extensions={"operation": "statement"}),
                account=someone(1),
                certificate=None,
            )

    assert [await outcome(line) for _ in range(10)] == [200] * 10
    assert bank.calls == 10


async def test_repeated_attempts_pay_too():
    """Inter documents ten calls a minute: three statements of three attempts each leave room for one more."""
    bank = Script(500)
    line = line_to(bank)
    began = now()

    assert [await outcome(line) for _ in range(3)] == [500] * 3
    bank.outcomes = [200]
    assert await outcome(line) == 200
    assert await outcome(line, asked=statement(deadline=now() + 30)) != 200
    assert await outcome(line) == 200

    assert bank.calls == 11
    assert now() - began == pytest.approx(QUOTA_SECONDS, abs=2)


async def test_accounts_with_the_same_credentials_share_their_limit():
    """The bank counts by credential, whichever account is read with it."""
    line = line_to(Script(200))
    for number in range(10):
        await line.send(statement(), account=account(str(number), client_id="same"), certificate=None)

    with pytest.raises(BankFailure) as caught:
        await line.send(statement(deadline=now() + 1), account=account("another", client_id="same"), certificate=None)
    assert caught.value.code == "rate_limited"
    assert await outcome(line, 77) == 200


async def test_one_application_pasted_in_two_forms_has_one_limit():
    """Other line ends, a renewed key, another secret, another account that it reads: to the bank it is one client."""
    bank = Script(200)
    line = line_to(bank)
    forms = [
        account("1", client_id="Ab-1", certificate="-----\nA\n-----\n", private_key="K", client_secret="s"),
        account("2", client_id=" ab-1 ", certificate="-----\r\nA\r\n-----\r\n", private_key="L", client_secret="t"),
    ]
    soon = now() + 1

    calls = [line.send(statement(deadline=soon), account=each, certificate=None) for each in forms * 10]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert bank.calls == 10
    assert {each.code for each in outcomes if isinstance(each, BankFailure)} == {"rate_limited"}


async def test_token_calls_have_their_limit():
    """Five a minute at Inter; the sixth waits, and reads are counted apart."""
    line = line_to(Script(200))
    began = now()

    assert [await outcome(line, asked=token()) for _ in range(5)] == [200] * 5
    assert await outcome(line) == 200
    assert now() == began
    assert await outcome(line, asked=token()) == 200
    assert now() - began == pytest.approx(QUOTA_SECONDS)


async def test_a_refused_quota_is_neither_repeated_nor_asked_for_again():
    """429 is returned once; after that the bank is not asked until its time is over."""
    bank = Script(httpx.Response(429, headers={"retry-after": "30"}), 200)
    line = line_to(bank)

    assert await outcome(line) == 429
    refusal = await outcome(line)
    assert (refusal.code, refusal.retry_after, bank.calls) == ("rate_limited", 30, 1)
    await asyncio.sleep(30)
    assert await outcome(line) == 200


async def test_an_open_breaker_ends_retrying():
    """The attempt that opens it is the last one: of the fifth account the third attempt, and then none at all."""
    bank = Script(503)
    line = line_to(bank)

    assert [await outcome(line, number) for number in range(5)] == [503] * 5
    assert bank.calls == 15
    refusal = await outcome(line, 5)

    assert (refusal.code, refusal.retry_after, bank.calls) == ("bank_server_error", 9, 15)
    assert line.troubled("inter") == pytest.approx(9)
    assert line.troubled("itau") is None


async def test_when_a_bank_goes_down_the_queue_for_it_ends_at_once():
    """The bulkhead is outside the breaker: a call that waits for a slot is refused by the breaker when it gets one."""
    bank = Script(lambda _: httpx.ReadTimeout("stalled"), seconds=30)
    line = line_to(bank)
    began = now()

    outcomes = await asyncio.gather(*(outcome(line, number) for number in range(300)))

    assert bank.calls == 48
    assert {failure.code for failure in outcomes} == {"bank_unavailable"}
    assert {failure.status for failure in outcomes} == {504}
    assert now() - began < 40


async def test_so_does_the_queue_of_few_accounts_with_many_calls_each():
    """Those that come first leave room for as many accounts as it takes to know that it is the bank."""
    bank = Script(lambda _: httpx.ReadTimeout("stalled"), seconds=30)
    line = line_to(bank)
    began = now()

    outcomes = await asyncio.gather(*(outcome(line, number) for number in range(8) for _ in range(25)))

    assert bank.calls == 47  # the last place is kept for one more account
    assert {failure.status for failure in outcomes} == {504}
    assert now() - began < 40


async def test_one_failing_account_does_not_affect_others():
    """However often one account fails, the others are served."""
    bank = Script(lambda request: 500 if call_of(request).account == "0" else 200)
    line = line_to(bank)

    for _ in range(10):
        await outcome(line, 0)

    assert await outcome(line, 1) == 200
    assert line.troubled("inter") is None


async def test_the_deadline_ends_retrying():
    """With little time left the first failure is final, instead of a wait beyond the deadline."""
    bank = Script(500)
    line = line_to(bank)

    assert await outcome(line, asked=statement(deadline=now() + 1.1)) == 500
    assert bank.calls == 1


class Dribble(httpx.AsyncByteStream):
    """A body of which a byte comes every second, for ever."""

    closed = False

    async def __aiter__(self):
        while True:
            await asyncio.sleep(1)
            yield b"x"

    async def aclose(self):
        self.closed = True


async def test_a_bank_that_dribbles_does_not_hold_us():
    """A whole attempt has its limit, however often something comes, and the connection is given back."""
    body = Dribble()
    line = line_to(httpx.MockTransport(lambda request: httpx.Response(200, stream=body)))
    began = now()

    failure = await outcome(line, asked=statement(once=True))

    assert (failure.code, failure.status, now() - began) == ("bank_unavailable", 504, pytest.approx(45))
    assert body.closed


async def test_a_clock_of_the_stacks_own():
    """The stack may live on another clock than the event loop: a deadline keeps its distance."""
    moment = 0.0

    async def sleep(seconds):
        nonlocal moment
        moment += seconds
        await asyncio.sleep(0)

    bank = Script(500)
    line = line_to(bank, monotonic=lambda: moment, sleep=sleep)
    began = now()

    assert await outcome(line, asked=statement(deadline=began + 60)) == 500
    assert await outcome(line, asked=statement(deadline=began + 1.1)) == 500

    assert bank.calls == 4
    assert (moment, now()) == (pytest.approx(0.8), began)


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.15, 0.25, 0.45, 0.6, 20.0, 61.05])
async def test_cancelled_at_any_moment_a_call_leaves_the_line_as_it_was(moment):
    """In the queue, in an attempt, between two, in the quota: after a cancelled call the line serves as before."""
    bank = Script(*[500] * 13, 200, seconds=0.1)
    line = line_to(bank)
    tasks = [asyncio.create_task(outcome(line)) for _ in range(14)]
    await asyncio.sleep(moment)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    bank.outcomes = [200]
    await asyncio.sleep(2 * QUOTA_SECONDS)
    assert [await outcome(line) for _ in range(10)] == [200] * 10
    assert bank.under_way == 0
    assert line.troubled("inter") is None


async def test_who_has_opened_the_connections_closes_them(settings):
    """A closed line closes its own connections, and not those that a caller gave it."""
    line = open_line(settings, FixedClock(NOW), Shared())
    await line.aclose()
    with pytest.raises(RuntimeError):
        await line.send(statement(), account=someone(1), certificate=None)

    lent = line_to(Script(200))
    await lent.aclose()
    assert await outcome(lent) == 200


async def test_one_application_of_two_accounts_has_the_calls_of_one_whatever_its_form():
    """Pasted once with LF and once with CRLF, with a secret that was renewed meanwhile: ten statements a minute."""
    bank = Script(200)
    line = line_to(bank)
    forms = [
        account("1", client_id="x", client_secret="old", certificate="-----\nA\n-----\n"),
        account("2", client_id="x", client_secret="new", certificate="-----\r\nA\r\n-----\r\n"),
    ]

    async def send(form):
        try:
            return (await line.send(statement(deadline=now() + 5), account=form, certificate=None)).status_code
        except BankFailure as failure:
            return failure.code

    outcomes = [await send(form) for form in forms for _ in range(10)]

    assert outcomes == [200] * 10 + ["rate_limited"] * 10
    assert bank.calls == 10
