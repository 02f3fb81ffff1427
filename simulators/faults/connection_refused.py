"""The connection is refused."""

from typing import ClassVar

from simulators.faults.delivery import Delivery, End
from simulators.faults.fault import Fault

__all__ = ["ConnectionRefused"]


class ConnectionRefused(Fault, frozen=True):
    """Refuses the connection. Served, a call of an operation has one already: there it is reset, unread."""

    title: ClassVar = "The connection is refused"
    failures: ClassVar = frozenset({"bank_unavailable"})

    def breaks(self) -> Delivery:
        """There is no answer."""
        return Delivery(end=End.REFUSED)
