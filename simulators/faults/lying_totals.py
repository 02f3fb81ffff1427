"""The counts beside the rows are wrong."""

import re
from typing import Annotated, Any, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault
from simulators.faults.rows import changed

__all__ = ["LyingTotals"]

COUNTING = re.compile(r"total|quantidade|count|pagina|page|registros|records|elementos|elements", re.IGNORECASE)


class LyingTotals(Fault, frozen=True):
    """Adds `by` to every whole number beside the rows whose name is that of a count.

    Only upwards: rows that are promised and do not come are always missed, but a count that is too small by just one
    full page would be consistent with the pages before it, which no reader could notice.
    """

    title: ClassVar = "Totals and page counts are too large"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    by: Annotated[int, Meta(ge=1)] = 1

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with the wrong counts."""
        return changed(response, self._lie)

    def _lie(self, value: Any) -> None:
        if not isinstance(value, dict):
            return
        for name, count in value.items():
            if COUNTING.search(name) and type(count) is int:
                value[name] = count + self.by
            elif COUNTING.search(name) and isinstance(count, str) and count.isdecimal():
                value[name] = str(int(count) + self.by).zfill(len(count))
            else:
                self._lie(count)
