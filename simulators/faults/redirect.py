"""The bank sends its caller elsewhere."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["Redirect"]


class Redirect(Fault, frozen=True):
    """Answers a redirect to `location`, which is another host."""

    title: ClassVar = "A redirect to another host"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    location: str = "https://example.test/extrato"
    status: Annotated[int, Meta(ge=300, le=399)] = 302

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The redirect in place of the bank's answer."""
        return httpx.Response(self.status, headers={"location": self.location})
