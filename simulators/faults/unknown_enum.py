"""Codes that the documentation does not list."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import httpx

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, fields

__all__ = ["UNKNOWN", "UnknownEnum", "code_fields"]

CODE = re.compile(r"(?=.{1,30}\Z)(?:[A-Z]+(?:_[A-Z]+)*|[a-z]{2,}(?:_[a-z]+)*)")
UNKNOWN = "DESCONHECIDO_9"


class UnknownEnum(Fault, frozen=True):
    """Replaces each text of a row that looks like a code by one that is not documented.

    A code is one word, all in capitals or all in small letters, its parts joined by underscores.

    With `field`, only texts of that name.
    """

    title: ClassVar = "Codes in the rows are unknown ones"
    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"type", "description", "document", "counterparty", "stability"})

    field: str = ""

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with unknown codes."""
        return changed(response, self._replace)

    def _replace(self, value: Any) -> None:
        for row, name in _codes(value):
            if self.field in {"", name}:
                row[name] = UNKNOWN


def code_fields(response: httpx.Response) -> set[str]:
    """The names of the fields that hold codes in the rows of an answer."""
    found: set[str] = set()
    changed(response, lambda value: found.update(name for _, name in _codes(value)))
    return found


def _codes(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for row, name in fields(value):
        if isinstance(row[name], str) and CODE.fullmatch(row[name]):
            yield row, name
