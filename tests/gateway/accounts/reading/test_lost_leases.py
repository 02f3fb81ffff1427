"""A reading that has lost its lease answers its callers, and records nothing."""

import asyncio
from datetime import timedelta

import pytest

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.reading.leases import Leases
from gateway.clock import SystemClock
from gateway.errors import BankFailure
from gateway.limits import LEASE_STALE
from gateway.model import Period
from gateway.parts import Resources, composed
from gateway.storage.accounts.records import State
from gateway.storage.shared.leases import Lease, LeaseRows
from gateway.storage.shared.tokens import TokenRows
from tests.gateway.importing.town import BEGIN, Town
from tests.gateway.storage.support import tenant_added

pytestmark = pytest.mark.anyio

YESTERDAY = BEGIN.date() - timedelta(days=1)
DAYS = Period(YESTERDAY, YESTERDAY)


@pytest.mark.parametrize("lost", [True, False])
async def test_a_late_failure_stops_no_integration(database, vault, lost):
    """Another node has read meanwhile; with its lease the same failure is recorded."""
    town, rows = Town(database, vault), LeaseRows(database, vault)
    tokens = Tokens(TokenRows(database, vault), town.clock)
    parts = composed(Resources(database, vault, town, town.clock, tokens, Leases(rows)))
    tenant = await tenant_added(database, "a")
    process = type("Process", (), {"parts": parts})
    (record,) = await town.accounts(process, "1234567-8", tenant=tenant)
    town.gate.clear()
    town.arrived.clear()
    reading = asyncio.create_task(parts.readings.read(tenant, record.id, DAYS))
    await town.arrived.wait()
    if lost:
        integration = await parts.registered.integration(record)
        later = SystemClock().now() + 2 * LEASE_STALE
        taken = await rows.take(Lease.of(record.id, DAYS), integration.enabled_at, now=later, stale=later - LEASE_STALE)
        assert taken is None
    town.bank.failure = BankFailure("consent_revoked", bank="inter", at="statement", detail="revoked")
    town.bank.failure.conclusive = True
    town.gate.set()

    with pytest.raises(BankFailure):
        await reading
    await parts.readings.aclose()
    await tokens.aclose()
    state = (await parts.registered.integration(record)).state
    assert state is (State.ACTIVE if lost else State.NEEDS_ACTION)
