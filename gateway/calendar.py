"""Business days of Brazilian banks, and the days that a bank answers and has settled.

Saturdays, Sundays, the national holidays, the Monday and Tuesday of Carnival, Good Friday, Corpus Christi and All
Souls' Day are not business days (Resolução CMN 4.880 of 2020-12-23; national holidays: Lei 662/1949 with Lei
10.607/2002, Lei 6.802/1980, and since 2024 Lei 14.759/2023). State and municipal holidays are left out: which of
them a bank observes is not documented. Ash Wednesday and the last days of December are business days with short hours.
"""

from datetime import date, datetime, time, timedelta
from functools import cache

from contracts.schema import PeriodRules
from gateway.model import DAY

__all__ = [
    "bank_holidays",
    "easter",
    "is_business_day",
    "last_hour",
    "next_business_day",
    "oldest_day",
    "settled_through",
]

FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
"""Month and day."""
AROUND_EASTER = (-48, -47, -2, 60)
"""Days from Easter Sunday: Carnival Monday and Tuesday, Good Friday, Corpus Christi."""
BLACK_AWARENESS = (11, 20)
BLACK_AWARENESS_SINCE = 2024


def easter(year: int) -> date:
    """Easter Sunday of a year of the Gregorian calendar (the anonymous computus, as in Meeus)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leaps, rest = divmod(of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leaps - epact - rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of a year on which no bank in Brazil does business, whatever the day of the week."""
    fixed = [*FIXED, *([BLACK_AWARENESS] if year >= BLACK_AWARENESS_SINCE else [])]
    movable = [easter(year) + timedelta(days=days) for days in AROUND_EASTER]
    return frozenset([*(date(year, month, day) for month, day in fixed), *movable])


def is_business_day(day: date) -> bool:
    """Whether banks do business on a day."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def next_business_day(day: date) -> date:
    """The first business day after a day."""
    day += DAY
    while not is_business_day(day):
        day += DAY
    return day


def last_hour(now: datetime, period: PeriodRules) -> datetime:
    """The last instant at which a bank was expected to have completed a business day: the daily import is due then.

    Args:
        now: the present instant in Brasília's time.
        period: the contract's rules about days.
    """
    hour, day = time.fromisoformat(period.available_by), now.date()
    if now.time() < hour:
        day -= DAY
    while not is_business_day(day):
        day -= DAY
    return datetime.combine(day, hour, now.tzinfo)


def oldest_day(today: date, period: PeriodRules) -> date:
    """The oldest day that a bank answers, by the contract's rules about days; `date.min` where it names no limit."""
    return today - timedelta(days=period.history_days) if period.history_days else date.min


def settled_through(now: datetime, period: PeriodRules) -> date:
    """The last day whose entries a bank has settled by now.

    A day is settled `lag_days` days later at the hour `available_by`, on a business day or not. At a bank that sends
    weekends again, entries of a day without banking are settled together with the next business day: a Friday on
    Saturday, and the weekend on Tuesday, with Monday.

    Args:
        now: the present instant in Brasília's time.
        period: the contract's rules about days.
    """
    day = now.date() - timedelta(days=period.lag_days)
    if now.time() < time.fromisoformat(period.available_by):
        day -= DAY
    while period.sends_weekends_again and not is_business_day(day):
        day -= DAY
    return day
