"""Two nodes that are asked for the same: one reads, the other answers from what was stored."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.accounts.leases import Leases
from gateway.clock import FixedClock
from gateway.errors import GatewayError
from gateway.limits import LEASE_POLL_SECONDS, LEASE_STALE, LEASE_WAIT_SECONDS
from gateway.model import DAY, Period, Statement
from gateway.storage.database import Database
from gateway.storage.lease_tables import LeaseRow
from gateway.storage.leases import Lease, LeaseRows
from gateway.storage.records import AccountRecord, Integration, State
from gateway.storage.remembered import RememberedFailure
from gateway.storage.vault import Vault
from tests.gateway.storage.support import hold_for_writing, tenant_added
from tests.gateway.storage.test_tenancy import Situation
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

TODAY = Period(NOW.date(), NOW.date())
READ = cast("Statement", "read at the bank")
FAILURE = RememberedFailure(code="bank_unavailable", at="statement", detail="no", since=NOW)


class Nodes:
    """Nodes that share a database and a store of statements, and the account that they read.

    Args:
        database: of all.
        vault: likewise.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.vault = vault
        self.rows = LeaseRows(database)
        self.wall = FixedClock(NOW)
        self.stored: dict[tuple[str, Period], tuple[datetime, Statement]] = {}
        self.readings: list[tuple[Lease | None, bool]] = []
        """The leases of the readings at the bank, and whether they had to wait."""
        self.may_end = asyncio.Event()
        self.begun = asyncio.Event()
        self.waits = asyncio.Event()
        self.situation: Situation

    async def enrol(self) -> None:
        """Store an account."""
        self.situation = Situation(self.database, self.vault, await tenant_added(self.database, "a"))
        await self.situation.store()

    @property
    def record(self) -> AccountRecord:
        """The account."""
        return self.situation.record

    @property
    def integration(self) -> Integration:
        """Its integration."""
        return self.situation.integration

    def node(self, **changed: Any) -> Leases:
        """A node, for which time passes while it waits."""

        async def waiting(seconds: float) -> None:
            self.wall.moment += timedelta(seconds=seconds)
            self.waits.set()
            await asyncio.sleep(0)

        return Leases(self.rows, self.look, FixedClock(NOW), **{"wall": self.wall, "sleep": waiting} | changed)

    async def look(self, record: AccountRecord, period: Period, since: datetime) -> Statement | None:
        """What is stored, if it was fetched since then."""
        fetched_at, found = self.stored.get((record.id, period), (None, None))
        return found if fetched_at is not None and fetched_at >= since else None

    async def read(self, lease: Lease | None, waited: bool, period: Period = TODAY) -> Statement:
        """Read at the bank, and store, once that is allowed."""
        self.readings.append((lease, waited))
        self.begun.set()
        await self.may_end.wait()
        self.stored[self.record.id, period] = (NOW, READ)
        return READ

    async def fail(self, lease: Lease | None, waited: bool) -> Statement:
        """Fail at the bank once that is allowed."""
        self.readings.append((lease, waited))
        self.begun.set()
        await self.may_end.wait()
        raise GatewayError("deadline_exceeded", "the bank")

    async def left(self) -> list[LeaseRow]:
        """The leases that are in the table."""
        return await self.database.transact(lambda session: list(session.scalars(select(LeaseRow)).all()))

    async def state(self) -> State:
        """Of the integration, as it is recorded."""
        mine = self.record.tenant_id, self.record.id
        return (await self.situation.stored.integrations.integration(*mine)).state


@pytest.fixture
async def nodes(database: Database, vault: Vault) -> Nodes:
    """An enrolled account and its nodes."""
    made = Nodes(database, vault)
    await made.enrol()
    return made


