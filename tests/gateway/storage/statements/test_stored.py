"""A stored statement is given while nothing of it has changed, and only to the integration that it was read with."""

import asyncio
from datetime import date, timedelta
from functools import partial
from itertools import combinations_with_replacement, count

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import event, select, update

from gateway.limits import STORED_STATEMENTS
from gateway.model import Credentials, Period
from gateway.storage.accounts.records import Integration, State
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.statements.stored import StoredStatements
from gateway.storage.statements.tables import STATEMENTS, STORED_DAYS
from tests import postgresql
from tests.gateway.storage.support import Stored, account_of, entry, stored, tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TODAY = NOW.date()
START = TODAY - 10 * DAY
OLDEST = TODAY - 90 * DAY


def keeping(statements, mine, statement, oldest, now, connection):
    """Store a statement; whether it was stored."""
    return statements.keep(connection, *mine, statement, oldest, now)


class Owner:
    """An account that is enabled, with what is stored of it.

    Args:
        database: where it is.
        vault: seals it.
    """

    def __init__(self, database, vault):
        self.database, self.vault, self.tables = database, vault, Stored(database, vault)
        self.mine = ("", "")

    async def enable(self, number="1", enabled_at=NOW):
        """Register the account, or enable it anew."""
        tenant = await tenant_added(self.database, f"tenant of {number}") if not self.mine[0] else self.mine[0]
        record = account_of(tenant, number)
        integration = Integration(
            account_id=record.id,
            state=State.ACTIVE,
            credentials=Credentials({"client_id": number}),
            enabled_at=enabled_at,
            first_import=Period(START, TODAY),
        )
        if self.mine[0]:
            await self.tables.integrations.enable(record, integration, None)
        else:
            self.mine = tenant, record.id
            await self.tables.accounts.add(record, integration)
        return self

    async def keep(self, *statement, oldest=OLDEST, now=NOW + 365 * DAY, **more):
        """Store a statement with its outcome; give whether it was stored."""
        storing = partial(keeping, self.tables.statements, self.mine, stored(*statement, **more), oldest, now)
        return await self.with_outcome(storing, more.get("enabled_at", NOW))

    async def forget(self, first, last):
        """Forget days with an outcome."""
        period = Period(first, last)
        await self.with_outcome(lambda connection: self.tables.statements.forget(connection, *self.mine, period))

    async def with_outcome(self, storing, enabled_at=NOW):
        """What storing something has given; None where the integration is another one."""
        given = []
        seen = Integration(account_id=self.mine[1], state=State.ACTIVE, enabled_at=enabled_at)
        contents = [lambda connection: given.append(storing(connection))]
        await self.tables.outcomes.succeeded(self.mine[0], seen, Period(START, START), NOW, contents=contents)
        return given[0] if given else None

    async def find(self, first, last=None, *, now=NOW + DAY, enabled_at=NOW, **since):
        """The ids of the entries that are found, or None."""
        period = Period(first, last or first)
        found = await self.tables.statements.find(*self.mine, period, now, enabled_at=enabled_at, **since)
        return [each.id for each in found.entries] if found is not None else None

    def rows(self):
        """How many days and statements are stored."""
        with self.database.engine.connect() as connection:
            return [len(connection.execute(select(table)).all()) for table in (STORED_DAYS, STATEMENTS)]


@pytest.fixture
async def owner(database_url):
    """An enabled account of a database of the test's own."""
    opened = Database(database_url)
    yield await Owner(opened, Vault([VAULT_KEY])).enable()
    await opened.aclose()


async def test_a_period_and_a_part_of_it_are_found(owner):
    """Days without entries too; the entries as they were, in their order."""
    b, a, c = entry("b", START), entry("a", START, "-3.10"), entry("c", START + 2 * DAY)
    assert await owner.keep(START, b, a, c, last=START + 3 * DAY)

    assert await owner.find(START, START + 3 * DAY) == ["b", "a", "c"]
    assert await owner.find(START + DAY) == []
    assert await owner.find(START + DAY, START + 2 * DAY) == ["c"]
    assert await owner.find(START, START + 4 * DAY) is None
    assert await owner.find(START - DAY, START) is None
    period = Period(START, START)
    found = await owner.tables.statements.find(*owner.mine, period, NOW, enabled_at=NOW)
    assert found.entries == [b, a]


