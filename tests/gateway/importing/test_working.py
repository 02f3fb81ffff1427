"""The application imports by itself, over either database, when it is told to; otherwise it calls no bank."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.app import create_app
from gateway.storage.accounts.records import NewAccount
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import credentials, registration

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("switched", [True, False])
async def test_the_application_imports_when_it_is_told_to(settings, bank, clock, switched):
    """What was enabled before it stopped is imported after its next start."""
    one = create_app(settings, line=bank, clock=clock)
    async with one.lifespan():
        tenant = await tenant_added(one.state["parts"].database, "a")
        new = NewAccount(**registration(), credentials=credentials())
        await one.state["parts"].enrolment.register(tenant, new)

    bank.requests.clear()
    # Past the time over which first attempts are spread.
    clock.moment += timedelta(hours=1)
    again = create_app(replace(settings, daily_import=switched), line=bank, clock=clock)
    async with again.lifespan(), asyncio.timeout(60):
        while switched:
            (status,) = await again.state["parts"].imports.status()
            if status.done == 1:
                break
            await asyncio.sleep(0)

    assert bank.requests.count("statement") == switched
