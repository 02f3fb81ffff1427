"""A web page where JSON should be, as from a proxy or another host; it says nothing about the bank."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["HtmlPage"]


class HtmlPage(Fault, frozen=True):
    """Answers a web page with `status`."""

    title: ClassVar = "A web page stands where JSON should be"
    failures: ClassVar = frozenset({"unexpected_bank_response", "bank_server_error"})

    status: Annotated[int, Meta(ge=200, le=599)] = 200

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The page in place of the bank's answer."""
        return httpx.Response(self.status, html="<!doctype html><title>Portal</title><h1>Bem-vindo</h1>")