async def test_no_part_of_an_indivisible_statement_is_found(owner):
    """The whole of it is."""
    await owner.keep(START, last=START + DAY, divisible=False)
    assert await owner.find(START) is None
    assert await owner.find(START, START + DAY) == []


async def test_a_day_that_has_changed_since_ends_every_statement_that_has_it(owner):
    """Although another period brought it, and at the same instant; other statements stay."""
    await owner.keep(START, entry("a", START), last=START + 2 * DAY)
    await owner.keep(START + 3 * DAY, last=START + 4 * DAY)
    assert await owner.find(START, START + 2 * DAY) == ["a"]

    await owner.keep(START, entry("a", START, "2.00"))
    assert await owner.find(START, START + 2 * DAY) is None
    assert await owner.find(START + DAY) is None
    assert await owner.find(START) == ["a"]
    assert await owner.find(START + 3 * DAY) == []


async def test_a_statement_that_comes_late_is_not_stored(owner):
    """The one that was fetched later counts."""
    await owner.keep(START, entry("new", START), fetched_at=NOW + SECOND)
    assert not await owner.keep(START, entry("old", START), last=START + DAY)
    assert await owner.find(START) == ["new"]
    assert await owner.find(START + DAY) is None


async def test_what_a_clock_that_was_ahead_has_stored_gives_way(owner):
    """Once the clock is set right, what was fetched tomorrow, as it seems, is not given either when tomorrow comes."""
    await owner.keep(START, entry("old", START), fetched_at=NOW + DAY, imported=True, now=NOW + DAY)
    assert await owner.keep(START, entry("new", START), last=START + DAY, now=NOW)
    assert not await owner.keep(START, entry("late", START), fetched_at=NOW - SECOND, now=NOW)

    assert await owner.find(START) == ["new"]
    assert await owner.find(START, now=NOW + DAY, imported_since=NOW) is None


async def test_how_old_it_may_be(owner):
    """By when it was fetched, and by when the daily import has read it; nothing comes from the future."""
    await owner.keep(START, imported=True)
    await owner.keep(START, fetched_at=NOW + SECOND)

    assert await owner.find(START, fetched_since=NOW + SECOND) == []
    assert await owner.find(START, fetched_since=NOW + 2 * SECOND) is None
    assert await owner.find(START, imported_since=NOW) == []
    assert await owner.find(START, imported_since=NOW + SECOND) is None
    assert await owner.find(START, now=NOW) is None


async def test_whoever_looks_an_account_up_learns_when_the_import_has_last_read_what_is_stored(owner):
    """So that the store is not asked in vain."""

    async def imported_at():
        return (await owner.tables.integrations.known(*owner.mine, NOW)).imported_at

    assert await imported_at() is None
    await owner.keep(START)
    assert await imported_at() is None
    await owner.keep(START, imported=True, fetched_at=NOW + SECOND)
    await owner.keep(START, last=START + DAY, imported=True, fetched_at=NOW + 2 * SECOND)
    await owner.keep(START, fetched_at=NOW + 3 * SECOND)
    assert await imported_at() == NOW + 2 * SECOND


async def test_what_was_read_with_another_integration_is_not_given(owner):
    """Not even where it comes after the new one was enabled."""
    await owner.keep(START)
    await owner.enable(enabled_at=NOW + SECOND)
    assert await owner.find(START, enabled_at=NOW + SECOND) is None
    assert not await owner.keep(START, fetched_at=NOW + 2 * SECOND)
    assert await owner.keep(START, fetched_at=NOW + 2 * SECOND, enabled_at=NOW + SECOND)
    assert await owner.find(START) is None
    assert await owner.find(START, enabled_at=NOW + SECOND) == []


