"""The bank takes the request and never answers."""

from typing import Annotated, ClassVar

from msgspec import Meta

from simulators.faults.delivery import Delivery, End
from simulators.faults.fault import Fault

__all__ = ["Stalled"]


class Stalled(Fault, frozen=True):
    """Keeps the connection for `seconds` without an answer, then closes it."""

    title: ClassVar = "The bank accepts the request and never answers"
    failures: ClassVar = frozenset({"bank_unavailable", "deadline_exceeded"})

    seconds: Annotated[float, Meta(ge=0, le=600)] = 60.0

    def breaks(self) -> Delivery:
        """There is no answer."""
        return Delivery(end=End.STALLED, seconds=self.seconds)
