"""The connection is reset in the middle of the body."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import End, body_of, shaped
from simulators.faults.fault import Fault

__all__ = ["ResetInBody"]


class ResetInBody(Fault, frozen=True):
    """Sends the head and the first `keep` hundredths of the body, then resets the connection."""

    title: ClassVar = "The connection is reset in the middle of the body"
    failures: ClassVar = frozenset({"bank_unavailable"})

    keep: Annotated[int, Meta(ge=0, le=99)] = 50

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that breaks off."""
        return shaped(response, end=End.RESET, after=len(body_of(response) or b"") * self.keep // 100)
