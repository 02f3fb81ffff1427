"""The connection is closed before an answer."""

from typing import ClassVar

from simulators.faults.delivery import Delivery, End
from simulators.faults.fault import Fault

__all__ = ["CutConnection"]


class CutConnection(Fault, frozen=True):
    """Closes the connection without an answer."""

    title: ClassVar = "The connection is closed without an answer"
    failures: ClassVar = frozenset({"bank_unavailable"})

    def breaks(self) -> Delivery:
        """There is no answer."""
        return Delivery(end=End.CLOSED)
