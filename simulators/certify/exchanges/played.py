"""An exchange as it is played to an adapter: each request is compared with the next step, whose answer is sent."""

from collections import deque
from datetime import datetime
from typing import Any

import httpx
import msgspec

from contracts.exchange import ExampleResponse, Exchange, ExpectedRequest
from gateway.auth import Auth
from gateway.flow import OPTIONAL, Page, Token, TokenNeeded
from simulators.certify.comparing.with_exchange import differing
from simulators.certify.demands import demand, demand_equal
from simulators.certify.harnesses.pure import MOST_PAGES

__all__ = ["AsksMore", "Played", "form_and_body"]


class AsksMore(Exception):
    """The adapter goes on asking after the last step."""


class Played:
    """An exchange as it is played to an adapter.

    Args:
        exchange: the conversation.
        auth: the adapter's.
        now: the instant of the exchange.
        compared: whether what the adapter asks must be what the exchange shows.
    """

    def __init__(self, exchange: Exchange, auth: Auth, now: datetime, *, compared: bool) -> None:
        self.asked: list[httpx.Request] = []
        self.pages: list[Page] = []
        self._steps = deque(exchange.steps)
        self._auth = auth
        self._now = now
        self._compared = compared

    @property
    def ended(self) -> bool:
        """Whether the last step has been played."""
        return not self._steps

    def result(self, flow: Any, token: Token | None) -> Any:
        """Send answers until the flow ends, and give its result.

        Raises:
            AsksMore: it needs a step that is not there.
            Shortfall: it asks what the exchange does not show, or hands over pages without end.
        """
        reply: Any = None
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as stop:
                return stop.value
            reply = None
            if isinstance(event, httpx.Request):
                reply = self._answer(event)
            elif isinstance(event, TokenNeeded):
                if token is None or event.refused is not None:
                    token = self.result(self._auth.obtain(token, self._now), None)
                reply = token
            else:
                demand(len(self.pages) < MOST_PAGES, f"no end after {MOST_PAGES} pages handed over for one statement")
                self.pages.append(event)

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        """The next step's answer; None after the last one for a read that the adapter can do without."""
        if not self._steps:
            if request.extensions.get(OPTIONAL):
                return None
            raise AsksMore
        step = self._steps.popleft()
        self.asked.append(request)
        if self._compared:
            assert_asks(request, step.request)
        return answer_of(step.response)


def assert_asks(request: httpx.Request, expected: ExpectedRequest) -> None:
    """Demand that a request is the one of the exchange.

    Raises:
        Shortfall: it is another; the text names the part that differs.
    """
    form, body = form_and_body(request)
    compared: list[tuple[str, object, object]] = [
        ("operation", request.extensions["operation"], expected.operation),
        ("method", request.method, expected.method),
        ("address", str(request.url.copy_with(query=None)), expected.url),
        *((f"header {name}", request.headers.get(name), value) for name, value in expected.headers.items()),
        ("form", {k: v for k, v in form.items() if k not in expected.generated}, expected.form),
        ("generated form fields", sorted(form.keys() & {*expected.generated}), sorted(expected.generated)),
        ("body", body, expected.body),
    ]
    for name, asked, shown in compared:
        demand_equal(f"the request's {name}", asked, shown)
    wrong = differing(dict(request.url.params), expected.query, ("the request's query",))
    demand(not wrong, "; ".join(wrong))


def form_and_body(request: httpx.Request) -> tuple[dict[str, str], Any]:
    """What a request says besides its address: the fields of its form, or the value of its JSON, or neither."""
    if request.headers.get("content-type") == "application/json":
        return {}, msgspec.json.decode(request.content)
    return dict(httpx.QueryParams(request.content.decode())), None


def answer_of(expected: ExampleResponse) -> httpx.Response:
    """The exchange's answer as a response."""
    if expected.body is not None:
        headers = {"content-type": "application/json", **expected.headers}
        return httpx.Response(expected.status, headers=headers, content=msgspec.json.encode(expected.body))
    return httpx.Response(expected.status, headers=expected.headers, text=expected.text)
