"""Two nodes that are asked for the same: one reads, the other answers with what the first has left."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from msgspec.structs import replace
from sqlalchemy import Row, select

from gateway.accounts.reading.leases import Leases
from gateway.errors import GatewayError
from gateway.limits import HELD_ENTRIES, LEASE_POLL_SECONDS, LEASE_STALE, LEASE_WAIT_SECONDS
from gateway.model import DAY, Account, Period, Proof, Statement, Verdict
from gateway.statement.warnings import warning
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.leases import Held, Lease, LeaseRows
from gateway.storage.shared.tables import LEASES
from tests.clocks import FixedClock
from tests.gateway.storage.support import entry, hold_for_writing, tenant_added
from tests.gateway.storage.test_tenancy import Situation
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

Read: TypeAlias = Callable[[Lease | None, bool], Awaitable[Statement]]
TODAY = Period(NOW.date(), NOW.date())
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
        self.rows = LeaseRows(database, vault)
        self.wall = FixedClock(NOW)
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

        return Leases(self.rows, **{"wall": self.wall, "sleep": waiting} | changed)

    @property
    def account(self) -> Account:
        """The account, with its credentials."""
        credentials = self.integration.credentials
        assert credentials is not None
        return self.record.with_credentials(credentials, "production")

    def statement(self, entries: int = 3) -> Statement:
        """What the bank gives."""
        return Statement(
            account=self.account,
            period=TODAY,
            currency="BRL",
            opening_balance=Decimal("10.50"),
            closing_balance=None,
            complete_through=TODAY.last,
            proof=Proof(Verdict.PROVED, Decimal("0.00"), None),
            entries=[entry(f"e{number}", TODAY.last) for number in range(entries)],
            id_version=1,
            warnings=[warning("ids_renewed", "because")],
            fetched_at=NOW,
        )

    async def asked(self, node: Leases, read: Read | None = None, period: Period = TODAY) -> Statement:
        """The statement, of one node."""
        return await node.one_reading(self.account, self.integration, period, read or self.read)

    async def read(self, lease: Lease | None, waited: bool) -> Statement:
        """Read at the bank, once that is allowed."""
        self.readings.append((lease, waited))
        self.begun.set()
        await self.may_end.wait()
        return self.statement()

    async def taken(self, lease: Lease, now: datetime = NOW, enabled_at: datetime | None = None) -> object:
        """What taking a lease gives."""
        enabled_at = enabled_at or self.integration.enabled_at or NOW
        return await self.rows.take(lease, enabled_at, now=now, stale=now - LEASE_STALE)

    async def fail(self, lease: Lease | None, waited: bool) -> Statement:
        """Fail at the bank once that is allowed."""
        self.readings.append((lease, waited))
        self.begun.set()
        await self.may_end.wait()
        raise GatewayError("deadline_exceeded", "the bank")

    async def left(self) -> list[Row[Any]]:
        """The leases that are in the table."""
        return await self.database.transact(lambda connection: list(connection.execute(select(LEASES)).all()))

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
    one = asyncio.create_task(nodes.asked(first))
    await nodes.begun.wait()
    other = asyncio.create_task(nodes.asked(second))
    await nodes.waits.wait()
    nodes.may_end.set()

    assert (await one, await other) == (nodes.statement(), nodes.statement())
    assert len(nodes.readings) == 1
    for each in (first, second):
        await each.aclose()
    (left,) = await nodes.left()
    assert left.sealed is not None
    assert '"BRL"' not in left.sealed


async def test_what_was_left_is_not_given_to_those_who_come_later(nodes: Nodes) -> None:
    """They have not waited for it, and may want what the bank says now; and nothing stays where nobody waits."""
    await test_two_nodes_read_once(nodes)

    later = nodes.node()
    assert await nodes.asked(later) == nodes.statement()
    await later.aclose()

    assert [waited for _, waited in nodes.readings] == [False, False]
    assert await nodes.left() == []


async def test_disabling_erases_what_was_left(nodes: Nodes) -> None:
    """Like all that is kept of the bank; another account is read on."""
    await test_two_nodes_read_once(nodes)
    other = replace(Lease.of(nodes.record.id, TODAY), account_id="other")
    await nodes.taken(other)

    await nodes.situation.stored.integrations.disable(nodes.record.tenant_id, nodes.record.id)

    assert [row.owner for row in await nodes.left()] == [other.owner]


async def test_a_very_large_statement_is_not_left(nodes: Nodes) -> None:
    """Whoever has waited for it reads it."""
    many = nodes.statement(HELD_ENTRIES + 1)

    async def read(lease: Lease | None, waited: bool) -> Statement:
        await nodes.read(lease, waited)
        return many

    one = asyncio.create_task(nodes.asked(nodes.node(), read))
    await nodes.begun.wait()
    other = asyncio.create_task(nodes.asked(nodes.node(), read))
    await nodes.waits.wait()
    nodes.may_end.set()

    assert (await one, await other) == (many, many)
    assert [waited for _, waited in nodes.readings] == [False, True]


async def test_other_periods_are_read_at_the_same_time(nodes: Nodes) -> None:
    """As within a process: what the bank documents holds them back, and nothing else."""
    node, other = nodes.node(), Period(TODAY.first - DAY, TODAY.last)
    one = asyncio.create_task(nodes.asked(node))
    await nodes.begun.wait()
    nodes.begun.clear()
    two = asyncio.create_task(nodes.asked(nodes.node(), period=other))
    await nodes.begun.wait()
    nodes.may_end.set()

    await asyncio.gather(one, two)
    assert [waited for _, waited in nodes.readings] == [False, False]


async def test_what_a_reading_leaves_is_for_those_who_wait_for_it_alone(nodes: Nodes) -> None:
    """Whoever waits for another period would be given the days of this one, and read beside the other node."""
    mine, other = Lease.of(nodes.record.id, TODAY), Lease.of(nodes.record.id, Period(TODAY.first - DAY, TODAY.last))
    for each in (mine, other):
        assert await nodes.taken(each) is None
        assert await nodes.taken(replace(each, owner="waits")) == Held(each.owner)

    await nodes.rows.end([(mine, lambda: "mine")], NOW)

    waits = replace(other, owner="waits")
    enabled_at = nodes.integration.enabled_at or NOW
    given = await nodes.rows.take(waits, enabled_at, now=NOW, stale=NOW - LEASE_STALE, awaited=other.owner)
    assert given == Held(other.owner)


async def test_a_node_that_died_holds_nobody_up_longer_than_its_lease(nodes: Nodes) -> None:
    """Whoever waits takes over when it is stale, and reads."""
    dead = Lease.of(nodes.record.id, TODAY)
    assert await nodes.taken(dead) is None
    nodes.may_end.set()

    assert await nodes.asked(nodes.node()) == nodes.statement()
    assert nodes.wall.moment - NOW <= LEASE_STALE + timedelta(seconds=2 * LEASE_POLL_SECONDS)
    assert len(nodes.readings) == 1


async def test_a_lease_of_credentials_that_were_replaced_holds_nobody_up(nodes: Nodes) -> None:
    """Its reading is of no use to a caller of the new ones."""
    old = Lease.of(nodes.record.id, TODAY)
    before = (nodes.integration.enabled_at or NOW) - timedelta(minutes=1)
    assert await nodes.taken(old, enabled_at=before) is None
    nodes.may_end.set()

    await nodes.asked(nodes.node())

    assert nodes.wall.moment == NOW


@pytest.mark.parametrize("before", ["stale", "left", "replaced"])
async def test_a_lease_that_is_taken_over_is_the_new_readings_alone(nodes: Nodes, before: str) -> None:
    """Nothing of the one before stays: nobody is given what that one has left, or reads beside the new one."""
    old, new, waits = (Lease.of(nodes.record.id, TODAY) for _ in range(3))
    enabled_at = nodes.integration.enabled_at or NOW
    assert await nodes.taken(old, enabled_at=enabled_at - timedelta(minutes=before == "replaced")) is None
    if before == "left":
        assert await nodes.taken(waits) == Held(old.owner)
        await nodes.rows.end([(old, lambda: "old")], NOW)
    now = NOW + 2 * LEASE_STALE if before == "stale" else NOW

    assert await nodes.taken(new, now) is None

    given = await nodes.rows.take(waits, enabled_at, now=now, stale=now - LEASE_STALE, awaited=new.owner)
    assert given == Held(new.owner)


async def test_what_was_read_with_credentials_that_were_replaced_is_given_to_nobody(nodes: Nodes) -> None:
    """A caller of the new ones who has waited for it reads with them."""
    old, waits = (Lease.of(nodes.record.id, TODAY) for _ in range(2))
    enabled_at = nodes.integration.enabled_at or NOW
    for each, found in ((old, None), (waits, Held(old.owner))):
        assert await nodes.taken(each, enabled_at=enabled_at - timedelta(minutes=1)) == found
    await nodes.rows.end([(old, lambda: "old")], NOW)

    given = await nodes.rows.take(waits, enabled_at, now=NOW, stale=NOW - LEASE_STALE, awaited=old.owner)

    assert given is None


async def test_a_lease_that_is_renewed_is_waited_for_until_the_deadline(nodes: Nodes) -> None:
    """A process that is alive is never read beside, however long it takes; then the caller is told."""
    alive = Lease.of(nodes.record.id, TODAY)
    await nodes.taken(alive)

    async def waiting(seconds: float) -> None:
        nodes.wall.moment += timedelta(seconds=10 * seconds)
        await nodes.rows.renew([alive], nodes.wall.moment)

    node = nodes.node(sleep=waiting)
    with pytest.raises(GatewayError) as raised:
        await nodes.asked(node)

    assert raised.value.code == "deadline_exceeded"
    assert nodes.wall.moment - NOW >= timedelta(seconds=LEASE_WAIT_SECONDS)
    assert nodes.readings == []


@pytest.mark.parametrize("late", ["failure", "success"])
async def test_a_reading_that_lost_its_lease_records_no_outcome(nodes: Nodes, late: str) -> None:
    """A node that stood still while another took over never undoes what that one has recorded."""
    outcomes = nodes.situation.stored.outcomes
    tenant = nodes.record.tenant_id
    slow, quick = Lease.of(nodes.record.id, TODAY), Lease.of(nodes.record.id, TODAY)
    after = NOW + LEASE_STALE + timedelta(seconds=1)
    assert await nodes.taken(slow) is None
    assert await nodes.taken(quick, after) is None

    if late == "failure":
        assert await outcomes.succeeded(tenant, nodes.integration, TODAY, after, quick) is not None
        await outcomes.failed(tenant, nodes.integration, State.NEEDS_ACTION, FAILURE, lease=slow)
        assert await nodes.state() is State.ACTIVE
    else:
        await outcomes.failed(tenant, nodes.integration, State.NEEDS_ACTION, FAILURE, lease=quick)
        await nodes.rows.end([(quick, None)], after)
        assert await outcomes.succeeded(tenant, nodes.integration, TODAY, after, slow) is None
        assert await nodes.state() is State.NEEDS_ACTION


async def test_a_stale_lease_that_nobody_took_over_is_still_its_readings(nodes: Nodes) -> None:
    """A database that was away for a while makes no outcome go lost."""
    lease = Lease.of(nodes.record.id, TODAY)
    await nodes.taken(lease)

    late = NOW + 3 * LEASE_STALE
    given = await nodes.situation.stored.outcomes.succeeded(
        nodes.record.tenant_id, nodes.integration, TODAY, late, lease
    )

    assert given is not None


async def test_after_a_failure_the_other_reads_and_knows_that_it_has_waited(nodes: Nodes) -> None:
    """Nothing was stored; it looks its account up again first, because it has waited."""
    one = asyncio.create_task(nodes.asked(nodes.node(), nodes.fail))
    await nodes.begun.wait()
    other = asyncio.create_task(nodes.asked(nodes.node()))
    await nodes.waits.wait()
    nodes.may_end.set()

    with pytest.raises(GatewayError):
        await one
    assert await other == nodes.statement()
    assert [waited for _, waited in nodes.readings] == [False, True]


async def test_callers_that_go_away_leave_no_lease(nodes: Nodes) -> None:
    """Neither while they read nor while they wait."""
    first, second = nodes.node(), nodes.node()
    one = asyncio.create_task(nodes.asked(first))
    await nodes.begun.wait()
    other = asyncio.create_task(nodes.asked(second))
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

        assert await nodes.asked(node) == nodes.statement()

    assert nodes.readings == [(None, False)]
    await node.aclose()
    assert await nodes.left() == []


async def test_leases_of_the_dead_are_removed_now_and_then(nodes: Nodes) -> None:
    """Nobody may ever ask for that period again. A reading under way keeps its own: it could not record its outcome."""
    other = replace(Lease.of(nodes.record.id, TODAY), account_id="gone")
    await nodes.taken(other)
    nodes.may_end.set()
    node = nodes.node()
    nodes.wall.moment += timedelta(hours=2)
    alive = Lease.of(nodes.record.id, Period(TODAY.first - DAY, TODAY.last))
    await nodes.taken(alive, nodes.wall.moment)

    await nodes.asked(node)
    await node.aclose()

    assert [row.owner for row in await nodes.left()] == [alive.owner]
