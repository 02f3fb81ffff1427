"""Closing balances of days that were given, and where a difference arose."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

import contracts
from gateway.accounts.recording.continuity import Continuity, Gap, changed_days, gap_of, proved_through
from gateway.accounts.recording.final_days import final_days
from gateway.errors import BankFailure
from gateway.limits import DAYS_REMEMBERED, READ_BACK_DAYS, READ_BACK_SINGLE_DAYS
from gateway.model import Account, BalanceAt, Balances, Credentials, Movement, Period, Statement
from gateway.statement.assemble import assemble
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.accounts.registry import Accounts
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.tables import TENANTS
from gateway.storage.statements.day_balances import DayBalances, Kept
from gateway.storage.statements.day_digests import DayDigests
from tests.gateway.support import NOW

INTER = contracts.load("inter")
TENANT = "t"
ACCOUNT = Account("a", "inter", "PJ", "1", "2", "3", Credentials({}))
MONDAY = date(2026, 3, 9)
TODAY = NOW.date()


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def movement(number: int, amount: str, *, provisional: bool = False, blocked: bool = False) -> Movement:
    value = Decimal(amount)
    content = str(value).encode()
    return Movement(date=day(number), amount=value, content=content, provisional=provisional, blocked=blocked)


def statement(*rows: Movement, closing: str | None, first: date = MONDAY, last: date = TODAY) -> Statement:
    balances = Balances(
        opening=BalanceAt(first - timedelta(days=1), Decimal(100)),
        closing=BalanceAt(last, Decimal(closing)) if closing is not None else None,
    )
    return assemble(INTER, ACCOUNT, Period(first, last), rows, balances, NOW)


def kept(*amounts: int | None) -> dict[date, Kept]:
    """From Monday on; None for a day of which nothing is kept."""
    return {day(number): Kept(Decimal(amount)) for number, amount in enumerate(amounts) if amount is not None}


def now(*amounts: int) -> dict[date, Decimal]:
    return {day(number): Decimal(amount) for number, amount in enumerate(amounts)}


def test_each_final_day_closes() -> None:
    """Quiet days too; not the day that has just begun."""
    found = final_days(statement(movement(0, "5"), movement(2, "-7"), movement(2, "-1"), closing="97")).closings

    assert list(found.values()) == [105, 105, 97, 97, 97, 97, 97]
    assert max(found) == day(6)


def test_a_provisional_entry_ends_what_is_kept() -> None:
    """The balance of its day may change, and so may all that follow."""
    rows = movement(0, "5"), movement(2, "-7", provisional=True)

    assert final_days(statement(*rows, closing="105")).closings == {day(0): 105, day(1): 105}


@pytest.mark.parametrize(("closing", "after"), [("95", 95), ("105", 105)], ids=["followed", "left_alone"])
def test_blocked_money_does_not_end_what_is_kept(closing: str, after: int) -> None:
    """It is never final, but its effect on the balances is known."""
    rows = movement(0, "5"), movement(2, "-10", blocked=True)

    assert list(final_days(statement(*rows, closing=closing)).closings.values()) == [105, 105, *([after] * 5)]


@pytest.mark.parametrize("closing", ["98", None])
def test_only_what_is_proved_is_kept(closing: str | None) -> None:
    """A statement that is disproved, or that has no balances, tells nothing for certain."""
    assert final_days(statement(movement(0, "5"), closing=closing)).closings == {}


def test_days_that_are_too_old_are_left_out() -> None:
    """They would be forgotten at once."""
    first = TODAY - timedelta(days=450)

    assert min(final_days(statement(closing="100", first=first)).closings) == TODAY - DAYS_REMEMBERED


def test_a_period_was_proved_as_far_as_there_is_no_gap() -> None:
    """From its first day on."""
    period = Period(day(0), day(4))

    assert proved_through(period, kept(1, 1, None, 1)) == day(1)
    assert proved_through(period, kept(None, 1)) is None
    assert proved_through(period, kept(1, 1, 1, 1, 1, 1, 1)) == day(4)


@pytest.mark.parametrize(
    ("given", "found", "restated", "days"),
    [
        (kept(1, 2, 3), now(1, 2, 3), [], []),
        (kept(1, 2, 3), now(1, 3, 4), [], [1]),
        (kept(1, 2, 3), now(1, 3, 3), [], [1, 2]),
        (kept(1, 2, 3), now(5, 6, 7), [], []),
        (kept(1, 2, 3), now(5, 6, 7), [day(0)], [0]),
        (kept(1, None, 3), now(1, 2, 4), [], []),
        (kept(1, None, 3), now(1, 2, 4), [day(2)], [2]),
        (kept(1, 2, 3, 4), now(1, 2, 4), [], [2]),
        ({}, now(1, 2), [day(0)], []),
    ],
)
def test_where_a_difference_arose(
    given: dict[date, Kept], found: dict[date, Decimal], restated: list[date], days: list[int]
) -> None:
    """Without a balance of the day before, its own entries decide; days that were never given are not named."""
    assert changed_days(found, given, restated) == [day(number) for number in days]


class Failing:
    """Reads nothing: raises an error, or hangs."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def read(self, account: Account, period: Period) -> Statement:
        if self._error is not None:
            raise self._error
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [OperationalError("SELECT", None, Exception("locked")), OSError("away"), ValueError("a defect"), None],
    ids=["database", "system", "defect", "hangs"],
)
async def test_what_goes_wrong_while_days_are_read_again_costs_no_statement(
    database: Database, vault: Vault, error: Exception | None
) -> None:
    """It has been read already. The next one tries again, and meanwhile a warning says that something has changed."""
    continuity = Continuity(DayBalances(database, vault), DayDigests(database))
    gap = Gap({}, open=True)

    again = partial(Failing(error).read, ACCOUNT)
    await continuity.read_back(statement(closing="100"), again, gap, NOW, seconds=0.01)

    assert (gap.given_up, gap.found, gap.changed) == (True, False, [MONDAY - timedelta(days=1)])


