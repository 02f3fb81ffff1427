"""The bank gives rows of days that were not asked for."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.duplicate_ids import NAMING
from simulators.faults.fault import Fault
from simulators.faults.rows import changed, rows

__all__ = ["OtherDays"]

FORMS = (
    (re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"), "%Y-%m-%d"),
    (re.compile(r"(?<!\d)\d{2}/\d{2}/\d{4}(?!\d)"), "%d/%m/%Y"),
    (re.compile(r"(?<!\d)\d{2}-\d{2}-\d{4}(?!\d)"), "%d-%m-%Y"),
    (re.compile(r"(?<!\d)\d{2}\.\d{2}\.\d{4}(?!\d)"), "%d.%m.%Y"),
    (re.compile(r"\A[0-3]\d[01]\d20\d{2}\Z"), "%d%m%Y"),
)
"""How banks write a day."""
WHOLE = FORMS[-1]
"""A day as one number, whose leading zero is lost."""


class OtherDays(Fault, frozen=True):
    """Puts before the rows of every list a copy of the first one, with an id of its own, dated `days` earlier.

    Days below zero date it later. They must be more than those of the period that is read: a row that is dated within
    it is an entry to anybody who cannot compare balances.
    """

    title: ClassVar = "Rows of other days than those asked for come too"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    days: Annotated[int, Meta(ge=-3_650, le=3_650)] = 100

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with rows of earlier days."""
        return changed(response, self._add)

    def _add(self, value: Any) -> None:
        for found in list(rows(value)):
            earlier = _copied(found[0], self.days)
            if earlier != _copied(found[0], 0):  # else it has no day, and would be another row of the period
                found.insert(0, earlier)


def _copied(value: Any, days: int, name: str = "") -> Any:
    """A row with other ids, so many days earlier."""
    if isinstance(value, dict):
        return {key: _copied(item, days, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item, days, name) for item in value]
    if name and NAMING.search(name):
        return _other_id(value)
    if isinstance(value, str):
        for form in FORMS:
            value = _moved(value, days, *form)
        return value
    if type(value) is int and len(digits := str(value).zfill(8)) == 8:
        return int(_moved(digits, days, *WHOLE))
    return value


def _moved(text: str, days: int, pattern: re.Pattern[str], form: str) -> str:
    def move(found: re.Match[str]) -> str:
        try:
            return (datetime.strptime(found[0], form) - timedelta(days=days)).strftime(form)  # noqa: DTZ007
        except ValueError:
            return found[0]

    return pattern.sub(move, text)


def _other_id(value: Any) -> Any:
    """Another id of the same form."""
    if isinstance(value, str) and value:
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + 1_000_003 if type(value) is int else value
