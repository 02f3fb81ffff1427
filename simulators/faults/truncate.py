"""The answer's body ends too early, though its form is that of a whole answer."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import body_of, rewritten
from simulators.faults.fault import Fault

__all__ = ["Truncate"]


class Truncate(Fault, frozen=True):
    """Keeps the first `keep` hundredths of the body."""

    title: ClassVar = "The body ends too early, and its length says that it is whole"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    keep: Annotated[int, Meta(ge=0, le=99)] = 50

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The shortened answer."""
        body = body_of(response)
        return response if body is None else rewritten(response, body[: len(body) * self.keep // 100])