class Ledger:
    """A bank with these rows, whose balances follow from them.

    Args:
        bank: slug.
        rows: amounts by day.
    """

    def __init__(self, bank: str, rows: dict[date, int]) -> None:
        self.account = Account("a", bank, "PJ", "1", "2", "3", Credentials({}), tenant=TENANT)
        self.rows = rows
        self.asked: list[Period] = []
        self.failing_from: int | None = None
        """After so many readings it fails."""
        self.balances_from: date | None = None
        """The earliest day before which it gives a balance."""

    async def read(self, account: Account, period: Period) -> Statement:
        self.asked.append(period)
        if self.failing_from is not None and len(self.asked) > self.failing_from:
            raise BankFailure("bank_unavailable", bank=account.bank, at="statement", detail="away")
        before = sum(amount for day, amount in self.rows.items() if day < period.first)
        rows = {day: amount for day, amount in sorted(self.rows.items()) if day in period.days}
        moved = [Movement(date=d, amount=Decimal(a), content=str(a).encode()) for d, a in rows.items()]
        has_opening = self.balances_from is None or period.first >= self.balances_from
        balances = Balances(
            opening=BalanceAt(period.first - timedelta(days=1), Decimal(before)) if has_opening else None,
            closing=BalanceAt(period.last, Decimal(before + sum(rows.values()))),
        )
        return assemble(contracts.load(account.bank), account, period, moved, balances, NOW)


@pytest.fixture
async def account_kept(database: Database, vault: Vault) -> str:
    """The id of an account of which days can be kept."""
    with database.engine.begin() as connection:
        connection.execute(insert(TENANTS).values(id=TENANT, name="t", created_at=NOW))
    record = AccountRecord(
        id="a",
        tenant_id=TENANT,
        bank="itau",
        kind="PJ",
        branch="1",
        number="2",
        holder_tax_id="3",
        description="",
        default=False,
        created_at=NOW,
    )
    await Accounts(database, vault).add(record)
    return "a"


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def gap_now(balances: DayBalances, statement: Statement) -> Gap:
    """Whether a statement continues what is stored."""
    period, account = statement.period, statement.account
    return gap_of(
        statement,
        await balances.known(account.tenant, account.id, period.first - timedelta(days=1), period.last, NOW),
    )


async def discontinuity(
    database: Database,
    vault: Vault,
    ledger: Ledger,
    change: dict[date, int],
    *,
    failing_from: int | None = None,
    balances_from: date | None = None,
) -> Gap:
    """The result of a statement of the last ten days, when a whole year was given before the bank changed."""
    balances = DayBalances(database, vault)
    continuity = Continuity(balances, DayDigests(database))
    year = await ledger.read(ledger.account, Period(ago(390), ago(11)))
    await continuity.keep(year, final_days(year), await gap_now(balances, year), NOW)
    await DayDigests(database).renew(TENANT, ledger.account.id, final_days(year).digests, NOW)
    ledger.rows |= change
    latest = await ledger.read(ledger.account, Period(ago(10), ago(1)))
    gap = await gap_now(balances, latest)
    assert gap.open
    ledger.asked.clear()
    ledger.failing_from, ledger.balances_from = failing_from, balances_from
    await continuity.read_back(latest, partial(ledger.read, ledger.account), gap, NOW)
    ledger.failing_from = None
    asked = list(ledger.asked)
    await continuity.keep(latest, final_days(latest), gap, NOW)
    # Whatever came of it: the bank is not asked for it again, and no earlier statement finds another difference.
    assert not (await gap_now(balances, latest)).open
    ledger.asked = asked
    return gap


