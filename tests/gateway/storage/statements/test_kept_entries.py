"""What has changed since a place, applied one after the other, gives the entries as they were last read."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import delete, insert, select

from gateway.limits import RETENTION_DAYS
from gateway.model import Credentials
from gateway.storage.accounts.records import Integration, State
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.statements.kept_values import IdRange, PlaceUnknown
from gateway.storage.statements.tables import KEPT_ACCOUNTS, KEPT_ENTRIES
from gateway.storage.webhooks.registry import Secret, Target, Webhook
from gateway.storage.webhooks.tables import DELIVERIES
from tests.clocks import FixedClock
from tests.gateway.storage.support import Stored, account_of, entry, settled, tenant_added
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
TODAY = NOW.date()
START = TODAY - 10 * DAY
SECOND = timedelta(seconds=1)


@pytest.fixture
async def database(database_url):
    """A database of the test's own."""
    opened = Database(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
def vault():
    """A vault."""
    return Vault([VAULT_KEY])


async def registered(database, number):
    """Tenant and id of a new account."""
    vault = Vault([VAULT_KEY])
    tenant = await tenant_added(database, f"tenant of {number}")
    record = account_of(tenant, number)
    integration = Integration(
        account_id=record.id,
        state=State.ACTIVE,
        credentials=Credentials({"client_id": number}),
        enabled_at=NOW,
    )
    await Stored(database, vault).accounts.add(record, integration)
    return tenant, record.id


async def keep(kept, mine, read, enabled_at=NOW, now=NOW + 365 * DAY):
    """Keep what was read with the integration that was enabled then."""
    tenant, account = mine
    return await kept.keep(tenant, Integration(account_id=account, enabled_at=enabled_at), read, now)


@dataclass
class Erp:
    """One account in the books of an ERP that lives on changes alone."""

    kept: KeptEntries
    tenant: str
    account: str
    books: dict = field(default_factory=dict)
    place: object = None

    async def ask(self, most=100, *, loses_the_cursor=False, times=1):
        """Apply all that has changed; an answer may come several times, and its cursor may be lost."""
        before, more = self.place, True
        if before is None:
            # Whoever begins anew empties the books of these days: what was removed before that is not named.
            self.books.clear()
        while more:
            for _ in range(times):
                page = await self.kept.changes(self.tenant, self.account, self.place, most)
                self.books |= {each.id: each for each in (*page.added, *page.changed)}
                for removed in page.removed:
                    self.books.pop(removed, None)
            more, self.place = page.more, page.after
            if loses_the_cursor and more:
                break
        if loses_the_cursor:
            self.place = before


async def test_added_changed_removed_and_nothing(database, vault):
    """Each kind of change is told once, with the entry as it is now, and then there is nothing more."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    a, b, c = (entry(name, START) for name in "abc")
    other = entry("b", START, description="another text")
    assert await keep(kept, mine, settled(START, a, b))
    first = await kept.changes(*mine, None, 10)
    assert (first.added, first.changed, first.removed, first.more) == ([a, b], [], [], False)
    assert first.kept.days.first == first.kept.days.last == START

    assert not await keep(kept, mine, settled(START, a, b, fetched_at=NOW + SECOND))
    nothing = await kept.changes(*mine, first.after, 10)
    assert (nothing.added, nothing.changed, nothing.removed, nothing.after) == ([], [], [], first.after)

    assert await keep(kept, mine, settled(START, other, c, fetched_at=NOW + 2 * SECOND))
    second = await kept.changes(*mine, first.after, 10)
    assert (second.added, second.changed, second.removed) == ([c], [other], ["a"])
    assert (await kept.changes(*mine, None, 10)).added == [other, c]

    # One that comes back is new to whoever has removed it.
    assert await keep(kept, mine, settled(START, a, other, c, fetched_at=NOW + 3 * SECOND))
    third = await kept.changes(*mine, second.after, 10)
    assert (third.added, third.changed, third.removed) == ([a], [], [])


async def test_an_entry_that_moves_to_another_day_is_changed(database, vault):
    """Its id is known, on whatever day it was."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, entry("a", START)))
    place = (await kept.changes(*mine, None, 10)).after
    moved = entry("a", START + DAY)
    await keep(kept, mine, settled(START + DAY, moved, fetched_at=NOW + SECOND))

    page = await kept.changes(*mine, place, 10)
    assert (page.added, page.changed, page.removed) == ([], [moved], [])


async def test_what_was_fetched_before_changes_nothing(database, vault):
    """A late statement brings only days that were not kept yet."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    new, old = entry("new", START), entry("old", START)
    before = entry("before", START - DAY)
    await keep(kept, mine, settled(START, new, fetched_at=NOW))
    assert not await keep(kept, mine, settled(START, old, fetched_at=NOW - SECOND))
    assert await keep(kept, mine, settled(START - DAY, before, old, last=START, fetched_at=NOW - SECOND))

    assert {each.id for each in (await kept.changes(*mine, None, 10)).added} == {"new", "before"}


async def test_what_a_clock_that_was_ahead_has_kept_gives_way(database, vault):
    """Once the clock is set right, a statement is newer than one that was fetched, as it seems, tomorrow."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, entry("a", START), fetched_at=NOW + DAY), now=NOW + DAY)
    place = (await kept.changes(*mine, None, 10)).after
    assert await keep(kept, mine, settled(START, entry("b", START), fetched_at=NOW), now=NOW)
    assert not await keep(kept, mine, settled(START, entry("c", START), fetched_at=NOW - SECOND), now=NOW)

    page = await kept.changes(*mine, place, 10)
    assert ([each.id for each in page.added], page.removed) == (["b"], ["a"])
    assert page.kept.fetched_at == NOW


async def test_days_that_would_leave_a_gap_are_not_kept(database, vault):
    """Neither before nor after; days that adjoin are."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START))
    for day in (START - 2 * DAY, START + 2 * DAY):
        assert not await keep(kept, mine, settled(day, entry("far", day), fetched_at=NOW + SECOND))
    for day in (START - DAY, START + DAY):
        assert await keep(kept, mine, settled(day, entry(f"near {day}", day), fetched_at=NOW + SECOND))
    days = (await kept.kept(*mine)).days
    assert (days.first, days.last) == (START - DAY, START + DAY)


async def test_a_place_before_something_forgotten_is_not_known(database, vault):
    """Whoever has not asked for as long as entries are kept begins anew, and is told so."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, last=TODAY - DAY))
    empty = (await kept.changes(*mine, None, 10)).after
    await keep(kept, mine, settled(START, entry("a", START), fetched_at=NOW + SECOND))
    current = (await kept.changes(*mine, None, 10)).after
    later = NOW + (RETENTION_DAYS - 5) * DAY
    recent = entry("b", later.date() - DAY)
    await keep(kept, mine, settled(START, entry("a", START), recent, last=recent.date, fetched_at=later))

    with pytest.raises(PlaceUnknown):
        await kept.changes(*mine, empty, 10)
    assert (await kept.changes(*mine, current, 10)).removed == []
    assert (await kept.changes(*mine, None, 10)).added == [recent]
    assert (await kept.kept(*mine)).days.first == later.date() - RETENTION_DAYS * DAY

    # Nor is it known when days without entries are forgotten after that.
    await keep(kept, mine, settled(later.date(), fetched_at=later + DAY))
    assert (await kept.kept(*mine)).days.first == later.date() - RETENTION_DAYS * DAY + DAY
    with pytest.raises(PlaceUnknown):
        await kept.changes(*mine, empty, 10)


async def test_after_a_gap_longer_than_entries_are_kept_everything_begins_anew(database, vault):
    """The former cursor belongs to what is gone."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, entry("a", START)))
    place = (await kept.changes(*mine, None, 10)).after
    later = NOW + 2 * RETENTION_DAYS * DAY
    await keep(kept, mine, settled(later.date() - DAY, entry("b", later.date() - DAY), fetched_at=later))

    with pytest.raises(PlaceUnknown):
        await kept.changes(*mine, place, 10)
    assert [each.id for each in (await kept.changes(*mine, None, 10)).added] == ["b"]


async def test_days_older_than_entries_are_kept_change_nothing(database, vault):
    """Who reads a period of long ago is told no change of it, and those who follow the changes keep their place."""
    kept, mine = KeptEntries(database, vault, retention=5), await registered(database, "1")
    old, new = settled(TODAY - 6 * DAY, entry("old", TODAY - 6 * DAY)), settled(TODAY - 5 * DAY)
    assert not await keep(kept, mine, old)
    assert await kept.kept(*mine) is None
    assert (await kept.changes(*mine, None, 10)).after is None

    assert not await keep(kept, mine, new)
    place = (await kept.changes(*mine, None, 10)).after
    assert not await keep(kept, mine, old)
    assert (await kept.kept(*mine)).days.first == TODAY - 5 * DAY
    assert (await kept.changes(*mine, place, 10)).added == []


async def test_a_place_of_another_account_is_not_known(database, vault):
    """Even where both have as many changes."""
    kept = KeptEntries(database, vault)
    one, other = await registered(database, "1"), await registered(database, "2")
    for mine in (one, other):
        await keep(kept, mine, settled(START, entry("a", START)))
    with pytest.raises(PlaceUnknown):
        await kept.changes(*one, (await kept.changes(*other, None, 10)).after, 10)


async def test_disabling_erases_what_is_kept(database, vault):
    """Nothing of it can be asked for, and it begins anew with a new integration."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, entry("a", START)))
    place = (await kept.changes(*mine, None, 10)).after
    await Stored(database, vault).integrations.disable(*mine)

    assert await kept.kept(*mine) is None
    assert (await kept.changes(*mine, None, 10)).after is None
    with pytest.raises(PlaceUnknown):
        await kept.changes(*mine, place, 10)


async def test_what_was_read_before_the_integration_ended_is_not_kept_after_it(database, vault):
    """Neither after it was disabled, nor after another one took its place."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    read = settled(START, entry("a", START))
    assert not await keep(kept, mine, read, enabled_at=NOW - SECOND)
    await Stored(database, vault).integrations.disable(*mine)
    assert not await keep(kept, mine, read)
    assert await kept.kept(*mine) is None


@pytest.mark.parametrize("number", range(12))
async def test_disabling_at_the_same_moment_leaves_nothing(database, vault, number):
    """Whichever of the two comes first."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    other = Database(str(database.engine.url.render_as_string(hide_password=False)))
    try:
        disabling = Stored(other, vault).integrations.disable(*mine)
        keeping = keep(kept, mine, settled(START, *(entry(f"e{each}", START) for each in range(50 * (number % 4)))))
        both = (keeping, disabling) if number % 2 else (disabling, keeping)
        await asyncio.gather(*both)
    finally:
        await other.aclose()
    assert await kept.kept(*mine) is None
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM kept_entries").all() == []


async def test_a_place_of_a_time_that_a_backup_has_undone_is_not_known(database, vault):
    """Otherwise what comes until the numbers are reached again would never be told."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    await keep(kept, mine, settled(START, entry("a", START)))
    place = (await kept.changes(*mine, None, 10)).after
    with pytest.raises(PlaceUnknown):
        await kept.changes(*mine, replace(place, number=place.number + 1), 10)


async def test_what_comes_after_a_restore_is_told_from_every_place_of_before(database_url, vault):
    """The ERP holds a place that the restored database has never given; what came since the backup comes once more."""
    clock = FixedClock(NOW)
    database = Database(database_url, clock)
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    a, b, c = (entry(name, START) for name in "abc")
    await keep(kept, mine, settled(START, b))
    backup = saved(database)

    clock.moment += SECOND
    await keep(kept, mine, settled(START, b, c, fetched_at=NOW + SECOND))
    erp = Erp(kept, *mine)
    await erp.ask()
    restored(database, backup)
    with pytest.raises(PlaceUnknown):
        await erp.ask()

    clock.moment += SECOND
    await keep(kept, mine, settled(START, a, b, c, fetched_at=NOW + 2 * SECOND))
    await erp.ask()
    assert erp.books == {each.id: each for each in (a, b, c)}
    await database.aclose()


TABLES = KEPT_ACCOUNTS, KEPT_ENTRIES


def saved(database):
    """All that is kept."""
    with database.engine.connect() as connection:
        return [[dict(row) for row in connection.execute(select(table)).mappings()] for table in TABLES]


def restored(database, backup):
    """Have nothing kept but what was saved."""
    with database.engine.begin() as connection:
        for table, rows in zip(TABLES, backup, strict=True):
            connection.execute(delete(table))
            connection.execute(insert(table), rows)


async def test_entries_are_encrypted_and_rotate_with_the_vault(database, vault):
    """A new key opens what an old one sealed; an account with an entry that no key opens begins anew, and no other."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    one = entry("a", START, description="CANARY-description")
    await keep(kept, mine, settled(START, one))
    with database.engine.connect() as connection:
        assert "CANARY" not in str(connection.exec_driver_sql("SELECT * FROM kept_entries").all())
    newer = Fernet.generate_key().decode()
    both = Vault([newer, VAULT_KEY])
    await rotate_vault(database, both)
    assert (await KeptEntries(database, Vault([newer])).changes(*mine, None, 10)).added == [one]

    other = await registered(database, "2")
    await keep(kept, other, settled(START, one))
    await rotate_vault(database, vault)
    assert await kept.kept(*mine) is None
    assert (await kept.changes(*other, None, 10)).added == [one]


steps = st.lists(
    st.one_of(
        # The ledger: an entry of a day comes, changes, moves or goes.
        st.tuples(st.just("ledger"), st.sampled_from("abcdef"), st.integers(0, 9) | st.none(), st.sampled_from("xyz")),
        # A statement of some days is read; it may arrive after the next one.
        st.tuples(st.just("read"), st.integers(0, 9), st.integers(0, 9), st.booleans()),
        # One is stored in parts, which end before the last one where the process dies.
        st.tuples(st.just("parts"), st.integers(0, 9), st.integers(0, 9), st.integers(0, 16)),
        # The ERP asks: size of a page, whether its cursor is lost, how often an answer comes.
        st.tuples(st.just("ask"), st.integers(1, 4), st.booleans(), st.integers(1, 2)),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def one_database(tmp_path_factory):
    """One database for all examples, each with an account of its own."""
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('kept')}/gateway.sqlite")
    asyncio.run(opened.migrate())
    opened.examples = 0
    yield opened
    asyncio.run(opened.aclose())


@given(script=steps)
def test_applying_all_changes_gives_what_was_read_last(one_database, script):
    """Whatever the ledger does, in whatever order statements arrive, whichever answers are lost or repeated."""
    one_database.examples += 1
    asyncio.run(_live_through(one_database, str(one_database.examples), script))


async def _live_through(database: Database, number: str, script: list) -> None:
    kept = KeptEntries(database, Vault([VAULT_KEY]))
    mine = await registered(database, f"9{number}")
    erp, ledger, now, late, torn = Erp(kept, *mine), {}, NOW, None, False
    for kind, first, second, third in script:
        if kind == "ledger":
            ledger.pop(first, None)
            if second is not None:
                ledger[first] = entry(first, START + second * DAY, description=third)
        elif kind == "read":
            now += SECOND
            ends = sorted((START + first * DAY, START + second * DAY))
            statement = _read(ledger, *ends, now)
            if third and late is None:
                late = statement
                continue
            await keep(kept, mine, statement)
            if late is not None:
                await keep(kept, mine, late)
                late = None
        elif kind == "parts":
            now, torn = now + SECOND, torn or third < 16
            ends = sorted((START + first * DAY, START + second * DAY))
            for part in islice(in_parts(_read(ledger, *ends, now)), third):
                await keep(kept, mine, part)
        else:
            await erp.ask(first, loses_the_cursor=second, times=third)

    await erp.ask(3)
    if (await kept.kept(*mine)) is not None:
        assert erp.books == {each.id: each for each in (await kept.changes(*mine, None, 1000)).added}
    if torn:
        # A reading that died half-way is followed by another one.
        await keep(kept, mine, _read(ledger, START, START + 9 * DAY, now + SECOND))
    known = await kept.kept(*mine)
    if known is not None:
        await keep(kept, mine, _read(ledger, known.days.first, known.days.last, now + 2 * SECOND))
        await erp.ask(2)
        assert erp.books == {name: each for name, each in ledger.items() if each.date in known.days}


def in_parts(whole):
    """A statement in sixteen parts, by the first digit of the ids."""
    for first, before in pairwise([*"0123456789abcdef", "g"]):
        entries = [each for each in whole.entries if first <= each.id < before]
        ends = before == "g"
        part = replace(whole, entries=entries, ids=IdRange(first, before), count=len(whole.entries))
        yield replace(part, ends_days=ends, ends_statement=ends)


async def test_a_statement_in_parts_counts_with_its_last_one(database, vault):
    """Until then its days are not kept, and webhooks are not told; after a crash the next statement tells them."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    target = Target("https://example.com/", [Secret("whsec_a")])
    webhook = Webhook(id="w", tenant_id=mine[0], events=[], description="", target=target, created_at=NOW)
    await Stored(database, vault).webhooks.add(mine[0], webhook, 10)
    *parts, last = in_parts(settled(START, *(entry(f"{digit}x", START) for digit in "08f")))

    assert [await keep(kept, mine, part) for part in parts].count(True) == 2
    assert await kept.kept(*mine) is None
    assert (await kept.changes(*mine, None, 10)).added == []
    assert told(database) == []
    assert await keep(kept, mine, last)
    assert (await kept.kept(*mine)).days.last == START
    assert [each.id for each in (await kept.changes(*mine, None, 10)).added] == ["0x", "8x", "fx"]
    assert told(database) == ["statement.changed"]

    *parts, last = in_parts(settled(START, entry("0x", START), fetched_at=NOW + SECOND))
    for part in parts:
        await keep(kept, mine, part)
    assert told(database) == ["statement.changed"]
    whole = settled(START, entry("0x", START), entry("fx", START), fetched_at=NOW + 2 * SECOND)
    assert not await keep(kept, mine, whole)
    assert told(database) == ["statement.changed"] * 2
    assert not await keep(kept, mine, replace(whole, fetched_at=NOW + 3 * SECOND))
    assert told(database) == ["statement.changed"] * 2


async def test_a_beginning_that_was_given_up_leaves_nothing(database, vault):
    """The next statement has other days: nothing of the first is told."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    first = next(in_parts(settled(START, entry("0x", START))))
    await keep(kept, mine, first)
    await keep(kept, mine, settled(START + 5 * DAY, entry("a", START + 5 * DAY), fetched_at=NOW + SECOND))
    assert [each.id for each in (await kept.changes(*mine, None, 10)).added] == ["a"]


async def test_days_of_which_a_part_is_gone_do_not_count_as_kept(database, vault):
    """Another statement begins anew between two parts of one: the days of the first are read again."""
    kept, mine = KeptEntries(database, vault), await registered(database, "1")
    parts = list(in_parts(settled(START, *(entry(f"{digit}x", START) for digit in "08f"))))
    for part in parts[:4]:
        await keep(kept, mine, part)
    await keep(kept, mine, settled(START + DAY, entry("a", START + DAY), fetched_at=NOW + SECOND))
    for part in parts[4:]:
        await keep(kept, mine, part)
    assert (await kept.kept(*mine)).days.first == START + DAY


def told(database):
    """The types of the events that webhooks are told of."""
    with database.engine.connect() as connection:
        return list(connection.scalars(select(DELIVERIES.c.type)))


def _read(ledger: dict, first: date, last: date, now):
    entries = [each for each in ledger.values() if first <= each.date <= last]
    return settled(first, *entries, last=last, fetched_at=now)
