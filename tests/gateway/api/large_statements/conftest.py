"""What large statements are tried with."""

import pytest

from gateway.statement import spool
from gateway.statement.spool import Room
from tests.gateway.api.large_statements.busy import BusyInter, Client
from tests.gateway.support import enabled


@pytest.fixture
def bank() -> BusyInter:
    """The line, in the place of one with few entries."""
    return BusyInter()


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """The room of this test's files."""
    room = Room(1 << 30)
    monkeypatch.setattr(spool, "ROOM", room)
    return room


@pytest.fixture
async def account(client: Client) -> str:
    """An enabled account."""
    return await enabled(client)
