"""Fields of the rows are null."""

from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, fields, luck

__all__ = ["NullFields"]


class NullFields(Fault, frozen=True):
    """Sets each field of each row to null with `probability`; the same seed and answer lose the same ones."""

    title: ClassVar = "Fields of the rows are null"
    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"id", "booked_at", "type", "description", "document", "counterparty", "balance"})

    probability: Annotated[float, Meta(ge=0, le=1)] = 0.1
    seed: int = 1

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with holes."""
        chance = luck(self.seed, response)

        def empty(value: Any) -> None:
            for row, name in fields(value):
                if chance.random() < self.probability:
                    row[name] = None

        return changed(response, empty)
