"""The bank's clock is wrong."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, ClassVar

import httpx

from simulators.faults.delivery import body_of
from simulators.faults.fault import Fault
from simulators.faults.rows import changed

__all__ = ["ClockSkew"]


class ClockSkew(Fault, frozen=True):
    """Dates the answer by a clock that is `seconds` ahead, or behind when negative.

    The life that the answer gives a token is longer by as much, or shorter; its real life is unchanged.
    """

    title: ClassVar = "The bank's clock is ahead or behind"
    harmless: ClassVar = True

    seconds: int = 300

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with the wrong time."""
        skewed = changed(response, self._life) if b"expires_in" in (body_of(response) or b"") else response
        if "date" in skewed.headers:
            date = parsedate_to_datetime(skewed.headers["date"]) + timedelta(seconds=self.seconds)
            skewed.headers["date"] = format_datetime(date, usegmt=True)
        return skewed

    def _life(self, value: Any) -> None:
        if isinstance(value, dict) and type(value.get("expires_in")) is int:
            value["expires_in"] = max(1, value["expires_in"] + self.seconds)
