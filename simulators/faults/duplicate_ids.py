"""Two movements have one id."""

import re
from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, rows

__all__ = ["DuplicateIds"]

NAMING = re.compile(r"^id$|^id(?=[A-Z_])|(?<=[a-z])Id$|_id$|[Ii]dentificadorUnico|protocolo|movimento_api_codigo")


class DuplicateIds(Fault, frozen=True):
    """Gives the row after row `row`, counted from 0, the ids of that row, in every list.

    Twins that differ in nothing else keep theirs: with one id, two of them are one to any reader.
    """

    title: ClassVar = "Two movements have the same id"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    row: Annotated[int, Meta(ge=0)] = 0

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with an id twice."""
        return changed(response, self._duplicate)

    def _duplicate(self, value: Any) -> None:
        for found in rows(value):
            for one, other in zip(found[self.row :], found[self.row + 1 : self.row + 2], strict=False):
                ids = {name: item for name, item in one.items() if NAMING.search(name) and name in other}
                if _without(one, ids) != _without(other, ids):
                    other.update(ids)


def _without(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in row.items() if name not in names}
