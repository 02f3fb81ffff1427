"""The limits of calls that a bank documents, and by what it counts."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.fact import Fact

__all__ = ["CountedBy", "Quota"]

SPANS = ((86_400, "day", "a day"), (3600, "hour", "an hour"), (60, "minute", "a minute"), (1, "second", "a second"))


class CountedBy(StrEnum):
    """Whose calls count together."""

    CLIENT = "client"
    """Those of one application: of one value of each of the contract's `client_fields`."""
    ACCOUNT = "account"
    """Those that read one bank account, whichever application makes them."""


class Quota(Fact, frozen=True, kw_only=True):
    """So many calls in any span of so many seconds, or so many under way at once.

    A limit by the calendar's hour or day is written as the span of its length: what keeps to this keeps to that.
    """

    calls: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    """Calls in `seconds`; 0 where the limit is on calls under way."""
    seconds: Annotated[int, Meta(ge=0, le=31 * 86_400)] = 0
    """The length of the window, a month at most; 0 where the limit is on calls under way."""
    at_once: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """Calls under way at the same time; 0 where the limit is on calls in a window."""
    by: CountedBy
    operations: tuple[str, ...] = ()
    """Names of the operations whose calls count; empty for all."""

    def __post_init__(self) -> None:
        """Refuse what limits nothing, or two things.

        Raises:
            ValueError: not exactly one of a window and a number of calls under way is given.
        """
        if bool(self.calls) != bool(self.seconds):
            raise ValueError("a window has both `calls` and `seconds`")
        if bool(self.calls) == bool(self.at_once):
            raise ValueError("a quota has either `calls` in `seconds`, or calls `at_once`")

    def counts(self, operation: str) -> bool:
        """Whether a call of this operation counts."""
        return not self.operations or operation in self.operations

    def __str__(self) -> str:
        """The limit in words: "10 statement calls a minute for one client"."""
        named = f"{' or '.join(self.operations)} calls" if self.operations else "calls"
        if self.at_once:
            return f"{self.at_once} {named} at once for one {self.by.value}"
        return f"{self.calls} {named} {_span(self.seconds)} for one {self.by.value}"


def _span(seconds: int) -> str:
    """A length of time in the largest unit of which it is whole: "a minute", "in 12 hours"."""
    length, unit, single = next(span for span in SPANS if seconds % span[0] == 0)
    return single if seconds == length else f"in {seconds // length} {unit}s"
