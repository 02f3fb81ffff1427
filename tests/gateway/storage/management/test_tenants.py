"""The removal of a tenant."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.accounts.keys.api_keys import Keys
from gateway.model import Period
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import METADATA
from gateway.storage.management.api_keys import ApiKeys
from gateway.storage.management.audit import AllActions
from gateway.storage.management.tenants import Tenants
from gateway.storage.shared.changes import ChangeRows
from gateway.storage.shared.leases import Lease, LeaseRows
from gateway.storage.shared.tokens import ACTIVE, TokenRows
from tests.gateway.storage.test_tenancy import Situation
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

OF_NOBODY = {
    "quotas": "of a client at a bank; the client is a digest, and the row goes when it has not counted for a while",
    "gateway_state": "the gateway's own",
}


async def settle(database: Database, vault: Vault, name: str) -> tuple[str, str]:
    """Fill every table with rows of the tenant of that name; give its key and the text that its rows have in common."""
    key = await Keys(ApiKeys(database)).create(name, NOW)
    (tenant_id,) = {each.id for each in await Tenants(database).all() if each.name == name}
    situation = Situation(database, vault, tenant_id)
    await situation.store(f"consent of {name}")
    account_id = situation.record.id
    await TokenRows(database, vault).create(account_id, ACTIVE, "digest", NOW)
    await TokenRows(database, vault).create(account_id, "trial", "digest", NOW)
    await ChangeRows(database).claim(account_id, "owner", NOW, stale_before=NOW - timedelta(days=1))
    lease = Lease.of(account_id, Period(NOW.date(), NOW.date()))
    await LeaseRows(database, vault).take(lease, NOW, now=NOW, stale=NOW - timedelta(seconds=20))
    await Pauses(database).begin(
        Pause(bank="inter", account_id=account_id, mode=Mode.ALL, reason="", since=NOW, until=None)
    )
    return key, f"{tenant_id} {account_id}"


def rows(database: Database, marks: str) -> dict[str, list[str]]:
    """The rows that name the tenant or its account, by table, of all tables that have any."""
    with database.engine.connect() as connection:
        found = {
            table.name: sorted(
                text
                for row in connection.execute(select(table))
                if any(mark in (text := str(tuple(row))) for mark in marks.split())
            )
            for table in METADATA.sorted_tables
        }
    return {name: texts for name, texts in found.items() if texts}


async def test_no_row_of_a_removed_tenant_is_left_and_no_other_is_touched(database: Database, vault: Vault) -> None:
    """In any table that the gateway has; its key ends with it, and that of another tenant does not."""
    key, marks = await settle(database, vault, "first")
    other_key, other_marks = await settle(database, vault, "other")
    others = rows(database, other_marks)
    tables = {table.name for table in METADATA.sorted_tables}
    assert rows(database, marks).keys() == tables - OF_NOBODY.keys(), "a new table needs a row here, or a reason"

    assert await Tenants(database).remove("first")

    left = rows(database, marks)
    assert left.keys() == {"audit_actions"}, "only that there was such a tenant, for the operator"
    ((name, record),) = await AllActions(database).newest(1)
    assert (name, record.tenant_id, record.action, record.about) == (
        "",
        None,
        "tenant.removed",
        f"tenant:{marks.split()[0]}",
    )
    assert len(left["audit_actions"]) == 1
    assert rows(database, other_marks) == others
    keys = Keys(ApiKeys(database))
    assert await keys.living(key, NOW) is None
    assert await keys.living(other_key, NOW) is not None


async def test_a_tenant_is_removed_once_and_may_come_again(database: Database, vault: Vault) -> None:
    """A tenant of the same name is another one, without anything of the first."""
    await settle(database, vault, "first")
    (before,) = await Tenants(database).all()
    assert (before.name, before.accounts, before.keys) == ("first", 1, 2)

    assert await Tenants(database).remove("first")
    assert not await Tenants(database).remove("first")
    assert await Tenants(database).all() == []

    await Keys(ApiKeys(database)).create("first", NOW)
    (after,) = await Tenants(database).all()
    assert after.id != before.id
    assert (after.accounts, after.keys) == (0, 1)
