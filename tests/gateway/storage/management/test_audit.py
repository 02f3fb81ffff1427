"""The table of management actions."""

import asyncio
import contextvars
import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import String

import contracts
from gateway.actions import ACTING, BY_ITSELF, OPERATOR, Acting, Action, about, refused
from gateway.api.observing import REQUEST_ID
from gateway.storage.accounts.tables import ACCOUNTS
from gateway.storage.engine.database import Database
from gateway.storage.engine.listing import Cursor
from gateway.storage.management.audit import ActionFilter, AllActions, Audit
from gateway.storage.management.tables import ACTIONS
from tests.clocks import FixedClock
from tests.gateway.audited import acting, records
from tests.gateway.storage.support import tenant_added
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


async def note(audit: Audit, tenant: str | None, at: datetime, what: str = "account:a") -> None:
    """Record an action at an instant."""
    audit._database.clock = FixedClock(at)
    with acting(Acting(actor=OPERATOR)):
        await audit.note(tenant, Action.IMPORT_REQUESTED, what)


async def test_who_acts_reaches_the_transaction_from_tasks_and_threads(database: Database) -> None:
    """Whoever acts nearby; where nobody has come in, it is the gateway."""
    audit, tenant = Audit(database), await tenant_added(database, "first")

    async def act(name: str | None) -> None:
        if name is not None:
            ACTING.set(Acting(actor=name, request_id=f"of {name}"))
        await asyncio.create_task(audit.note(tenant, Action.WEBHOOK_TESTED, f"webhook:{name}"))

    async with asyncio.TaskGroup() as group:
        for name in ("key:a", "key:b", None, "operator"):
            group.create_task(act(name), context=contextvars.Context())

    assert {(each.actor, each.about, each.request_id) for each in records(database)} == {
        ("key:a", "webhook:key:a", "of key:a"),
        ("key:b", "webhook:key:b", "of key:b"),
        ("gateway", "webhook:None", None),
        ("operator", "webhook:operator", "of operator"),
    }
    assert BY_ITSELF.actor == "gateway"


async def test_each_is_listed_once_whatever_is_recorded_meanwhile(database: Database) -> None:
    """Also those of one instant, and when the clock was put back: those that were there are listed, none twice."""
    audit, tenant = Audit(database), await tenant_added(database, "first")
    moments = [NOW, NOW, NOW, NOW + SECOND, NOW - SECOND, NOW]
    for moment in moments:
        await note(audit, tenant, moment)
    there = {each.id for each in records(database)}

    for late in (NOW + 2 * SECOND, NOW, NOW - 2 * SECOND):
        seen: list[str] = []
        after: Cursor | None = None
        while True:
            part, after = await audit.page(tenant, 2, after)
            assert [each.at for each in part] == sorted((each.at for each in part), reverse=True)
            seen += [each.id for each in part]
            if after is None:
                break
            # A cursor goes to the caller as text and comes back.
            after = Cursor.read(after.text("actions"), "actions")
            if len(seen) < 2 * len(moments):
                await note(audit, tenant, late)
        assert len(set(seen)) == len(seen)
        assert there <= set(seen)


async def test_a_part_ends_where_nothing_follows(database: Database) -> None:
    """There is no cursor to an empty part."""
    audit, tenant = Audit(database), await tenant_added(database, "first")
    assert await audit.page(tenant, 2) == ([], None)
    for number in range(2):
        await note(audit, tenant, NOW + number * SECOND)

    part, after = await audit.page(tenant, 2)

    assert (len(part), after) == (2, None)


async def test_conditions_hold_together(database: Database) -> None:
    """The first instant counts, the end does not."""
    audit, tenant = Audit(database), await tenant_added(database, "first")
    for number in range(4):
        await note(audit, tenant, NOW + number * SECOND, f"account:{number % 2}")
    await note(audit, tenant, NOW + SECOND, "webhook:1")

    wanted = ActionFilter(account_id="1", action=Action.IMPORT_REQUESTED, first=NOW + SECOND, end=NOW + 3 * SECOND)
    found, _ = await audit.page(tenant, 10, None, wanted)

    assert [(each.about, each.at) for each in found] == [("account:1", NOW + SECOND)]
    nothing, _ = await audit.page(tenant, 10, None, ActionFilter(action=Action.KEY_CREATED))
    assert nothing == []


async def test_a_tenant_sees_nothing_of_another_or_of_nobody(database: Database) -> None:
    """The operator sees all of it, with the names."""
    audit, everybody = Audit(database), AllActions(database)
    first, other = await tenant_added(database, "first"), await tenant_added(database, "other")
    for tenant in (first, other, None):
        await note(audit, tenant, NOW)

    assert [each.tenant_id for each in (await audit.page(first, 10))[0]] == [first]
    assert sorted(name for name, _ in await everybody.newest(10)) == ["", "first", "other"]
    assert [name for name, _ in await everybody.newest(10, "other")] == ["other"]
    assert len(await everybody.newest(2)) == 2


async def test_what_is_old_is_purged_of_all_tenants(database: Database) -> None:
    """What was recorded at that very instant stays."""
    audit, tenant = Audit(database), await tenant_added(database, "first")
    for whose in (tenant, None):
        for moment in (NOW - SECOND, NOW, NOW + SECOND):
            await note(audit, whose, moment)

    await AllActions(database).purge(NOW)

    assert {each.at for each in records(database)} == {NOW, NOW + SECOND}
    assert len(records(database)) == 4


def test_every_text_fits_its_column() -> None:
    """SQLite would not say so, and PostgreSQL would refuse the action."""
    columns: dict[str, int] = {
        name: column.type.length for name, column in ACTIONS.columns.items() if isinstance(column.type, String)
    }  # type: ignore[misc]
    assert max(map(len, Action)) <= columns["action"]
    assert max(len(refused(code)) for code in contracts.failures().failures) <= columns["outcome"]
    assert len(about("account", str(uuid.uuid4()))) <= columns["about"]
    longest = ACCOUNTS.columns["bank"].type.length
    assert len(about("bank", "x" * longest)) <= columns["about"]
    assert len(about("key", "0" * 12)) <= columns["actor"]
    # As `REQUEST_ID` of `gateway.api.requests` bounds it.
    assert REQUEST_ID.fullmatch("x" * columns["request_id"])
    assert not REQUEST_ID.fullmatch("x" * (columns["request_id"] + 1))
