"""What a fault is, and where and how often it strikes."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import httpx
from msgspec import Struct

__all__ = ["ActiveFault", "Fault", "Slice"]

T = TypeVar("T")


class Slice(Struct, Generic[T], frozen=True):
    """The part of a list that one page shows, and whether more follows."""

    rows: Sequence[T]
    more: bool


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """The fault that does nothing; the others override what they need."""

    def instead(self, request: httpx.Request) -> httpx.Response | None:
        """An answer in place of the bank's, or None to let the bank answer."""
        return None

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that is sent in place of the bank's."""
        return response

    def cut(self, start: int, size: int) -> int:
        """Where the page that should begin at `start` begins."""
        return start


class ActiveFault(Struct, kw_only=True):
    """A fault at work: where, how often, and how often it has struck."""

    id: str
    bank: str
    name: str
    fault: Fault
    number: str | None = None
    """Account number; None strikes every account of the bank."""
    operation: str | None = None
    """Name of an operation; None strikes every one."""
    times: int = 0
    """How many calls it strikes; 0 for all."""
    after: int = 0
    """How many calls it lets pass first."""
    parameters: dict[str, Any]
    calls: int = 0

    def strikes(self, bank: str, number: str | None, operation: str | None) -> bool:
        """Whether it strikes this call; counts the call if it is one of those meant."""
        if bank != self.bank or (self.number is not None and number != self.number):
            return False
        if self.operation is not None and operation != self.operation:
            return False
        self.calls += 1
        return self.calls > self.after and (not self.times or self.calls <= self.after + self.times)
