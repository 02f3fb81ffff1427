"""What a bank without a limit has said to one process holds for all."""

import asyncio
from datetime import timedelta

import pytest

from gateway.limits import QUOTA_CLOSED_SECONDS
from gateway.quotas.reservations import QuotaKey
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.holds import Holds
from gateway.storage.shared.quotas import Quotas
from tests.clocks import FixedClock
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

KEY = QuotaKey("itau", "statement", "CANARY-client")
OTHERS = (KEY._replace(bank="stone"), KEY._replace(quota="balance"), KEY._replace(caller="another"))


class Process:
    """One of several processes with one database."""

    def __init__(self, database: Database, vault: Vault, wall: FixedClock) -> None:
        self.quotas = Quotas(database, vault, wall=wall)
        self.holds = Holds(database, vault, self.quotas, ("itau", "stone"), wall=wall)

    async def is_told(self, key: QuotaKey, seconds: float) -> None:
        """A bank says something to this process, which notes it."""
        self.holds.note(key, seconds)
        await self.quotas.aclose()

    async def knows(self, key: QuotaKey = KEY) -> float:
        """For how many seconds it sends nothing, after a look."""
        await self.holds.look()
        room = self.holds.in_force(key)
        return room.closed if room is not None else 0.0


async def test_another_process_and_one_that_starts_later_know_it(database: Database, vault: Vault) -> None:
    """Until the time that the bank has named; of that client and operation only."""
    wall = FixedClock(NOW)
    first, second = Process(database, vault, wall), Process(database, vault, wall)
    assert await second.knows() == 0.0

    await first.is_told(KEY, 60.0)

    assert [await each.knows() for each in (first, second, Process(database, vault, wall))] == [60.0] * 3
    assert [await second.knows(key) for key in OTHERS] == [0.0] * 3
    wall.moment += timedelta(seconds=59)
    assert await second.knows() == 1.0
    wall.moment += timedelta(seconds=1)
    assert await second.knows() == 0.0


async def test_it_is_kept_between_looks_and_renewed(database: Database, vault: Vault) -> None:
    """Each look reads only what is new; a bank that says so again is believed again."""
    wall = FixedClock(NOW)
    first, second = Process(database, vault, wall), Process(database, vault, wall)
    await first.is_told(KEY, 200.0)
    assert await second.knows() == 200.0
    for passed in range(10, 100, 10):
        wall.moment = NOW + timedelta(seconds=passed)
        assert await second.knows() == 200.0 - passed

    await first.is_told(KEY, 250.0)

    assert await second.knows() == 250.0


async def test_a_mistaken_time_shuts_nobody_out_for_long(database: Database, vault: Vault) -> None:
    """As within a process it is cut, and callers are told the time that the bank has named."""
    wall = FixedClock(NOW)
    first, second = Process(database, vault, wall), Process(database, vault, wall)

    await first.is_told(KEY, 7200.0)

    assert await second.knows() == QUOTA_CLOSED_SECONDS
    room = second.holds.in_force(KEY)
    assert room is not None
    assert room.unwanted == 7200.0
    wall.moment += timedelta(seconds=QUOTA_CLOSED_SECONDS)
    assert await second.knows() == 0.0


async def test_rows_of_banks_with_limits_are_not_read(database: Database, vault: Vault) -> None:
    """Each of their calls changes one, and asks there itself."""
    process = Process(database, vault, FixedClock(NOW))

    await process.is_told(KEY._replace(bank="inter"), 60.0)

    assert await process.knows(KEY._replace(bank="inter")) == 0.0


async def test_nothing_is_lost_between_two_looks(database: Database, vault: Vault) -> None:
    """What was written with another machine's clock, which is a little behind, is found by the next look."""
    wall, behind = FixedClock(NOW), FixedClock(NOW - timedelta(seconds=1))
    first, second = Process(database, vault, behind), Process(database, vault, wall)
    assert await second.knows() == 0.0

    await first.is_told(KEY, 60.0)

    assert await second.knows() == 59.0


async def test_it_looks_by_itself_until_it_is_left(database: Database, vault: Vault) -> None:
    """Else no process would learn what another was told; no task goes on without the database."""
    wall = FixedClock(NOW)
    first, second = Process(database, vault, wall), Process(database, vault, wall)
    await first.is_told(KEY, 60.0)
    before = asyncio.all_tasks()

    async with asyncio.timeout(30), second.holds.watched():
        while second.holds.in_force(KEY) is None:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)

    assert asyncio.all_tasks() <= before
