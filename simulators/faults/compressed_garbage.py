"""A body whose header calls it packed, and which is not."""

from typing import ClassVar

import httpx

from simulators.faults.delivery import rewritten
from simulators.faults.fault import Fault

__all__ = ["CompressedGarbage"]


class CompressedGarbage(Fault, frozen=True):
    """Declares the body as gzip; its bytes are none."""

    title: ClassVar = "The body is declared as gzip and cannot be unpacked"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that cannot be unpacked."""
        return rewritten(response, b"\x00garbage" * 32, {"content-encoding": "gzip"})
