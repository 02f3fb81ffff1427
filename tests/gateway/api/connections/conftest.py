"""What connections are tried with."""

import pytest

from tests.gateway.api.connections.server import Server


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def server():
    return Server()
