"""The limits of calls that a bank documents, and whose calls it counts together."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.fact import Fact

__all__ = ["CountedBy", "Quota"]

SPANS = ((86_400, "day", "a day"), (3600, "hour", "an hour"), (60, "minute", "a minute"), (1, "second", "a second"))


class CountedBy(StrEnum):
    """Whose calls count together."""

    CLIENT = "client"
    """Those of one application, which the values of the contract's `client_fields` name."""
    ACCOUNT = "account"
    """Those that read one bank account, from all applications."""


class Quota(Fact, frozen=True, kw_only=True):
    """A limit of calls: either `calls` in any window of `seconds`, or `at_once` under way at the same time.

    A limit by calendar hour or day is written as a window of that length, which is at least as strict.
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
        """Check that it is one limit.

        Raises:
            ValueError: it has neither a whole window nor `at_once`, or both.
        """
        if bool(self.calls) != bool(self.seconds):
            raise ValueError("a window has both `calls` and `seconds`")
        if bool(self.calls) == bool(self.at_once):
            raise ValueError("a quota has either `calls` in `seconds`, or calls `at_once`")

    def counts(self, operation: str) -> bool:
        """Whether calls of this operation count."""
        return not self.operations or operation in self.operations

    def __str__(self) -> str:
        """The limit in words: "10 statement calls a minute for one client"."""
        named = f"{' or '.join(self.operations)} calls" if self.operations else "calls"
        if self.at_once:
            return f"{self.at_once} {named} at once for one {self.by.value}"
        return f"{self.calls} {named} {_span(self.seconds)} for one {self.by.value}"


def _span(seconds: int) -> str:
    """A length of time in the largest unit that divides it: "a minute", "in 12 hours"."""
    length, unit, single = next(span for span in SPANS if seconds % span[0] == 0)
    return single if seconds == length else f"in {seconds // length} {unit}s"
