"""Readings with one credential take slots where the bank limits calls."""

import asyncio
from contextlib import asynccontextmanager

import pytest

import contracts
from gateway.errors import BankFailure
from gateway.limits import READINGS_WAITING_PER_CLIENT as MOST_WAITING
from gateway.model import Account, Credentials
from gateway.statement.reading_slots import ReadingSlots

pytestmark = pytest.mark.anyio

INTER, CORA, BS2 = map(contracts.load, ("inter", "cora", "bs2"))


@pytest.fixture
def anyio_backend():
    return "asyncio"


def account(client="c", tenant="A", number="1", **more):
    credentials = Credentials({"client_id": client, "client_secret": "s", "certificate": "-----\nA\n-----\n"} | more)
    return Account(
        id=f"{tenant}{number}",
        bank="inter",
        kind="PJ",
        branch="0001",
        number="12345678",
        holder_tax_id="11222333000181",
        credentials=credentials,
        tenant=tenant,
    )


async def read(slots, name, log, contract=INTER, who=None, seconds=60.0):
    """One reading, which lets others have their turn while it lasts."""
    deadline = asyncio.get_running_loop().time() + seconds
    async with slots.held(contract, who or account(), deadline):
        log.append(f"{name} begins")
        for _ in range(3):
            await asyncio.sleep(0)
        log.append(f"{name} ends")


@asynccontextmanager
async def all_taken(slots, contract=INTER):
    """The tenant has all the slots that it may have."""
    async with slots.held(contract, account(number="8"), 1e12), slots.held(contract, account(number="9"), 1e12):
        yield


async def test_readings_of_one_credential_begin_in_the_order_in_which_they_came():
    """Each once there is a place, of which there are few."""
    slots, log = ReadingSlots(), []

    await asyncio.gather(*(read(slots, name, log, who=account(number=name)) for name in "abcd"))

    assert log == [f"{name} {what}" for pair in ("ab", "cd") for what in ("begins", "ends") for name in pair]


async def test_a_crowd_of_one_tenant_leaves_turns_to_others():
    """Tenants with the same client: neither the readings of one, which may stall, nor its queue delay another."""
    slots, log = ReadingSlots(), []
    async with all_taken(slots):
        crowd = [asyncio.create_task(read(slots, "A", [], who=account(number=str(n)))) for n in range(MOST_WAITING)]
        await asyncio.sleep(0)
        for tenant in "BC":
            await read(slots, tenant, log, who=account(tenant=tenant), seconds=0.0)
    outcomes = await asyncio.gather(*crowd, return_exceptions=True)

    assert log == ["B begins", "B ends", "C begins", "C ends"]
    assert sum(isinstance(each, BankFailure) for each in outcomes) == MOST_WAITING // 2


@pytest.mark.parametrize(("contract", "other"), [(CORA, "c"), (BS2, "c"), (INTER, "another")])
async def test_others_do_not_wait(contract, other):
    """At a bank that limits no call of a reading, only tokens at most, and of another client: all go side by side."""
    slots, log = ReadingSlots(), []
    async with all_taken(slots, contract):
        await read(slots, "c", log, contract, account(other), seconds=-1.0)

    assert log == ["c begins", "c ends"]


@pytest.mark.parametrize(
    "same",
    [
        {"certificate": "-----\r\nA\r\n-----\r\n"},
        {"certificate": "-----\nB\n-----\n", "private_key": "B"},
        {"client_secret": "renewed"},
        {"client": " C "},
    ],
)
async def test_one_client_in_another_form_takes_turns_with_itself(same):
    """Line ends, a renewed certificate and another secret make no other client of it."""
    slots, log = ReadingSlots(), []
    async with all_taken(slots):
        with pytest.raises(BankFailure):
            await read(slots, "late", log, INTER, account(**same), seconds=-1.0)

    assert log == []


async def test_a_reading_that_would_wait_too_long_is_refused():
    """At its deadline, or at once behind too many others; those others are not disturbed."""
    slots, log = ReadingSlots(), []
    async with all_taken(slots):
        with pytest.raises(BankFailure) as late:
            await read(slots, "late", log, seconds=-1.0)
        most = MOST_WAITING // 2
        waiting = [asyncio.create_task(read(slots, str(n), log, who=account(number=str(n)))) for n in range(most)]
        await asyncio.sleep(0)
        with pytest.raises(BankFailure) as crowded:
            await read(slots, "crowded", log)
    await asyncio.gather(*waiting)

    for refusal in (late.value, crowded.value):
        assert (refusal.code, refusal.held_back, refusal.retry_after) == ("rate_limited", True, 60)
    assert len(log) == 2 * most


async def test_a_reading_that_is_cancelled_gives_its_turn_back():
    """Whether it was waiting or under way."""
    slots, log = ReadingSlots(), []
    readings = [asyncio.create_task(read(slots, name, log)) for name in "abc"]
    await asyncio.sleep(0)
    for reading in readings:
        reading.cancel()
    await asyncio.gather(*readings, return_exceptions=True)

    await read(slots, "c", log)

    assert log[-1] == "c ends"
