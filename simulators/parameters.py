"""Days, numbers and page sizes of a query, read as the bank documents them and refused in its own words."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, TypeVar

import httpx

from simulators.accounts.opening import AccountOpening
from simulators.call import Answered, Call, json_answer
from simulators.clock import BRASILIA
from simulators.faults import Slice
from simulators.reasons import parameter_wrong, written_as
from simulators.world import SimulatedAccount

__all__ = ["ParameterReader"]

T = TypeVar("T")
NUMBER = re.compile("[0-9]{1,18}")
LARGEST = 10**18


class ParameterReader(AccountOpening):
    """The part of a bank that reads parameters. A bank sets its words, and the form in which it refuses."""

    day_form: ClassVar[str] = "%Y-%m-%d"
    """How days are written, as `strptime` has it; zeros may not be left out."""
    day_words: ClassVar[str] = "must be a day as YYYY-MM-DD"
    """The words for a day that is missing or unreadable."""
    number_words: ClassVar[str] = "must be from {least} to {most}"
    """The words for a number that is unreadable or out of range."""

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """The answer to a call one of whose parameters is wrong; `wrong` says what about it is, in the bank's words."""
        return json_answer({"message": f"{name}: {wrong}"}, 400)

    def read_day(self, call: Call, name: str, default: date | None = None) -> date:
        """A day of the query; the default where the parameter is left out.

        Raises:
            Answered: it is missing without a default, or no day in the bank's form.
        """
        value = call.query.get(name)
        return default if value is None and default is not None else self.written_day(call, name, value)

    def written_day(self, call: Call, name: str, value: str | None) -> date:
        """The day that a value is, wherever in the call it stands.

        Raises:
            Answered: it is none in the bank's form; None is missing.
        """
        try:
            found = datetime.strptime(value or "", self.day_form).replace(tzinfo=BRASILIA)
        except ValueError:
            found = None
        if found is None or found.strftime(self.day_form) != value:
            why = parameter_wrong(name, f"must be a day as {written_as(self.day_form)}", value)
            raise Answered(self.parameter_refused(call, name, self.day_words), why)
        return found.date()

    def read_number(self, call: Call, name: str, default: int, least: int = 0, most: int = LARGEST) -> int:
        """A number of the query, within bounds; the default where the parameter is left out.

        Raises:
            Answered: it is no number in digits, or out of bounds.
        """
        value = call.query.get(name, str(default))
        if NUMBER.fullmatch(value) is None or not least <= int(value) <= most:
            wrong = self.number_words.format(least=least, most=most)
            why = parameter_wrong(name, f"must be a number from {least} to {most}", value)
            raise Answered(self.parameter_refused(call, name, wrong), why)
        return int(value)

    def page_asked(self, call: Call, account: SimulatedAccount, name: str) -> int:
        """The page size to give, where the query asks for one within the contract's bounds.

        Raises:
            Answered: it asks for no such size.
        """
        paging = self.contract.paging
        return self.page_size(account, self.read_number(call, name, paging.default_size, 1, paging.max_size))

    def page_size(self, account: SimulatedAccount, asked: int) -> int:
        """The page size given: the one asked for, or the account's own limit if that is less."""
        return min(asked, account.parameters.page_size) if account.parameters.page_size else asked

    def cut(self, call: Call, rows: Sequence[T], start: int, size: int) -> Slice[T]:
        """The page that begins at `start`, or the one that faults put in its place."""
        for active in call.faults:
            begins = active.behaviour.cut(start, max(size, 1))
            active.note(rows[begins : begins + size] != rows[start : start + size])
            start = begins
        more = start + size < len(rows)
        for active in call.faults:
            follows = active.behaviour.follows(more)
            active.note(follows != more)
            more = follows
        return Slice(rows[start : start + size], more)
