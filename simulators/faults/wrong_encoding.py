"""The body's text is in another encoding than expected."""

from typing import ClassVar, Literal

import httpx

from simulators.faults.delivery import body_of, rewritten
from simulators.faults.fault import Fault

__all__ = ["WrongEncoding"]


class WrongEncoding(Fault, frozen=True):
    """Encodes the body in `encoding` and goes on declaring what it declared, so UTF-8.

    What Latin-1 lacks is written as the escape that JSON has for it, and is not lost.
    """

    title: ClassVar = "The body is not encoded in UTF-8"
    failures: ClassVar = frozenset({"unexpected_bank_response"})
    blurs: ClassVar = frozenset({"description", "counterparty"})

    encoding: Literal["utf-16", "latin-1"] = "latin-1"

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer in the other encoding."""
        body = body_of(response)
        if body is None:
            return response
        return rewritten(response, body.decode("utf-8", "replace").encode(self.encoding, "backslashreplace"))
