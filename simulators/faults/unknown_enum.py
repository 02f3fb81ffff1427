"""Codes that the documentation does not list."""

import re
from typing import Any, ClassVar

import httpx

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, fields

__all__ = ["UnknownEnum"]

CODE = re.compile(r"(?=.{1,30}\Z)[A-Z]+(?:_[A-Z]+)*")
UNKNOWN = "DESCONHECIDO_9"


class UnknownEnum(Fault, frozen=True):
    """Replaces each text of a row that looks like a code, one word in capitals, by one that is not documented."""

    title: ClassVar = "Codes in the rows are unknown ones"
    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"type", "description", "document", "counterparty", "stability"})

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with unknown codes."""
        return changed(response, _replace)


def _replace(value: Any) -> None:
    for row, name in fields(value):
        if isinstance(row[name], str) and CODE.fullmatch(row[name]):
            row[name] = UNKNOWN
