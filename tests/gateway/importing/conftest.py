"""What concerns the database is tried over both kinds of it."""

import pytest

from tests.gateway.databases import database_url, empty_url, settings
from tests.gateway.importing.town import Town, listening

__all__ = ["database_url", "empty_url", "process", "settings", "tenant", "town"]


@pytest.fixture
async def town(database, vault):
    return Town(database, vault)


@pytest.fixture
async def tenant(town):
    """One that has a webhook."""
    return await listening(town, "a")


@pytest.fixture
async def process(town):
    made = town.process()
    yield made
    town.gate.set()
    await made.die()
