"""The breaker: opens when a bank is down for all, lets one probe through, closes on an answer."""

import asyncio
import ssl
import weakref
from contextlib import suppress

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.errors import BankFailure
from gateway.judgement import UnusableBody, UnusableCertificate
from gateway.limits import (
    BREAKER_ACCOUNTS,
    BREAKER_FAILURES,
    BREAKER_FIRST_OPEN_SECONDS,
    BREAKER_JITTER_PART,
    BREAKER_LONGEST_OPEN_SECONDS,
)
from gateway.line.breaker import Breaker, Evidence, Host
from gateway.line.judge import Judge
from gateway.line.timing import loop_time
from gateway.metrics import REGISTRY
from tests.gateway.line.support import HOST, VIRTUAL, Script, now, request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


DOWN = BankFailure("bank_unavailable", bank="inter", at="statement", detail="down")


class Outage(RuleBasedStateMachine):
    """Calls of several accounts come and end in any order; a plain list of outcomes is the model of the circuit."""

    def __init__(self):
        super().__init__()
        self.chance = 0.5
        self.host = Host(lambda: self.chance)
        self.now = 0.0
        self.under_way = []  # calls, whether each was let through by an open circuit, and in which outage
        self.streak = []  # accounts of the failures since the last answer, while closed
        self.open = False
        self.outage = 0
        self.times_opened = 0
        self.until = 0.0

    @property
    def circuit(self):
        return self.host.circuit("")

    @property
    def probes(self):
        return [each for each in self.under_way if each[1] == self.outage and self.open]

    @rule()
    def a_call_comes(self):
        wait = self.circuit.closed_for(self.now)
        must_wait = self.open and (self.now < self.until or bool(self.probes))
        assert (wait is not None) == must_wait
        if wait is None:
            self.under_way.append((self.circuit.enter(), self.outage if self.open else None))
        else:
            assert 0 < wait <= BREAKER_LONGEST_OPEN_SECONDS

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), account=st.sampled_from("abcdefg"))
    def a_call_fails(self, data, account):
        call = self._ended(data)
        was_probe = self.open and call[1] == self.outage
        self.host.failed(call[0], "", account, DOWN, self.now)
        if not self.open:
            self.streak.append(account)
        if was_probe or (not self.open and self._is_outage()):
            self._opens()

    @rule(times=st.integers(1, 16), account=st.sampled_from("abcdefg"))
    def many_calls_of_one_account_fail(self, times, account):
        for _ in range(times):
            if self.circuit.closed_for(self.now) is None and not self.open:
                self.under_way.append((self.circuit.enter(), None))
                self._fail_last(account)

    def _fail_last(self, account):
        call = self.under_way.pop()
        self.host.failed(call[0], "", account, DOWN, self.now)
        self.streak.append(account)
        if self._is_outage():
            self._opens()

    def _is_outage(self):
        return len(self.streak) >= BREAKER_FAILURES and len(set(self.streak)) >= BREAKER_ACCOUNTS

    def _opens(self):
        span = min(BREAKER_LONGEST_OPEN_SECONDS, BREAKER_FIRST_OPEN_SECONDS * 2**self.times_opened)
        self.until = self.now + span * (1 - BREAKER_JITTER_PART * self.chance)
        self.open = True
        self.outage += 1
        self.times_opened += 1

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_call_is_answered(self, data):
        self._ended(data)
        self.host.succeeded()
        self.streak = []
        self.open = False
        self.times_opened = 0

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_call_is_cancelled(self, data):
        self.circuit.gave_up(self._ended(data)[0])

    @rule(seconds=st.sampled_from([0.5, 5.0, 10.0, 300.0]), chance=st.floats(0, 0.99))
    def time_passes(self, seconds, chance):
        self.now += seconds
        self.chance = chance

    @invariant()
    def open_exactly_when_it_must_be(self):
        assert (self.circuit.trouble is not None) == self.open
        assert not self.open or self.circuit.opens_until == pytest.approx(self.until)

    @invariant()
    def never_more_than_one_probe(self):
        assert len(self.probes) <= 1
        assert sum(self.circuit.is_probe(call) for call, _ in self.under_way) == len(self.probes)

    def _ended(self, data):
        return self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))


