"""Digests of final days: they depend on a day's entries alone, and a changed day is noticed."""

import hashlib
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from sqlalchemy import delete, insert, select, text

import contracts
from gateway.accounts.recording.continuity import restated
from gateway.accounts.recording.final_days import final_days
from gateway.calendar import is_business_day
from gateway.limits import ENTRIES_AT_ONCE, RESTATEMENT_SHOWN_FOR
from gateway.model import BRASILIA, Account, BalanceAt, Balances, Credentials, Movement, Period, Statement
from gateway.statement.assemble import assemble
from gateway.storage.accounts.tables import ACCOUNTS
from gateway.storage.engine.database import Database
from gateway.storage.management.tables import TENANTS
from gateway.storage.statements.day_digests import DayDigests
from gateway.storage.statements.tables import DAY_DIGESTS
from tests.gateway.storage.support import hold_for_writing, inserts_fail, inserts_work
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

TENANT = "t"
INTER = contracts.load("inter")
ACCOUNT = Account(
    id="a", bank="inter", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({})
)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 16))
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (9, 10, 11))


def movement(day: date, amount: str, **more: object) -> Movement:
    content = f"{more.get('description')} {Decimal(amount).normalize():f}".encode()
    return Movement(date=day, amount=Decimal(amount), content=content, **more)  # type: ignore[arg-type]


ROWS = (
    movement(MONDAY, "5", description="one"),
    movement(MONDAY, "-2.50", bank_id="b1"),
    movement(TUESDAY, "-7", description="twin"),
    movement(TUESDAY, "-7", description="twin"),
)


def statement(
    rows: Sequence[Movement] = ROWS, period: Period = WEEK, now: datetime = NOW, balances: Balances | None = None
) -> Statement:
    return assemble(INTER, ACCOUNT, period, rows, balances or Balances(), now)


@pytest.mark.parametrize("count", [1, ENTRIES_AT_ONCE, ENTRIES_AT_ONCE + 1, 2 * ENTRIES_AT_ONCE + 1])
def test_the_form_of_a_digest_does_not_move(count: int) -> None:
    """Stored digests are compared with those of later versions, whatever the number of a day's entries."""
    rows = [movement(MONDAY, f"{number}.50", description=f"row {number}") for number in range(1, count + 1)]
    found = statement(rows)
    lines = sorted(f"{entry.id}\x1f{entry.amount.normalize():f}" for entry in found.entries)

    assert final_days(found).digests[MONDAY] == hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def test_only_final_days_have_a_digest_and_quiet_ones_too() -> None:
    """On Monday morning the bank has settled Sunday, but not the day that has just begun."""
    found = final_days(statement()).digests

    assert list(found) == [date(2026, 3, day) for day in range(9, 16)]
    assert found[WEDNESDAY] == hashlib.sha256().hexdigest()
    assert len({found[day] for day in (MONDAY, TUESDAY, WEDNESDAY)}) == 3


def test_a_day_with_a_provisional_entry_has_no_digest() -> None:
    """The bank says itself that it may change."""
    rows = (*ROWS, movement(TUESDAY, "1", provisional=True))

    assert list(final_days(statement(rows)).digests)[:2] == [MONDAY, WEDNESDAY]


def test_blocked_money_is_no_part_of_a_digest() -> None:
    """It was never final, so that its going is no correction."""
    rows = (*ROWS, movement(TUESDAY, "-1", blocked=True))

    assert final_days(statement(rows)).digests == final_days(statement()).digests


def test_what_does_not_add_up_has_no_digest() -> None:
    """Days of a disproved statement have no digest."""
    wrong = Balances(opening=BalanceAt(date(2026, 3, 8), Decimal(0)), closing=BalanceAt(WEEK.last, Decimal(1)))

    assert final_days(statement(balances=wrong)).digests == {}


def test_a_digest_depends_on_nothing_but_the_day() -> None:
    """Another period, another order, another time: the same digest. Twins are counted within their day."""
    one = final_days(statement()).digests
    other = final_days(statement(ROWS[::-1], Period(TUESDAY, TUESDAY), NOW + timedelta(days=30))).digests

    assert other == {TUESDAY: one[TUESDAY]}


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:3],
        (*ROWS, movement(TUESDAY, "0.01")),
        (*ROWS[:3], movement(TUESDAY, "-7.01", description="twin")),
        (*ROWS[:3], movement(TUESDAY, "-7", description="other")),
    ],
)
def test_any_change_of_a_day_changes_its_digest(rows: tuple[Movement, ...]) -> None:
    """One twin less, a late row, another amount, another text where the text makes the id; other days keep theirs."""
    before, after = final_days(statement()).digests, final_days(statement(rows)).digests

    assert [day for day in before if before[day] != after[day]] == [TUESDAY]


def test_days_that_are_too_old_are_left_alone() -> None:
    """They would be forgotten with the next writing, and then look new."""
    period = Period(NOW.date() - timedelta(days=450), NOW.date())

    assert min(final_days(statement((), period)).digests) == NOW.date() - timedelta(days=400)


