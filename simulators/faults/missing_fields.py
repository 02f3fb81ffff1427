"""Fields of the rows are missing."""

from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, fields, luck

__all__ = ["MissingFields"]


class MissingFields(Fault, frozen=True):
    """Leaves out each field of each row with `probability`; the same seed and answer lose the same ones."""

    title: ClassVar = "Fields of the rows are missing"
    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"id", "booked_at", "type", "description", "document", "counterparty", "balance"})

    probability: Annotated[float, Meta(ge=0, le=1)] = 0.1
    seed: int = 1

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with fewer fields."""
        chance = luck(self.seed, response)

        def remove(value: Any) -> None:
            for row, name in fields(value):
                if chance.random() < self.probability:
                    del row[name]

        return changed(response, remove)