TestOutage = Outage.TestCase


def test_a_host_that_has_answered_remembers_no_tenant():
    """Each answer would take as long as there are tenants that have ever called the host."""
    host = Host(lambda: 0.0)
    remembered = [weakref.ref(host.circuit(str(number))) for number in range(3)]
    host.succeeded()
    assert [circuit() for circuit in remembered] == [None] * 3


def test_after_an_answer_one_account_is_no_outage():
    """Its failures count again from none, and so do the accounts that have seen them."""
    evidence = Evidence()
    for account in range(BREAKER_ACCOUNTS):
        evidence.add("tenant", str(account))
    evidence.clear()
    for _ in range(BREAKER_FAILURES):
        evidence.add("tenant", "1")

    assert not evidence.enough()


def guarded(wire, chance=0.0):
    return Breaker(Judge(wire), loop_time, lambda: chance)


async def ask(breaker, account="1", tenant="", **more):
    return await breaker.handle_async_request(request(extensions={"account": account, "tenant": tenant}, **more))


async def attempt(breaker, account="1", tenant="", **more):
    """The outcome of a call: its status, or the error raised."""
    try:
        return (await ask(breaker, account, tenant, **more)).status_code
    except (httpx.TransportError, BankFailure) as error:
        return error


async def outage(breaker, attempts=BREAKER_FAILURES, accounts=BREAKER_ACCOUNTS):
    return [await attempt(breaker, str(number % accounts)) for number in range(attempts)]


@pytest.mark.parametrize(
    ("trouble", "code", "timed_out"),
    [
        (503, "bank_server_error", False),
        (httpx.ReadTimeout("slow"), "bank_unavailable", True),
        (httpx.ConnectError("refused"), "bank_unavailable", False),
    ],
)
async def test_a_bank_that_is_down_for_all_is_not_called(trouble, code, timed_out):
    """After the fifteenth failure in a row, of five accounts, calls are answered at once with that failure."""
    wire = Script(trouble)
    breaker = guarded(wire)

    assert not any(isinstance(outcome, BankFailure) for outcome in await outage(breaker))
    refusal = await attempt(breaker, "another")

    assert (refusal.code, refusal.timed_out, refusal.retry_after) == (code, timed_out, BREAKER_FIRST_OPEN_SECONDS)
    assert (refusal.at, refusal.nothing_sent) == ("statement", True)
    assert wire.calls == BREAKER_FAILURES


@pytest.mark.parametrize(
    ("wire", "attempts", "accounts"),
    [
        (Script(503), BREAKER_FAILURES - 1, BREAKER_ACCOUNTS),
        (Script(503), 200, BREAKER_ACCOUNTS - 1),
        (Script(*[503] * 14, 200, *[503] * 14, 404, 503), 40, BREAKER_ACCOUNTS),
        (Script(401), 50, BREAKER_ACCOUNTS),
        (Script(429), 50, BREAKER_ACCOUNTS),
        (Script(UnusableBody("huge")), 50, BREAKER_ACCOUNTS),
        (Script(UnusableCertificate("no key")), 50, BREAKER_ACCOUNTS),
        (Script(httpx.PoolTimeout("ours")), 50, BREAKER_ACCOUNTS),
        (Script(BankFailure("rate_limited", bank="inter", at="statement", detail="ours")), 50, BREAKER_ACCOUNTS),
    ],
)
async def test_what_does_not_open_it(wire, attempts, accounts):
    """Too few failures, too few accounts, an answer in between, refusals, and failures of our own."""
    breaker = guarded(wire)

    await outage(breaker, attempts, accounts)

    assert wire.calls == attempts
    assert breaker.troubled("inter") is None


