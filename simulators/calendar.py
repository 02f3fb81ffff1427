"""Days on which banks in Brazil work: not on national holidays, in Carnival, and on Corpus Christi.

Other optional days are business days for banks, Ash Wednesday with short hours among them (Resolução CMN 4.880).
"""

from datetime import date, timedelta
from functools import cache

import holidays

__all__ = ["bank_holidays", "days_from", "is_business_day", "next_business_day"]


BANK_HOLIDAYS = frozenset({"Carnival", "Corpus Christi"})


def is_business_day(day: date) -> bool:
    """Whether banks in Brazil work that day (national calendar)."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def next_business_day(day: date) -> date:
    """The first business day after a day."""
    day += timedelta(days=1)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def days_from(first: date, last: date) -> list[date]:
    """Each day from the first to the last; none where the first lies after the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def bank_holidays(year: int) -> dict[date, str]:
    """The days of a year on which banks do not work, Saturdays and Sundays aside, with their Portuguese names."""
    named: dict[date, str] = {}
    for category in ("optional", "public"):
        named |= dict(holidays.country_holidays("BR", years=year, categories=(category,), language="pt_BR").items())
    return {day: named[day] for day in _holidays(year)}


@cache
def _holidays(year: int) -> frozenset[date]:
    optional = holidays.country_holidays("BR", years=year, categories=("optional",), language="en_US")
    kept_by_banks = {day for day, name in optional.items() if name in BANK_HOLIDAYS}
    return frozenset(kept_by_banks | set(holidays.country_holidays("BR", years=year)))