@pytest.mark.anyio
@pytest.mark.parametrize(("readings", "reach"), list(enumerate(READ_BACK_DAYS, start=1)))
async def test_days_are_read_back_no_further_than_to_where_the_balances_agree(
    database: Database, vault: Vault, account_kept: str, readings: int, reach: int
) -> None:
    """The first day of each part is found with that part: further readings use up the bank's calls for nothing."""
    ledger = Ledger("itau", {ago(300): 5, ago(50): 9})

    gap = await discontinuity(database, vault, ledger, {ago(10 + reach): -3})

    assert (gap.changed, gap.found, len(ledger.asked)) == ([ago(10 + reach)], True, readings)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("bank", "days"), [("itau", 103), ("itau", 104), ("itau", 250), ("itau", 388), ("itau", 389), ("bs2", 250)]
)
async def test_the_day_of_an_old_difference_is_found_by_halves(
    database: Database, vault: Vault, account_kept: str, bank: str, days: int
) -> None:
    """However old it is among the stored days, and where the bank limits tokens alone; later balances alone follow."""
    ledger = Ledger(bank, {ago(300): 5, ago(150): 7, ago(50): 9})

    gap = await discontinuity(database, vault, ledger, {ago(days): -3})

    assert (gap.changed, gap.found) == ([ago(days)], True)
    assert len(ledger.asked) <= len(READ_BACK_DAYS) + READ_BACK_SINGLE_DAYS
    balances = DayBalances(database, vault)
    for since in (days + 1, days - 1, 60, 11):
        later = await ledger.read(ledger.account, Period(ago(since), ago(1)))
        assert not (await gap_now(balances, later)).open, since


@pytest.mark.anyio
async def test_the_first_day_that_was_given_is_found_by_its_own_entries(
    database: Database, vault: Vault, account_kept: str
) -> None:
    """No balance of the day before is known: the difference might have arisen before it."""
    gap = await discontinuity(database, vault, Ledger("itau", {ago(300): 5}), {ago(390): -3})

    assert (gap.changed, gap.found) == ([ago(390)], True)


@pytest.mark.anyio
@pytest.mark.parametrize("bank", ["sicoob", "itau"])
async def test_a_part_that_begins_before_the_bank_gives_balances_ends_no_search(
    database: Database, vault: Vault, account_kept: str, bank: str
) -> None:
    """At Sicoob the month in which its history begins has no balance at its beginning."""
    ledger = Ledger(bank, {ago(70): 5, ago(50): 9})

    gap = await discontinuity(database, vault, ledger, {ago(60): -3}, balances_from=ago(70))

    assert (gap.changed, gap.found) == ([ago(60)], True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("bank", "change", "failing_from", "most"),
    [
        ("itau", {ago(391): -3}, None, len(READ_BACK_DAYS) + READ_BACK_SINGLE_DAYS),
        ("itau", {ago(300): -3, ago(200): -4}, None, len(READ_BACK_DAYS) + READ_BACK_SINGLE_DAYS),
        ("itau", {ago(200): -3}, len(READ_BACK_DAYS) + 2, len(READ_BACK_DAYS) + 3),
        ("inter", {ago(200): -3}, None, len(READ_BACK_DAYS)),
        ("sicoob", {ago(200): -3}, None, len(READ_BACK_DAYS)),
    ],
    ids=["before_all", "two_days", "bank_fails", "limited", "no_history"],
)
async def test_an_old_difference_that_is_not_found_is_reported(
    database: Database,
    vault: Vault,
    account_kept: str,
    bank: str,
    change: dict[date, int],
    failing_from: int | None,
    most: int,
) -> None:
    """The day before the statement is named, and no other; the bank is asked few times, and never again for it."""
    ledger = Ledger(bank, {ago(300): 5})

    gap = await discontinuity(database, vault, ledger, change, failing_from=failing_from)

    assert (gap.changed, gap.found, gap.given_up) == ([ago(11)], False, False)
    assert len(ledger.asked) <= most
