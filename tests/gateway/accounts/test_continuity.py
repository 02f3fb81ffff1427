"""Closing balances of days that were given, and where a difference arose."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

import contracts
from gateway.accounts.continuity import Continuity, Gap, changed_days, closings_of, proved_through
from gateway.accounts.database import Database
from gateway.accounts.day_balances import DayBalances, Kept
from gateway.accounts.seals import KEPT, DaySeals
from gateway.accounts.vault import Vault
from gateway.check import assemble
from gateway.identity import content_of
from gateway.model import Account, BalanceAt, Balances, Credentials, Movement, Period, Statement
from gateway.statement import StatementReader
from tests.gateway.support import NOW

INTER = contracts.load("inter")
ACCOUNT = Account("a", "inter", "PJ", "1", "2", "3", Credentials({}))
MONDAY = date(2026, 3, 9)
TODAY = NOW.date()


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def movement(number: int, amount: str, *, provisional: bool = False, blocked: bool = False) -> Movement:
    value = Decimal(amount)
    content = content_of({}, [], value)
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
    found = closings_of(statement(movement(0, "5"), movement(2, "-7"), movement(2, "-1"), closing="97"))

    assert list(found.values()) == [105, 105, 97, 97, 97, 97, 97]
    assert max(found) == day(6)


def test_a_provisional_entry_ends_what_is_kept() -> None:
    """The balance of its day may change, and so may all that follow."""
    rows = movement(0, "5"), movement(2, "-7", provisional=True)

    assert closings_of(statement(*rows, closing="105")) == {day(0): 105, day(1): 105}


@pytest.mark.parametrize(("closing", "after"), [("95", 95), ("105", 105)], ids=["followed", "left_alone"])
def test_blocked_money_does_not_end_what_is_kept(closing: str, after: int) -> None:
    """It is never final, but what it does to the balances is known."""
    rows = movement(0, "5"), movement(2, "-10", blocked=True)

    assert list(closings_of(statement(*rows, closing=closing)).values()) == [105, 105, *([after] * 5)]


@pytest.mark.parametrize("closing", ["98", None])
def test_only_what_is_proved_is_kept(closing: str | None) -> None:
    """A statement that is disproved, or that has no balances, tells nothing for certain."""
    assert closings_of(statement(movement(0, "5"), closing=closing)) == {}


def test_days_that_are_too_old_are_left_out() -> None:
    """They would be forgotten at once."""
    first = TODAY - timedelta(days=450)

    assert min(closings_of(statement(closing="100", first=first))) == TODAY - KEPT


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
    """Where nothing is known of the day before, its own entries decide; what was never given is not named."""
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
    """It has been read already. The next one tries again, and meanwhile it is told that something has changed."""
    reader = cast("StatementReader", Failing(error))
    continuity = Continuity(DayBalances(database, vault), DaySeals(database), reader)
    gap = Gap({}, open=True)

    await continuity.read_back(ACCOUNT, statement(closing="100"), gap, NOW, seconds=0.01)

    assert (gap.given_up, gap.found, gap.changed) == (True, False, [MONDAY - timedelta(days=1)])
