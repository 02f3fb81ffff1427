"""The promised length of the body is not its length."""

from typing import ClassVar

import httpx

from simulators.faults.delivery import shaped
from simulators.faults.fault import Fault

__all__ = ["WrongLength"]


class WrongLength(Fault, frozen=True):
    """Promises `by` bytes more than come before the connection is closed; below zero, more come than promised."""

    title: ClassVar = "The header content-length promises more or fewer bytes than come"
    failures: ClassVar = frozenset({"bank_unavailable", "unexpected_bank_response"})

    by: int = 10

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer with the wrong promise."""
        return shaped(response, length_off=self.by)
