"""Final days of one account are compared with that account's alone."""

from datetime import date

import pytest
from sqlalchemy import insert

from gateway.storage.accounts.tables import ACCOUNTS
from gateway.storage.engine.database import Database
from gateway.storage.statements.day_digests import DayDigests
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 10)


@pytest.fixture
async def tenant(database: Database) -> str:
    """The id of a tenant."""
    return await tenant_added(database, "t")


@pytest.fixture
async def digests(database: Database, tenant: str) -> DayDigests:
    """The table, and the accounts `a` and `b`."""
    with database.engine.begin() as connection:
        for name in "ab":
            row = {"id": name, "tenant_id": tenant, "bank": "inter", "kind": "PJ", "branch": "1", "number": name}
            row |= {"holder_tax_id": "3", "description": "", "is_default": False, "created_at": NOW}
            connection.execute(insert(ACCOUNTS).values(row))
    return DayDigests(database)


async def test_another_accounts_days_are_no_restatement(digests: DayDigests, tenant: str) -> None:
    """The same day of another account has other entries, and a change of it leaves this one's as it was."""
    mine, theirs, changed = ({DAY: one * 64} for one in "123")
    assert await digests.renew(tenant, "a", mine, NOW) == []
    assert await digests.renew(tenant, "b", theirs, NOW) == []

    assert await digests.renew(tenant, "b", changed, NOW) == [DAY]

    assert await digests.renew(tenant, "a", theirs, NOW) == [DAY]
