"""The bank has added fields."""

from typing import Any, ClassVar

import httpx

from simulators.faults.fault import Fault
from simulators.faults.rows import changed, objects

__all__ = ["ExtraFields"]


class ExtraFields(Fault, frozen=True):
    """Adds to every object an undocumented field, with an object and a list within."""

    title: ClassVar = "There are fields that nobody has documented"
    harmless: ClassVar = True

    name: str = "campoNovo"

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with more fields."""

        def add(value: Any) -> None:
            for each in objects(value):
                each[self.name] = {"versao": 2, "itens": [1, {"valor": None}]}

        return changed(response, add)
