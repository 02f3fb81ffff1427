"""A body that is almost JSON."""

from typing import ClassVar

import httpx

from simulators.faults.delivery import body_of, rewritten
from simulators.faults.fault import Fault

__all__ = ["MalformedJson"]


class MalformedJson(Fault, frozen=True):
    """Puts a word in single quotes, which JSON does not allow, after the first character of the body."""

    title: ClassVar = "The body is almost JSON, but none"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The spoilt answer."""
        body = body_of(response)
        return response if body is None else rewritten(response, body[:1] + b"'erro'," + body[1:])
