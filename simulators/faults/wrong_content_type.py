"""The right body under the name of another form."""

from typing import ClassVar

import httpx

from simulators.faults.fault import Fault

__all__ = ["WrongContentType"]


class WrongContentType(Fault, frozen=True):
    """Declares the body as `content_type`, and changes nothing else."""

    title: ClassVar = "The right JSON is declared as something else"
    harmless: ClassVar = True

    content_type: str = "text/html"

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer under the wrong name."""
        response.headers["content-type"] = self.content_type
        return response