async def test_disabling_and_removing_erase_everything(owner):
    """A reading that ends afterwards leaves nothing."""
    await owner.keep(START, entry("a", START))
    await owner.tables.integrations.disable(*owner.mine)
    assert owner.rows() == [0, 0]
    assert not await owner.keep(START, entry("a", START))
    assert owner.rows() == [0, 0]

    await owner.enable()
    await owner.keep(START, entry("a", START))
    await owner.tables.accounts.remove(*owner.mine)
    assert owner.rows() == [0, 0]
    assert not await owner.keep(START, entry("a", START))


async def test_what_is_too_old_is_deleted(owner):
    """With the next statement, and by the rounds; a statement that reaches too far back only ends others."""
    await owner.keep(START, entry("a", START), last=START + DAY)
    await owner.keep(START + DAY, entry("b", START + DAY), last=START + 2 * DAY, oldest=START + DAY)
    assert await owner.find(START, START + DAY) is None
    assert owner.rows() == [2, 1]

    assert not await owner.keep(START, last=START + 2 * DAY, oldest=START + DAY)
    assert await owner.find(START + DAY, START + 2 * DAY) is None

    await owner.keep(START + 3 * DAY)
    await owner.tables.all_tenants.purge_stored(START + 3 * DAY)
    assert owner.rows() == [1, 1]
    await owner.tables.all_tenants.purge_stored(START + 4 * DAY)
    assert owner.rows() == [0, 0]


async def test_a_part_that_is_deleted_ends_the_statement(owner):
    """Nothing is made of what is left."""
    await owner.keep(START, last=START + 3 * DAY)
    await owner.keep(START + 4 * DAY)
    await owner.forget(START + DAY, START + DAY)
    assert await owner.find(START) is None
    assert await owner.find(START + 4 * DAY) == []


async def test_what_a_deleted_statement_has_left_ends_no_later_one(owner):
    """Days of it that stay are no newer than the statement that is stored next."""
    await owner.keep(START, last=START + DAY)
    await owner.keep(START, entry("b", START + DAY), last=START + DAY)
    await owner.forget(START, START)
    await owner.keep(START + DAY, entry("b", START + DAY))
    assert await owner.find(START + DAY) == ["b"]


async def test_few_periods_are_stored_and_the_import_is_among_them(owner):
    """However many are asked for; the newest of the others."""
    await owner.keep(START, last=START + DAY, imported=True)
    for number in range(2 * STORED_STATEMENTS):
        await owner.keep(START, last=START + DAY + number * DAY, imported=False)
    assert owner.rows()[1] <= STORED_STATEMENTS + 1
    assert await owner.find(START, START + DAY, imported_since=NOW) == []
    assert await owner.find(START, START + 2 * STORED_STATEMENTS * DAY) == []


async def test_nothing_stands_open_and_everything_rotates_with_the_vault(owner):
    """A new key opens what an old one sealed. What no key opens is not given, and a rotation deletes it alone."""
    await owner.keep(START, entry("CANARY-id", START, description="CANARY-description"))
    with owner.database.engine.connect() as connection:
        texts = [row.sealed for table in (STORED_DAYS, STATEMENTS) for row in connection.execute(select(table))]
    assert texts
    assert "CANARY" not in "".join(texts)

    new = Fernet.generate_key().decode()
    await rotate_vault(owner.database, Vault([new, VAULT_KEY]))
    later = Owner(owner.database, Vault([new]))
    later.mine = owner.mine
    assert await later.find(START) == ["CANARY-id"]
    with pytest.raises(VaultError):
        await owner.find(START)
    other = await Owner(owner.database, Vault([VAULT_KEY])).enable("2")
    await other.keep(START, entry("b", START))
    await rotate_vault(owner.database, Vault([VAULT_KEY]))
    assert owner.rows() == [1, 1]
    assert await other.find(START) == ["b"]


async def test_a_day_that_was_put_into_another_row_is_not_given(owner):
    """What is sealed for one day opens for no other one."""
    await owner.keep(START, entry("a", START), entry("b", START + DAY), last=START + DAY)
    with owner.database.engine.begin() as connection:
        sealed = connection.scalar(select(STORED_DAYS.c.sealed).where(STORED_DAYS.c.day == START))
        connection.execute(update(STORED_DAYS).where(STORED_DAYS.c.day == START + DAY).values(sealed=sealed))
    with pytest.raises(VaultError):
        await owner.find(START + DAY)


