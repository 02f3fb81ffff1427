"""What tokens are tried with."""

import pytest

from gateway.accounts.access.tokens import Tokens
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from tests.clocks import FixedClock
from tests.gateway.accounts.access.tokens.rotating import Bank, Broken
from tests.gateway.support import NOW


@pytest.fixture
def bank() -> Bank:
    """A bank that rotates refresh tokens."""
    return Bank()


@pytest.fixture
def wall() -> FixedClock:
    """The machine's time."""
    return FixedClock(NOW)


@pytest.fixture
def rows(database: Database, vault: Vault) -> Broken:
    """The table of tokens."""
    return Broken(database, vault)


@pytest.fixture
def tokens(rows: Broken, clock: FixedClock, wall: FixedClock) -> Tokens:
    """The provider of one process."""
    return Tokens(rows, clock, wall=wall)
