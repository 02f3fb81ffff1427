"""The application over all simulated banks, and a person in front of it."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks
from tests.gateway.pages.connect.person import Person

RETURN = "https://erp.example.com/volta"
ERP = "https://erp.example.com"


@pytest.fixture
def line() -> SimulatedBanks:
    """A line to all simulated banks."""
    return SimulatedBanks()


@pytest.fixture
def app(
    serve: Callable[..., Litestar], settings: Settings, line: SimulatedBanks, clock: FixedClock, logged: io.StringIO
) -> Litestar:
    """The application over that line."""
    return serve(settings, line, clock)


@pytest.fixture
async def person(app: Litestar, client: httpx.AsyncClient) -> AsyncIterator[Person]:
    """A person with a browser and without a key."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as browser:
        yield Person(browser)


@pytest.fixture
async def session(client: httpx.AsyncClient) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Makes sessions of a tenant that allows the ERP."""
    lists = {"return_addresses": [RETURN], "frame_ancestors": [ERP]}
    assert (await client.put("/v1/connect-settings", json=lists)).status_code == 200

    async def make(**body: Any) -> dict[str, Any]:
        answer = await client.post("/v1/connect-sessions", json={"return_to": RETURN, **body})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make
