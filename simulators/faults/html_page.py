"""A web page where JSON should be, as from a proxy or a maintenance notice."""

import httpx

from simulators.faults.fault import Fault

__all__ = ["HtmlPage"]


class HtmlPage(Fault, frozen=True):
    """Answers a web page with `status`."""

    status: int = 200

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The page in place of the bank's answer."""
        return httpx.Response(self.status, html="<!doctype html><title>Em manutenção</title><h1>Voltamos logo</h1>")
