"""At every bank one refusal of credentials that have worked stops nothing, and a lasting one stops the second time."""

import io
from datetime import timedelta

import pytest

import contracts
from contracts.schema import OperationKind
from gateway import logs
from tests.year.erp import Erp
from tests.year.test_year import BEGIN, YEAR, House

pytestmark = pytest.mark.anyio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def house(tmp_path_factory):
    """One gateway and its tenant for all: each test has an account of its own."""
    logs.configure("CRITICAL", io.StringIO())
    house = House(tmp_path_factory.mktemp("house"))
    async with house.client() as house.tenant:
        yield house


def refusals():
    """At each bank one 401 where it gives tokens, and where it gives statements two, or one without a token."""
    for slug in contracts.banks():
        twice = 1 if contracts.load(slug).authentication.grant == "basic" else 2
        kinds = {name: operation.kind for name, operation in contracts.load(slug).operations.items()}
        for kind in (OperationKind.TOKEN, OperationKind.STATEMENT):
            name = next((name for name in kinds if kinds[name] is kind), None)
            if name is not None:
                yield pytest.param(slug, name, 1 if kind is OperationKind.TOKEN else twice, id=f"{slug}-{kind}")


@pytest.mark.parametrize(("slug", "operation", "times"), list(refusals()))
async def test_one_contradiction_stops_nothing(house, slug, operation, times):
    """A 401 at the token host; two at the statement, the second right after a fresh token."""
    house.clock.put(house.clock.now().replace(hour=BEGIN.hour) + DAY)
    _, held = house.account(slug, "", YEAR.certificate_days)
    erp = Erp(house.tenant, house.simulation.listing(held))
    await erp.enable(held.form)
    for lasting in (False, True):
        # Without a round of renewals meanwhile, so that a token is needed.
        house.clock.put(house.clock.now() + DAY)
        erp.failures.clear()
        today = house.clock.now().date()
        parameters = {"status": 401, "body": '{"error": "unauthorized"}'}
        world, limit = house.simulation.world, 0 if lasting else times
        fault = world.inject(slug, held.number, operation, "status", parameters, times=limit)

        await erp.daily(today)
        assert erp.failures.total() == 1
        assert (await erp.state())["state"] == "bank_failing"

        if not lasting:
            await erp.daily(today)
            assert erp.failures.total() == 1
            assert (await erp.state())["state"] == "active"
    house.clock.put(house.clock.now() + HOUR)
    await erp.daily(today)
    state = await erp.state()
    assert (state["state"], state["last_failure"]["actor"]) == ("needs_action", "user")

    house.simulation.world.faults.remove(fault)
    assert await house.app.state["parts"].all_tenants.revive(slug, erp.account_id) == 1
    await erp.daily(today)
    assert (await erp.state())["state"] == "active"
