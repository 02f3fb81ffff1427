"""A statement of many entries is kept in transactions of few, and others have their turn between two of them."""

from operator import attrgetter

import pytest
from sqlalchemy import event

from gateway.accounts.recording.entry_changes import cursor_of
from gateway.accounts.recording.settled_parts import settled_parts
from gateway.limits import KEPT_AT_ONCE
from gateway.model import Stability
from tests.gateway.accounts.recording.test_stored import place

pytestmark = pytest.mark.anyio

MOST = 2 * KEPT_AT_ONCE
"""Entries of a part."""


@pytest.mark.parametrize("per_day", [3, 90, 400, 3_000])
async def test_parts_have_few_entries_and_all_of_them(per_day):
    """In order of their days; whole days, or all ranges of ids of some days."""
    async with place("itau", entries_per_day=per_day) as here:
        statement = await here.fresh(here.days(14, 19))
        parts = list(settled_parts(statement))

    assert len(statement.entries) > per_day
    assert max(len(part.entries) for part in parts) <= MOST
    given = sorted((entry for part in parts for entry in part.entries), key=attrgetter("id"))
    final = (entry for entry in statement.entries if entry.stability is Stability.FINAL)
    assert given == sorted(final, key=attrgetter("id"))
    days = [day for part in parts if part.ends_days for day in part.days.days]
    assert days == list(statement.period.days)
    assert [part.ends_statement for part in parts] == [False] * (len(parts) - 1) + [True]
    for part in parts:
        assert all(entry.date in part.days for entry in part.entries)
        assert part.ids is None or all(part.ids.first <= entry.id < part.ids.before for entry in part.entries)


async def test_no_transaction_writes_many_entries():
    """Others wait for a transaction, and never for a statement: the number of rows between two commits is limited."""
    async with place("itau", entries_per_day=3_000) as here:
        engine, written, largest = here.parts.database.engine, [0], []

        def executed(connection, cursor, statement, parameters, *_):
            if "INTO kept_entries" in statement:
                written[0] += len(parameters) if isinstance(parameters, list) else 1

        def committed(_):
            largest.append(written[0])
            written[0] = 0

        event.listen(engine, "before_cursor_execute", executed)
        event.listen(engine, "commit", committed)
        statement = await here.fresh(here.days(18, 19))
        await here.parts.readings.aclose()
        page = await here.parts.entry_changes.kept.kept(here.tenant, here.account)

    assert sum(largest) == len(statement.entries) > 4 * KEPT_AT_ONCE
    assert max(largest) <= MOST
    assert page.days == statement.period


@pytest.mark.parametrize(("busy", "searched"), [(1_000, "entry_id>? AND entry_id<?"), (1_000_000, "day>? AND day<?")])
async def test_a_part_of_a_busy_day_is_found_by_its_ids(monkeypatch, busy, searched):
    """The others of the day are not read for each of its parts."""
    monkeypatch.setattr("gateway.storage.statements.kept_entries.BUSY_DAY_ENTRIES", busy)
    async with place("itau", entries_per_day=3_000) as here:
        plans = []

        def executed(connection, cursor, statement, parameters, *_):
            if statement.startswith("SELECT") and "entry_id >=" in statement:
                plans.append(str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()))

        event.listen(here.parts.database.engine, "before_cursor_execute", executed)
        await here.fresh(here.days(18, 18))
        await here.parts.readings.aclose()

    assert plans
    assert all(searched in plan for plan in plans)


@pytest.mark.parametrize("busy", [100, 1_000_000])
@pytest.mark.parametrize("per_day", [3, 30, 75, 90, 200])
async def test_every_entry_is_kept(monkeypatch, per_day, busy):
    """With the outcome where there are few, in parts where there are many, and on both sides of the bound."""
    monkeypatch.setattr("gateway.storage.statements.kept_entries.BUSY_DAY_ENTRIES", busy)
    async with place("itau", entries_per_day=per_day) as here:
        statement = await here.fresh(here.days(14, 19))
        await here.parts.readings.aclose()
        _, page = await here.parts.entry_changes.since(here.tenant, here.account, "")
        added = page.added
        while page.more:
            _, page = await here.parts.entry_changes.since(here.tenant, here.account, cursor_of(page.after))
            added += page.added

    assert page.kept.days == statement.period
    assert sorted(entry.id for entry in added) == sorted(entry.id for entry in statement.entries)