def test_the_warning_names_ten_days() -> None:
    """More are counted."""
    days = [MONDAY + timedelta(days=n) for n in range(13)]

    few, many = restated(days[:10]), restated(days)

    assert few.code == "statement_restated"
    assert few.detail.endswith("2026-03-17, 2026-03-18")
    assert many.detail.endswith("2026-03-17, 2026-03-18 and 3 more")


@pytest.fixture
async def digests(database: Database) -> DayDigests:
    """The table, and an account of id `a`."""
    with database.engine.begin() as connection:
        connection.execute(insert(TENANTS).values(id=TENANT, name="t", created_at=NOW))
        row = {"id": "a", "tenant_id": TENANT, "bank": "inter", "kind": "PJ", "branch": "1", "number": "2"}
        row |= {"holder_tax_id": "3", "description": "", "is_default": False, "created_at": NOW}
        connection.execute(insert(ACCOUNTS).values(row))
    return DayDigests(database)


async def kept(database: Database) -> dict[date, str]:
    with database.engine.connect() as connection:
        return dict(connection.execute(select(DAY_DIGESTS.c.day, DAY_DIGESTS.c.seal)).all())


async def test_a_changed_day_is_named_for_some_days(digests: DayDigests, database: Database) -> None:
    """The new digest replaces the old one; new days are no change. A change is named again, as answers may be lost."""
    assert await digests.renew(TENANT, "a", final_days(statement(period=Period(MONDAY, TUESDAY))).digests, NOW) == []
    assert await digests.renew(TENANT, "a", final_days(statement()).digests, NOW) == []

    changed = final_days(statement((*ROWS, movement(MONDAY, "1"), movement(WEDNESDAY, "1")))).digests
    assert await digests.renew(TENANT, "a", changed, NOW) == [MONDAY, WEDNESDAY]
    just_before = NOW + RESTATEMENT_SHOWN_FOR - timedelta(seconds=1)
    assert await digests.renew(TENANT, "a", changed, just_before) == [MONDAY, WEDNESDAY]
    assert await digests.renew(TENANT, "a", final_days(statement(period=Period(TUESDAY, TUESDAY))).digests, NOW) == []
    assert await digests.renew(TENANT, "a", changed, NOW + RESTATEMENT_SHOWN_FOR) == []
    assert await kept(database) == changed


def test_a_changed_day_is_named_over_every_row_of_holidays() -> None:
    """An ERP that reads on each business day meets the change that the daily import has found just after it.

    Both happen within a day; carnival and a weekend lie between the longest two.
    """
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(366 * 12)]
    open_days = [day for day in days if is_business_day(day)]
    longest = max(after - before for before, after in pairwise(open_days))
    assert longest == timedelta(days=5)
    assert longest + timedelta(days=1) <= RESTATEMENT_SHOWN_FOR


async def test_a_statement_that_brings_nothing_new_writes_nothing(digests: DayDigests, database: Database) -> None:
    """It can be read while another process holds the database for writing, for ever."""
    await digests.renew(TENANT, "a", final_days(statement()).digests, NOW)
    with database.engine.connect() as other:
        hold_for_writing(other, "day_seals")

        assert await digests.renew(TENANT, "a", final_days(statement()).digests, NOW) == []
        assert await digests.renew(TENANT, "a", {}, NOW) == []


async def test_old_digests_are_forgotten(digests: DayDigests, database: Database) -> None:
    """With the next digest that is written."""
    await digests.renew(TENANT, "a", final_days(statement(period=Period(MONDAY, TUESDAY))).digests, NOW)
    later = datetime(2027, 4, 14, 12, tzinfo=BRASILIA)
    day = date(2027, 4, 13)

    await digests.renew(TENANT, "a", final_days(statement((), Period(day, day), later)).digests, later)

    assert list(await kept(database)) == [TUESDAY, day]


async def test_a_database_that_fails_costs_a_line_in_the_log(
    digests: DayDigests, database: Database, logged: io.StringIO
) -> None:
    """The statement goes on; nothing of it is in the log."""
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE day_seals"))

    assert await digests.renew(TENANT, "a", final_days(statement()).digests, NOW) == []

    assert '"event":"day_digests_not_kept"' in logged.getvalue().replace('": "', '":"')


async def test_a_change_that_could_not_be_stored_is_named_and_found_again(
    digests: DayDigests, database: Database
) -> None:
    """The change was seen, though the new digest was lost."""
    before = final_days(statement()).digests
    await digests.renew(TENANT, "a", before, NOW)
    changed = final_days(statement((*ROWS, movement(MONDAY, "1")))).digests
    inserts_fail(database, "day_seals")

    assert await digests.renew(TENANT, "a", changed, NOW) == [MONDAY]
    assert await kept(database) == before
    inserts_work(database, "day_seals")
    assert await digests.renew(TENANT, "a", changed, NOW) == [MONDAY]


async def test_digests_go_with_the_account(digests: DayDigests, database: Database) -> None:
    """Nothing is left of it."""
    await digests.renew(TENANT, "a", final_days(statement()).digests, NOW)

    with database.engine.begin() as connection:
        connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == "a"))

    assert await kept(database) == {}
