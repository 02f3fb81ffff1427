"""The bank answers with a status and nothing useful."""

import httpx

from simulators.faults.fault import Fault

__all__ = ["Status"]


class Status(Fault, frozen=True):
    """Answers `status` with `body`; a `retry_after` in seconds is sent as the header of that name."""

    status: int = 500
    body: str = ""
    content_type: str = "application/json"
    retry_after: int = 0

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The answer in place of the bank's."""
        headers = {"content-type": self.content_type}
        if self.retry_after:
            headers["retry-after"] = str(self.retry_after)
        return httpx.Response(self.status, headers=headers, text=self.body)
