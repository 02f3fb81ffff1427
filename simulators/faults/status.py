"""The bank answers with a status and nothing useful."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["Status"]


class Status(Fault, frozen=True):
    """Answers `status` with `body`.

    `retry_after` is sent as the header of that name: seconds, or a text of any sense; neither 0 nor an empty one is.
    An empty `content_type` is not sent either.
    """

    title: ClassVar = "A status and nothing useful"
    failures: ClassVar = frozenset({"bank_server_error", "rate_limited", "unexpected_bank_response"})

    status: Annotated[int, Meta(ge=200, le=599)] = 500
    body: str = ""
    content_type: str = "application/json"
    retry_after: int | str = 0

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The answer in place of the bank's."""
        values = {"content-type": self.content_type, "retry-after": str(self.retry_after or "")}
        headers = {name: value for name, value in values.items() if value}
        return httpx.Response(self.status, headers=headers, content=self.body.encode())
