"""Final days of one account are compared with that account's alone."""

from datetime import date

import pytest

from gateway.accounts.restatements import DaySeal, DaySeals
from gateway.storage.api_keys import Keys
from gateway.storage.database import Database
from gateway.storage.tables import AccountRow
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 10)


@pytest.fixture
async def seals(database: Database) -> DaySeals:
    """The table, and the accounts `a` and `b`."""
    tenant = await Keys(database).tenant_of(await Keys(database).create("t", NOW))
    async with database.sessions.begin() as session:
        for name in "ab":
            row = AccountRow(id=name, tenant_id=tenant, bank="inter", kind="PJ", branch="1", number=name)
            row.holder_tax_id, row.description, row.is_default, row.created_at = "3", "", False, NOW
            session.add(row)
    return DaySeals(database)


async def test_another_accounts_days_are_no_restatement(seals: DaySeals) -> None:
    """The same day of another account has other entries, and a change of it leaves this one's as it was."""
    mine, theirs, changed = ({DAY: DaySeal(seal * 64, 1)} for seal in "123")
    assert await seals.renew("a", mine, NOW) == []
    assert await seals.renew("b", theirs, NOW) == []

    assert await seals.renew("b", changed, NOW) == [DAY]

    assert await seals.renew("a", theirs, NOW) == [DAY]