@pytest.mark.parametrize("trouble", [503, httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
async def test_what_callers_can_do_without_keeps_nothing_from_them(trouble):
    """It may be broken by itself for long, and the rest is well. A bank that is down is left alone with it as well."""
    wire = Script(trouble)
    breaker = guarded(wire)
    for number in range(4 * BREAKER_FAILURES):
        extensions = {"account": str(number % BREAKER_ACCOUNTS), "optional": True}
        with suppress(httpx.TransportError):
            await breaker.handle_async_request(request(extensions=extensions))
    assert wire.calls == 4 * BREAKER_FAILURES
    assert breaker.troubled("inter") is None

    await outage(breaker)

    with pytest.raises(BankFailure, match="left alone"):
        await breaker.handle_async_request(request(extensions={"optional": True}))


async def test_a_refused_certificate_is_no_evidence():
    """Neither does it open a circuit nor does it end a row of failures."""
    refusal = httpx.ReadError("tls")
    refusal.__cause__ = ssl.SSLError(1, "[SSL] tlsv13 alert certificate required")
    breaker = guarded(Script(*[503] * 14, refusal, 503))

    await outage(breaker, 15)
    assert breaker.troubled("inter") is None
    await outage(breaker, 1)
    assert breaker.troubled("inter") == BREAKER_FIRST_OPEN_SECONDS


async def test_one_probe_decides():
    """When its time is over one call goes through and the others are refused; failure opens for twice as long, up to
    five minutes, and an answer closes.
    """
    wire = Script(503, seconds=1)
    breaker = guarded(wire)
    await outage(breaker)
    for seconds in (10, 20, 40, 80, 160, 300, 300):
        assert breaker.troubled("inter") == pytest.approx(seconds)
        await asyncio.sleep(seconds)
        assert breaker.troubled("inter") == pytest.approx(0, abs=1e-6)
        before = wire.calls
        outcomes = await asyncio.gather(*(attempt(breaker, str(number)) for number in range(20)))
        assert wire.calls == before + 1
        assert [outcome for outcome in outcomes if not isinstance(outcome, BankFailure)] == [503]

    wire.outcomes = [200]
    await asyncio.sleep(300)
    assert await attempt(breaker) == 200
    assert breaker.troubled("inter") is None
    assert await asyncio.gather(*(attempt(breaker) for _ in range(5))) == [200] * 5


async def test_a_cancelled_probe_gives_its_slot_back():
    """The call after a cancelled probe is the probe."""
    wire = Script(503)
    breaker = guarded(wire)
    await outage(breaker)
    await asyncio.sleep(BREAKER_FIRST_OPEN_SECONDS)
    wire.seconds, wire.outcomes = 30, [200]
    probe = asyncio.create_task(ask(breaker))
    await asyncio.sleep(1)
    assert isinstance(await attempt(breaker), BankFailure)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)

    assert await attempt(breaker) == 200
    assert breaker.troubled("inter") is None


async def test_a_probe_held_back_further_in_gives_its_slot_back():
    """A probe that the quota refuses has not asked the bank."""
    wire = Script(503)
    breaker = guarded(wire)
    await outage(breaker)
    await asyncio.sleep(BREAKER_FIRST_OPEN_SECONDS)
    wire.outcomes = [BankFailure("rate_limited", bank="inter", at="statement", detail="ours"), 200]

    assert (await attempt(breaker)).code == "rate_limited"
    assert await attempt(breaker) == 200


async def test_a_late_answer_closes():
    """A call that left before the circuit opened and is answered after that shows that the bank is there."""
    wire = Script(200, 503)
    breaker = guarded(wire)
    wire.seconds = 5
    slow = asyncio.create_task(ask(breaker))
    await asyncio.sleep(1)
    wire.seconds = 0
    await outage(breaker)
    assert breaker.troubled("inter") is not None
    await slow

    assert breaker.troubled("inter") is None


async def test_late_failures_do_not_keep_it_open():
    """Calls that left before the circuit opened and fail after that tell nothing new."""
    wire = Script(503, seconds=5)
    breaker = guarded(wire)
    slow = [asyncio.create_task(attempt(breaker, str(number))) for number in range(9)]
    await asyncio.sleep(1)
    wire.seconds = 0
    await outage(breaker)
    assert breaker.troubled("inter") == BREAKER_FIRST_OPEN_SECONDS
    await asyncio.gather(*slow)

    assert breaker.troubled("inter") == pytest.approx(BREAKER_FIRST_OPEN_SECONDS - 4)


async def test_hosts_and_banks_are_apart():
    """A bank's token host that is down does not stop its statements, nor any other bank; the gauge counts hosts."""
    breaker = guarded(Script(503), chance=0.5)
    await outage(breaker)

    assert await attempt(breaker, url=f"https://matls.{HOST}/") == 503
    assert (breaker.troubled("inter"), breaker.troubled("itau")) == (pytest.approx(9), None)
    assert REGISTRY.get_sample_value("gateway_bank_circuits_open", {"bank": "inter"}) == 1
    assert now() < breaker._hosts["inter", HOST].circuit("").opens_until


async def fail(breaker, tenant, attempts, accounts=BREAKER_ACCOUNTS):
    return [await attempt(breaker, f"{tenant}{number % accounts}", tenant) for number in range(attempts)]


def refused(outcome):
    return isinstance(outcome, BankFailure) and outcome.held_back


async def test_a_tenant_cannot_shut_a_bank_for_another():
    """However many calls of its accounts fail, only its own circuit opens; a few failures of another add little."""
    breaker = guarded(Script(503))
    assert refused((await fail(breaker, "a", 200))[-1])

    assert not any(refused(outcome) for outcome in await fail(breaker, "b", 6))
    assert refused(await attempt(breaker, "a1", "a"))


async def test_what_several_tenants_see_opens_it_for_all():
    """Also for a new tenant; each has a probe of its own, and one answer suffices."""
    wire = Script(503)
    breaker = guarded(wire)
    for number in range(BREAKER_FAILURES):
        tenant = "ab"[number % 2]
        await attempt(breaker, f"{tenant}{number % 6}", tenant)

    assert [refused(await attempt(breaker, "1", tenant)) for tenant in "abcd"] == [True] * 4
    await asyncio.sleep(BREAKER_FIRST_OPEN_SECONDS)
    assert await attempt(breaker, "a1", "a") == 503
    assert refused(await attempt(breaker, "a1", "a"))
    wire.outcomes = [200]
    assert [await attempt(breaker, "1", tenant) for tenant in "bcda"] == [200] * 4
    assert breaker.troubled("inter") is None


async def test_many_tenants_with_an_account_each_see_an_outage_as_soon_as_one_with_many():
    """The fifteenth failure opens it."""
    breaker = guarded(Script(503))
    outcomes = [await attempt(breaker, str(number), str(number)) for number in range(BREAKER_FAILURES)]

    assert not any(refused(outcome) for outcome in outcomes)
    assert refused(await attempt(breaker, "late", "late"))


async def test_a_probe_that_waits_keeps_no_other_tenant_waiting():
    """A hostile tenant's probe lasts for ever: another tenant's goes through meanwhile, and closes the circuit."""
    wire = Script(503)
    breaker = guarded(wire)
    for number in range(2 * BREAKER_FAILURES):
        await attempt(breaker, str(number % 8), "ab"[number % 2])
    assert refused(await attempt(breaker, "1", "b"))
    await asyncio.sleep(BREAKER_FIRST_OPEN_SECONDS)
    wire.seconds, wire.outcomes = 1000, [200]
    stalled = asyncio.create_task(ask(breaker, "1", "a"))
    await asyncio.sleep(1)
    wire.seconds = 0

    assert await attempt(breaker, "1", "b") == 200
    stalled.cancel()
    await asyncio.gather(stalled, return_exceptions=True)
