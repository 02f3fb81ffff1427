"""Days on which banks in Brazil work: the national calendar, bank holidays included."""

from datetime import date, timedelta
from functools import cache

import holidays

__all__ = ["is_business_day", "next_business_day"]


def is_business_day(day: date) -> bool:
    """Whether banks in Brazil work that day (national calendar)."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def next_business_day(day: date) -> date:
    """The first business day after a day."""
    day += timedelta(days=1)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("BR", years=year, categories=("public", "optional")))
