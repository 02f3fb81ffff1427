"""A gateway over a simulated BTG Pactual, and a browser that the bank sends back to it."""

import io
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from litestar import Litestar

from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.pages.consent.support import SimulatedLine


@pytest.fixture
def line() -> SimulatedLine:
    """The line to the simulated bank."""
    return SimulatedLine()


@pytest.fixture
def app(
    serve: Callable[..., Litestar], settings: Settings, line: SimulatedLine, clock: FixedClock, logged: io.StringIO
) -> Litestar:
    """The application over that line."""
    return serve(settings, line, clock)


@pytest.fixture
async def stranger(app: Litestar, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the gateway: no key, and it takes HTML."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as browser:
        yield browser
