"""Renewals that are claimed by a process, which may die, wait or meet another one at any step."""

import asyncio
import contextvars
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from gateway.accounts.access.tokens import Tokens
from gateway.errors import BankFailure, GatewayError
from gateway.storage.accounts.remembered import StoredFailure
from gateway.storage.engine.database import Database
from tests.clocks import FixedClock
from tests.gateway.accounts.access.tokens.rotating import (
    FIRST,
    Bank,
    Broken,
    ask,
    stored,
)
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


async def test_two_processes_renew_once(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that finds the renewal claimed by another waits and takes its result."""
    bank.gate.clear()
    first = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    polled = 0

    async def sleep(seconds: float) -> None:
        nonlocal polled
        polled += 1
        if polled == 3:
            bank.gate.set()
            await first

    other = Tokens(rows, clock, wall=wall, sleep=sleep)

    assert await ask(other, bank) == await first
    assert bank.used == [FIRST]
    assert polled == 3


@pytest.mark.slow
async def test_waiting_for_another_process_is_bounded(
    rows: Broken, tokens: Tokens, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A claim that never ends and never grows stale is answered with deadline_exceeded."""
    bank.gate.clear()
    first = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()

    async def sleep(seconds: float) -> None: ...

    with pytest.raises(GatewayError, match="deadline_exceeded"):
        await ask(Tokens(rows, clock, wall=wall, sleep=sleep), bank)

    bank.gate.set()
    await first
    assert bank.used == [FIRST]


async def test_a_cancelled_caller_does_not_lose_the_successor(tokens: Tokens, bank: Bank, database: Database) -> None:
    """When every caller goes away in the middle, the conversation still ends and its result is stored."""
    bank.gate.clear()
    callers = [asyncio.create_task(ask(tokens, bank)) for _ in range(3)]
    await bank.arrived.wait()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert all(caller.cancelled() for caller in callers)

    bank.gate.set()
    await tokens.aclose()

    assert (await stored(database)).renewing_since is None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_a_crash_before_the_claim_changes_nothing(tokens: Tokens, rows: Broken, bank: Bank) -> None:
    """When the claim cannot be written, nothing is sent, and the next attempt goes well."""
    rows.broken = {"mark"}
    with pytest.raises(OperationalError):
        await ask(tokens, bank)
    assert bank.used == []

    rows.broken = set()
    assert (await ask(tokens, bank)).access == "CANARY-access-1"


async def test_a_crash_before_sending_is_mended_after_the_claim_is_stale(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that died between claim and request leaves the refresh token usable."""
    bank.failure = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        await ask(tokens, bank)
    bank.failure = None

    async def sleep(seconds: float) -> None:
        wall.moment += timedelta(seconds=10)

    restarted = Tokens(rows, clock, wall=wall, sleep=sleep)

    assert (await ask(restarted, bank)).access == "CANARY-access-1"
    assert wall.moment > NOW + timedelta(seconds=60)


async def test_a_crash_after_spending_is_tried_once_and_never_again(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A successor lost with its process is asked for once more; the refusal is remembered, and nothing more is sent."""
    bank.fail_after_spending = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        await ask(tokens, bank)
    wall.moment = NOW + timedelta(seconds=61)

    with pytest.raises(BankFailure, match="invalid_credentials") as refused:
        await ask(Tokens(rows, clock, wall=wall), bank)
    assert refused.value.conclusive
    for _ in range(3):
        with pytest.raises(StoredFailure, match="invalid_credentials"):
            await ask(Tokens(rows, clock, wall=wall), bank)

    assert bank.used == [FIRST, FIRST]


async def test_a_successor_that_cannot_be_stored_is_kept_and_given_to_no_caller(
    tokens: Tokens, rows: Broken, bank: Bank, database: Database
) -> None:
    """While the database fails the successor waits in memory, and is stored before anything else is tried."""
    rows.broken = {"put"}
    for _ in range(2):
        with pytest.raises(OperationalError):
            await ask(tokens, bank)

    rows.broken = set()
    found = await ask(tokens, bank)

    assert found.access == "CANARY-access-1"
    assert bank.used == [FIRST]
    assert (await stored(database)).renewing_since is None


async def test_a_successor_that_cannot_be_stored_outlives_its_trial_and_what_is_forgotten_of_others(
    rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """The credentials are typed again, and meanwhile another account is removed: the refresh token is spent once."""

    async def sleeps(_: float) -> None:
        wall.moment += timedelta(seconds=61)

    tokens = Tokens(rows, clock, wall=wall, sleep=sleeps)
    rows.broken = {"put"}
    with pytest.raises(OperationalError):
        await ask(tokens.trial(), bank)

    rows.broken = set()
    tokens.forget("acc-2")

    assert (await ask(tokens.trial(), bank)).access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_a_refusal_that_cannot_be_stored_is_remembered_all_the_same(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, database: Database
) -> None:
    """A refused refresh token is not sent again although the database failed when the refusal was written."""
    bank.failure = BankFailure("consent_revoked", bank="bs2", at="token", detail="the consent was revoked")
    rows.broken = {"bury"}
    with pytest.raises(OperationalError):
        await ask(tokens, bank)
    wall.moment = NOW + timedelta(minutes=5)

    rows.broken, bank.failure = set(), None
    with pytest.raises(StoredFailure):
        await ask(tokens, bank)

    assert bank.used == []
    assert (await stored(database)).dead is not None


async def test_a_refusal_by_status_alone_gives_the_claim_back(tokens: Tokens, bank: Bank, database: Database) -> None:
    """A token host that refuses once does not end a chain that has worked; that of a trial has not worked yet."""
    bank.failure = BankFailure("consent_expired", bank="bs2", at="token", detail="401", status_alone=True)
    with pytest.raises(BankFailure):
        await ask(tokens, bank)
    row = await stored(database)
    assert (row.renewing_since, row.dead) == (None, None)
    with pytest.raises(BankFailure):
        await ask(tokens.trial(), bank)

    bank.failure = None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    with pytest.raises(StoredFailure):
        await ask(tokens.trial(), bank)


async def test_nothing_sent_gives_the_claim_back(tokens: Tokens, bank: Bank, database: Database) -> None:
    """After a connection that failed before sending, the next caller may try at once."""
    bank.failure = BankFailure("bank_unavailable", bank="bs2", at="token", detail="refused", nothing_sent=True)
    with pytest.raises(BankFailure):
        await ask(tokens, bank)
    assert (await stored(database)).renewing_since is None

    bank.failure = None
    assert (await ask(tokens, bank)).access == "CANARY-access-1"


async def test_silence_leaves_the_claim(tokens: Tokens, bank: Bank, database: Database) -> None:
    """When it is not known whether the refresh token arrived, no process tries before the claim is stale."""
    bank.failure = BankFailure("bank_unavailable", bank="bs2", at="token", detail="silence", timed_out=True)

    with pytest.raises(BankFailure):
        await ask(tokens, bank)

    row = await stored(database)
    assert row.renewing_since == NOW
    assert row.dead is None


async def test_a_long_renewal_shows_signs_of_life(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversation that lasts keeps its claim fresh, and survives a database that fails at that."""
    monkeypatch.setattr("gateway.accounts.access.tokens.TOKEN_HEARTBEAT_SECONDS", 0.0)
    beats = 0
    extend = rows.extend

    async def beat(*args: Any) -> bool:
        nonlocal beats
        beats += 1
        # The first is the look before the wire.
        rows.broken = {"extend"} if beats == 2 else set()
        if beats == 4:
            bank.gate.set()
        return await extend(*args)

    monkeypatch.setattr(rows, "extend", beat)
    bank.gate.clear()

    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    assert beats >= 4


async def test_a_renewal_that_lasts_longer_than_a_claim_is_taken_over_by_nobody(
    tokens: Tokens,
    rows: Broken,
    bank: Bank,
    wall: FixedClock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its signs of life are in the table: else another process would spend the same refresh token."""
    monkeypatch.setattr("gateway.accounts.access.tokens.TOKEN_HEARTBEAT_SECONDS", 0.0)
    beaten, extend = asyncio.Event(), rows.extend

    async def beat(claimed: Any, now: Any) -> Any:
        found = await extend(claimed, now)
        if now == wall.moment:
            beaten.set()
        return found

    monkeypatch.setattr(rows, "extend", beat)
    bank.gate.clear()
    slow = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    for seconds in (50, 100):
        wall.moment = NOW + timedelta(seconds=seconds)
        beaten.clear()
        await beaten.wait()

    assert await rows.mark("acc-1", "active", (await stored(database)).version, wall.now()) is None
    bank.gate.set()
    await slow
    assert bank.used == [FIRST]


async def test_a_process_that_is_held_up_again_and_again_sends_nothing(
    rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """Each time another one takes the renewal over; its caller is told to come again."""

    async def sleeps(_: float = 0) -> None:
        wall.moment += timedelta(seconds=61)

    async def is_overtaken() -> None:
        await sleeps()
        row = await rows.load("acc-1", "active")
        assert row is not None
        assert await rows.mark("acc-1", "active", row.version, wall.now()) is not None
        bank.on_the_way = is_overtaken

    bank.on_the_way = is_overtaken

    with pytest.raises(GatewayError, match="deadline_exceeded"):
        await ask(Tokens(rows, clock, wall=wall, sleep=sleeps), bank)
    assert bank.used == []


async def test_a_process_that_slept_before_its_claim_spends_no_token_that_was_spent_meanwhile(
    rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had read is out of date, although nobody has the claim any more: it takes the other one's token."""
    mark = rows.mark

    async def late(*args: Any) -> Any:
        monkeypatch.setattr(rows, "mark", mark)
        await elsewhere(ask(Tokens(rows, clock, wall=wall), bank))
        return await mark(*args)

    async def sleep(seconds: float) -> None: ...

    monkeypatch.setattr(rows, "mark", late)

    assert (await ask(Tokens(rows, clock, wall=wall, sleep=sleep), bank)).access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_a_process_that_slept_before_the_wire_sends_nothing(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """Another one has renewed the token meanwhile: its token is taken, and the old one is not spent twice."""

    async def sleeps() -> None:
        wall.moment = NOW + timedelta(seconds=61)
        await elsewhere(ask(Tokens(rows, clock, wall=wall), bank))

    bank.on_the_way = sleeps

    assert (await ask(tokens, bank)).access == "CANARY-access-1"
    assert bank.used == [FIRST]


async def test_a_process_that_slept_does_not_disturb_the_renewal_that_is_under_way(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock, database: Database
) -> None:
    """It waits for the other one, and leaves its claim alone."""
    others: list[asyncio.Task[Any]] = []
    claims = []

    async def sleeps() -> None:
        bank.gate.clear()
        wall.moment = NOW + timedelta(seconds=61)
        others.append(elsewhere(ask(Tokens(rows, clock, wall=wall), bank)))
        await bank.arrived.wait()

    async def waits(seconds: float) -> None:
        claims.append((await stored(database)).renewing_since)
        bank.gate.set()
        await others[0]

    bank.on_the_way = sleeps

    assert (await ask(Tokens(rows, clock, wall=wall, sleep=waits), bank)).access == "CANARY-access-1"
    assert claims == [NOW + timedelta(seconds=61)]
    assert bank.used == [FIRST]


@pytest.mark.parametrize(
    "failure",
    [
        BankFailure("bank_unavailable", bank="bs2", at="token", detail="refused", nothing_sent=True),
        BankFailure("consent_expired", bank="bs2", at="token", detail="401", status_alone=True),
        BankFailure("consent_revoked", bank="bs2", at="token", detail="revoked"),
    ],
    ids=lambda failure: failure.code,
)
async def test_what_a_bank_says_to_a_process_whose_claim_is_lost_changes_no_row(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, database: Database, failure: BankFailure
) -> None:
    """The other process has the claim, and will see for itself."""
    row = await claimed_by_two(tokens, rows, bank, wall, database, failure)

    assert row.renewing_since == NOW + timedelta(seconds=61)
    assert row.dead is None


def elsewhere(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """The work, begun in another process: it inherits no claim."""
    return asyncio.create_task(work, context=contextvars.Context())


async def claimed_by_two(
    tokens: Tokens, rows: Broken, bank: Bank, wall: FixedClock, database: Database, failure: BankFailure
) -> Any:
    """The row after a process sent its refresh token, slept, lost its claim to another one, and was answered so."""
    bank.gate.clear()
    bank.fail_after_spending = failure
    slow = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    version = (await stored(database)).version
    wall.moment = NOW + timedelta(seconds=61)
    assert await rows.mark("acc-1", "active", version, wall.now()) is not None
    bank.gate.set()
    await asyncio.wait({slow}, timeout=0.5)
    row = await stored(database)
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    return row


async def test_a_late_successor_wins_over_a_premature_refusal(
    tokens: Tokens, rows: Broken, bank: Bank, clock: FixedClock, wall: FixedClock
) -> None:
    """A process that took over too early and was refused does not destroy the successor that then arrives."""
    bank.gate.clear()
    slow = asyncio.create_task(ask(tokens, bank))
    await bank.arrived.wait()
    wall.moment = NOW + timedelta(minutes=10)
    with pytest.raises(BankFailure, match="invalid_credentials"):
        await ask(Tokens(rows, clock, wall=wall), bank)

    bank.gate.set()
    await slow

    assert (await ask(Tokens(rows, clock, wall=wall), bank)).access == "CANARY-access-1"