DAYS = 4
PERIODS = list(combinations_with_replacement(range(DAYS), 2))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("restate"), st.integers(0, DAYS - 1), st.sampled_from("abc")),
        st.tuples(st.just("read"), st.sampled_from(PERIODS), st.integers(0, 2)),
        st.tuples(st.just("forget"), st.sampled_from(PERIODS)),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def one_database(tmp_path_factory):
    """A database for all examples, each with an account of its own."""
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('stored')}/gateway.sqlite")
    asyncio.run(opened.migrate())
    opened.examples = 0
    yield opened
    asyncio.run(opened.aclose())


@given(script=steps)
def test_what_is_found_is_what_was_read_last(one_database, script):
    """Each of its days, whatever the ledger does, and in whatever order statements arrive."""
    one_database.examples += 1
    asyncio.run(_live_through(one_database, f"example {one_database.examples}", script))


async def _live_through(database: Database, number: str, script: list) -> None:
    owner = await Owner(database, Vault([VAULT_KEY])).enable(number)
    ledger: list[str] = [""] * DAYS
    seen: dict[int, str] = {}
    """Each day as the newest statement has it that was stored, or None."""
    newest = NOW
    for step, *what in script:
        if step == "restate":
            ledger[what[0]] = what[1]
            continue
        first, last = what[0]
        if step == "forget":
            await owner.forget(_day(first), _day(last))
            for day in range(first, last + 1):
                seen.pop(day, None)
        else:
            # 0 comes late: it was fetched before the newest one.
            fetched_at = newest + (what[1] - 1) * SECOND
            entries = [entry(ledger[day], _day(day)) for day in range(first, last + 1) if ledger[day]]
            was_kept = await owner.keep(_day(first), *entries, last=_day(last), fetched_at=fetched_at)
            if was_kept:
                newest = fetched_at
                seen |= {day: ledger[day] for day in range(first, last + 1)}
        for begin, end in PERIODS:
            found = await owner.find(_day(begin), _day(end))
            expected = [seen.get(day) for day in range(begin, end + 1)]
            assert found is None or found == [each for each in expected if each], (begin, end)
            assert found is None or None not in expected
        if step == "read" and was_kept:
            assert await owner.find(_day(first), _day(last)) is not None


def _day(number: int) -> date:
    return START + number * DAY


async def test_statements_are_stored_while_others_end(owner):
    """At once with disabling, in any order: nothing is left."""
    for number in range(5):
        storing = (owner.keep(START, entry("a", START), fetched_at=NOW + each * SECOND) for each in range(4))
        await asyncio.gather(*storing, owner.tables.integrations.disable(*owner.mine), return_exceptions=False)
        assert owner.rows() == [0, 0], number
        await owner.enable()


@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute"])
@pytest.mark.parametrize("number", range(3))
async def test_a_day_that_changes_while_it_is_being_read_makes_no_mixture(postgresql_server, vault, moment, number):
    """Before or after whichever query: what is found is one statement or none. SQLite lets nobody write meanwhile."""
    url = postgresql.driven(postgresql_server.database())
    database, other = Database(url), Database(url)
    owner = await Owner(database, vault).enable()
    elsewhere, queries = StoredStatements(other, vault), count()

    def named(name, fetched_at):
        return replace(stored(START, entry(name, START), fetched_at=fetched_at), content=name)

    def change(connection, cursor, statement, *_):
        if "FROM stored_" in statement and next(queries) == number:
            with other.engine.begin() as others:
                elsewhere.keep(others, *owner.mine, named("new", NOW + SECOND), OLDEST, NOW + DAY)

    await owner.with_outcome(
        partial(keeping, owner.tables.statements, owner.mine, named("old", NOW), OLDEST, NOW + DAY)
    )

    event.listen(database.engine, moment, change)
    try:
        found = await owner.tables.statements.find(*owner.mine, Period(START, START), NOW + DAY, enabled_at=NOW)
    finally:
        event.remove(database.engine, moment, change)
        await database.aclose()
        await other.aclose()
        postgresql_server.drop(url)
    if found is not None:
        assert [each.id for each in found.entries] == [found.content]
