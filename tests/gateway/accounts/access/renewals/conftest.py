"""What renewals are tried with."""

import pytest

from tests.gateway.accounts.access.renewals.town import Town
from tests.gateway.storage.support import tenant_added


@pytest.fixture
async def tenant(database):
    """The id of a tenant."""
    return await tenant_added(database, "a")


@pytest.fixture
def town(database, vault, tenant):
    """BS2, whose refresh tokens live for two days."""
    town = Town("bs2", database, vault)
    town.tenant = tenant
    return town
