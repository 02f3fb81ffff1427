"""The answer's body ends too early, though its form is that of a whole answer."""

import httpx

from simulators.faults.fault import Fault

__all__ = ["Truncate"]


class Truncate(Fault, frozen=True):
    """Keeps the first `keep` hundredths of the body."""

    keep: int = 50

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The shortened answer."""
        body = response.content
        headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
        return httpx.Response(response.status_code, headers=headers, content=body[: len(body) * self.keep // 100])
