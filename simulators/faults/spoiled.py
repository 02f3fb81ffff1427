"""What faults share that spoil single fields of the rows, here and there."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, fields, luck

__all__ = ["SpoiledFields"]


class SpoiledFields(Fault, frozen=True):
    """Spoils each field of each row with `probability`; the same seed and answer spoil the same ones.

    With `field`, only fields of that name.
    """

    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"id", "booked_at", "type", "description", "document", "counterparty", "balance"})

    probability: Annotated[float, Meta(ge=0, le=1)] = 0.1
    seed: int = 1
    field: str = ""

    @abstractmethod
    def spoil(self, row: dict[str, Any], name: str) -> None:
        """Do to one field of a row what the fault is about."""

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with some fields spoiled."""
        chance = luck(self.seed, response)

        def spoil_some(value: Any) -> None:
            for row, name in fields(value):
                if self.field in {"", name} and chance.random() < self.probability:
                    self.spoil(row, name)

        return changed(response, spoil_some)
