"""The connection is cut before an answer."""

import httpx

from simulators.faults.fault import Fault

__all__ = ["CutConnection"]


class CutConnection(Fault, frozen=True):
    """Closes the connection without an answer; in process, raises what a client would see."""

    def instead(self, request: httpx.Request) -> httpx.Response:
        """There is no answer.

        Raises:
            httpx.RemoteProtocolError: always; a server turns it into a closed connection.
        """
        raise httpx.RemoteProtocolError("the bank closed the connection", request=request)
