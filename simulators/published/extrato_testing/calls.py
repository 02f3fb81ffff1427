"""Calls of a server on loopback that no mock of an HTTP library meets, and that import none."""

import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

__all__ = ["Answer", "CallRefusedError", "Caller"]

SECONDS = 180.0
IDLE_SECONDS = 2.0
"""After which a connection is not used again: the servers end idle ones after five."""


class CallRefusedError(RuntimeError):
    """The simulators refuse a call; the text says what is wrong with it.

    Args:
        status: of the answer.
        text: what is wrong.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Answer:
    """The answer to a call.

    Args:
        status: its status.
        content: its body.
    """

    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self.content = content

    def json(self) -> Any:
        """The value in the body; None where there is none."""
        return json.loads(self.content) if self.content else None


class Caller:
    """Calls one server, by one connection that is kept. It is not for several threads.

    Args:
        url: what all paths stand behind.
        headers: of each call.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._address = str(parts.hostname), int(parts.port or 80)
        self._prefix = parts.path.rstrip("/")
        self._headers = headers or {}
        self._connection: HTTPConnection | None = None
        self._used = 0.0

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to one call; a body is sent as JSON, and a query without the values that are None.

        Raises:
            OSError: the server is not there, or ended the connection.
        """
        chosen = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{self._prefix}{path}" + (f"?{urlencode(chosen)}" if chosen else "")
        content = None if body is None else json.dumps(body).encode()
        sent = {**self._headers, **(headers or {})} | ({"content-type": "application/json"} if content else {})
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        connection = self._connection = self._connection or HTTPConnection(*self._address, timeout=SECONDS)
        try:
            connection.request(method, target, content, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()
        return answer

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