async def test_two_nodes_read_once(nodes: Nodes) -> None:
    """The second waits for the first and answers from what it has stored; no lease is left."""
    first, second = nodes.node(), nodes.node()
    one = asyncio.create_task(first.one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.begun.wait()
    other = asyncio.create_task(second.one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.waits.wait()
    nodes.may_end.set()

    assert (await one, await other) == (READ, READ)
    assert len(nodes.readings) == 1
    for each in (first, second):
        await each.aclose()
    assert await nodes.left() == []


async def test_other_periods_are_read_at_the_same_time(nodes: Nodes) -> None:
    """As within a process: what the bank documents holds them back, and nothing else."""
    node, other = nodes.node(), Period(TODAY.first - DAY, TODAY.last)
    one = asyncio.create_task(node.one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.begun.wait()
    nodes.begun.clear()
    two = asyncio.create_task(nodes.node().one_reading(nodes.record, nodes.integration, other, nodes.read))
    await nodes.begun.wait()
    nodes.may_end.set()

    await asyncio.gather(one, two)
    assert [waited for _, waited in nodes.readings] == [False, False]


async def test_a_node_that_died_holds_nobody_up_longer_than_its_lease(nodes: Nodes) -> None:
    """Whoever waits takes over when it is stale, and reads."""
    dead = Lease.of(nodes.record.id, TODAY)
    enabled_at = nodes.integration.enabled_at or NOW
    assert await nodes.rows.take(dead, enabled_at, NOW, now=NOW, stale=NOW - LEASE_STALE) is None
    nodes.may_end.set()

    assert await nodes.node().one_reading(nodes.record, nodes.integration, TODAY, nodes.read) == READ
    assert nodes.wall.moment - NOW <= LEASE_STALE + timedelta(seconds=2 * LEASE_POLL_SECONDS)
    assert len(nodes.readings) == 1


async def test_a_lease_of_credentials_that_were_replaced_holds_nobody_up(nodes: Nodes) -> None:
    """Its reading is of no use to a caller of the new ones."""
    old = Lease.of(nodes.record.id, TODAY)
    before = (nodes.integration.enabled_at or NOW) - timedelta(minutes=1)
    assert await nodes.rows.take(old, before, NOW, now=NOW, stale=NOW - LEASE_STALE) is None
    nodes.may_end.set()

    await nodes.node().one_reading(nodes.record, nodes.integration, TODAY, nodes.read)

    assert nodes.wall.moment == NOW


async def test_a_lease_that_is_renewed_is_waited_for_until_the_deadline(nodes: Nodes) -> None:
    """A process that is alive is never read beside, however long it takes; then the caller is told."""
    alive = Lease.of(nodes.record.id, TODAY)
    enabled_at = nodes.integration.enabled_at or NOW
    await nodes.rows.take(alive, enabled_at, NOW, now=NOW, stale=NOW - LEASE_STALE)

    async def waiting(seconds: float) -> None:
        nodes.wall.moment += timedelta(seconds=10 * seconds)
        await nodes.rows.renew([alive], nodes.wall.moment)

    node = nodes.node(sleep=waiting)
    with pytest.raises(GatewayError) as raised:
        await node.one_reading(nodes.record, nodes.integration, TODAY, nodes.read)

    assert raised.value.code == "deadline_exceeded"
    assert nodes.wall.moment - NOW >= timedelta(seconds=LEASE_WAIT_SECONDS)
    assert nodes.readings == []


@pytest.mark.parametrize("late", ["failure", "success"])
async def test_a_reading_that_lost_its_lease_records_no_outcome(nodes: Nodes, late: str) -> None:
    """A node that stood still while another took over never undoes what that one has recorded."""
    outcomes = nodes.situation.stored.outcomes
    tenant, enabled_at = nodes.record.tenant_id, nodes.integration.enabled_at or NOW
    slow, quick = Lease.of(nodes.record.id, TODAY), Lease.of(nodes.record.id, TODAY)
    after = NOW + LEASE_STALE + timedelta(seconds=1)
    assert await nodes.rows.take(slow, enabled_at, NOW, now=NOW, stale=NOW - LEASE_STALE) is None
    assert await nodes.rows.take(quick, enabled_at, NOW, now=after, stale=after - LEASE_STALE) is None

    if late == "failure":
        assert await outcomes.succeeded(tenant, nodes.integration, TODAY, after, quick) is not None
        await outcomes.failed(tenant, nodes.integration, State.NEEDS_ACTION, FAILURE, lease=slow)
        assert await nodes.state() is State.ACTIVE
    else:
        await outcomes.failed(tenant, nodes.integration, State.NEEDS_ACTION, FAILURE, lease=quick)
        await nodes.rows.release([quick])
        assert await outcomes.succeeded(tenant, nodes.integration, TODAY, after, slow) is None
        assert await nodes.state() is State.NEEDS_ACTION


async def test_a_stale_lease_that_nobody_took_over_is_still_its_readings(nodes: Nodes) -> None:
    """A database that was away for a while makes no outcome go lost."""
    lease, enabled_at = Lease.of(nodes.record.id, TODAY), nodes.integration.enabled_at or NOW
    await nodes.rows.take(lease, enabled_at, NOW, now=NOW, stale=NOW - LEASE_STALE)

    late = NOW + 3 * LEASE_STALE
    given = await nodes.situation.stored.outcomes.succeeded(
        nodes.record.tenant_id, nodes.integration, TODAY, late, lease
    )

    assert given is not None


async def test_after_a_failure_the_other_reads_and_knows_that_it_has_waited(nodes: Nodes) -> None:
    """Nothing was stored; it looks its account up again first, because it has waited."""
    one = asyncio.create_task(nodes.node().one_reading(nodes.record, nodes.integration, TODAY, nodes.fail))
    await nodes.begun.wait()
    other = asyncio.create_task(nodes.node().one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.waits.wait()
    nodes.may_end.set()

    with pytest.raises(GatewayError):
        await one
    assert await other == READ
    assert [waited for _, waited in nodes.readings] == [False, True]


async def test_callers_that_go_away_leave_no_lease(nodes: Nodes) -> None:
    """Neither while they read nor while they wait."""
    first, second = nodes.node(), nodes.node()
    one = asyncio.create_task(first.one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.begun.wait()
    other = asyncio.create_task(second.one_reading(nodes.record, nodes.integration, TODAY, nodes.read))
    await nodes.waits.wait()
    for each in (other, one):
        each.cancel()
        await asyncio.wait({each})
    for node in (first, second):
        await node.aclose()

    assert await nodes.left() == []


async def test_a_database_that_stalls_holds_no_reading_up(nodes: Nodes) -> None:
    """It reads without a lease, and its outcome counts as that of the only process."""
    nodes.may_end.set()
    node = nodes.node(take_seconds=0.05)
    with nodes.database.engine.connect() as other, other.begin():
        hold_for_writing(other, "leases")

        assert await node.one_reading(nodes.record, nodes.integration, TODAY, nodes.read) == READ

    assert nodes.readings == [(None, False)]
    await node.aclose()
    assert await nodes.left() == []


async def test_leases_of_the_dead_are_removed_now_and_then(nodes: Nodes) -> None:
    """Nobody may ever ask for that period again."""
    other = replace(Lease.of(nodes.record.id, TODAY), account_id="gone")
    await nodes.rows.take(other, NOW, NOW, now=NOW, stale=NOW - LEASE_STALE)
    nodes.may_end.set()
    node = nodes.node()
    nodes.wall.moment += timedelta(hours=2)

    await node.one_reading(nodes.record, nodes.integration, TODAY, nodes.read)
    await node.aclose()

    assert await nodes.left() == []
