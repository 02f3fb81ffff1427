"""A clock for tests."""

from datetime import datetime

from gateway.model import BRASILIA

__all__ = ["FixedClock"]


class FixedClock:
    """A clock that stands where it is put."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(BRASILIA)

    def now(self) -> datetime:
        """The instant at which it was put."""
        return self.moment
