"""The connection is reset before an answer."""

from typing import ClassVar

from simulators.faults.delivery import Delivery, End
from simulators.faults.fault import Fault

__all__ = ["ConnectionReset"]


class ConnectionReset(Fault, frozen=True):
    """Resets the connection without an answer."""

    title: ClassVar = "The connection is reset before the answer"
    failures: ClassVar = frozenset({"bank_unavailable"})

    def breaks(self) -> Delivery:
        """There is no answer."""
        return Delivery(end=End.RESET)
