"""The console in the process of the test, over two worlds whose clocks stand still."""

from datetime import datetime

import httpx
import pytest

from simulators.clock import BRASILIA, FrozenClock
from simulators.serving.server import application
from simulators.worlds.registry import Worlds

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)


@pytest.fixture(scope="package")
def worlds():
    found = Worlds(clock=lambda: FrozenClock(NOW))
    found.enter(found.made("outro", quotas=False, ready=False))
    return found


@pytest.fixture(scope="package")
def app(worlds):
    """Made once: it keeps nothing but the worlds."""
    return application(worlds)


@pytest.fixture
async def client(app):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9000") as client:
        yield client


@pytest.fixture
def opened(worlds):
    """Opens an account of a bank in a world, of which no test knows but the one that asks."""

    def make(bank, scenario="ok", world="outro"):
        simulation = worlds[world]
        return simulation.banks[bank].open_account(simulation.number_for(bank), scenario)

    return make
