"""Common parts of the line's tests: requests, a bank that follows a script, an event loop with virtual time."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

import contracts
from contracts.schema import Contract
from gateway.concurrency.workers import LARGE
from gateway.limits import QUOTA_MARGIN_SECONDS
from gateway.line.call import KEY, Call
from gateway.model import Account, Credentials
from gateway.quotas.reservations import CallEnd, QuotaKey, Room, Spent, Window, reserve_in_all

INTER = contracts.load("inter")
HOST = "cdpj.partners.bancointer.com.br"
QUOTA_SECONDS = 60 + QUOTA_MARGIN_SECONDS
"""For which a call counts after its answer where the limit is by the minute."""
STATEMENT = f"https://{HOST}/banking/v2/extrato/completo"


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting for the next timer, goes to its instant. Nothing in a test talks to the outside.

    While a thread works on a large answer time stands still.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if LARGE.busy and timeout != 0:
            return super().select()
        if timeout is None:
            raise AssertionError("all tasks wait, and no timer is set")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which sleeping takes no time: its clock jumps to the next timer."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


VIRTUAL = ("asyncio", {"loop_factory": VirtualLoop})
"""For the fixture `anyio_backend`."""


def run(story: Coroutine[Any, Any, Any]) -> Any:
    """Run a story in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)


def now() -> float:
    return asyncio.get_running_loop().time()


def account(number: str = "1", bank: str = "inter", **credentials: str) -> Account:
    return Account(
        id=number,
        bank=bank,
        kind="PJ",
        branch="1",
        number=number,
        holder_tax_id="3",
        credentials=Credentials(credentials),
    )


def request(
    method: str = "GET",
    url: str = STATEMENT,
    operation: str = "statement",
    contract: Contract = INTER,
    extensions: dict[str, Any] | None = None,
    **more: Any,
) -> httpx.Request:
    """A request as it is inside the line; extensions with the name of a field of its call become that field."""
    given = {"operation": operation, "contract": contract, **(extensions or {})}
    call = Call(**{name: given.pop(name) for name in Call.__struct_fields__ if name in given})
    return httpx.Request(method, url, extensions={"operation": call.operation, KEY: call, **given}, **more)


class Script(httpx.AsyncBaseTransport):
    """A bank that gives these outcomes in order, the last one for ever.

    Args:
        outcomes: statuses, answers, errors; or functions of the request that give one of these.
        seconds: how long it takes over each.
    """

    def __init__(self, *outcomes: Any, seconds: float = 0.0) -> None:
        self.outcomes = list(outcomes)
        self.seconds = seconds
        self.calls = 0
        self.under_way = 0
        self.most_under_way = 0
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.times.append(now())
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        if callable(outcome):
            outcome = outcome(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, httpx.Response) else httpx.Response(outcome)


class InProcess:
    """A pool whose connections all lead to one scripted bank."""

    def __init__(self, bank):
        self.bank = bank

    def addressed(self, request):
        return request

    @asynccontextmanager
    async def transport(self, host, certificate, *, new=False):
        yield self.bank


class Shared:
    """Reservations of several processes in the memory of one, by the clock of the running event loop.

    Args:
        seconds: how long it takes to reserve a call.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.spent: dict[QuotaKey, Spent] = {}
        self.asked = 0
        self.failure: Exception | None = None

    async def reserve(self, windows: Mapping[QuotaKey, Window]) -> Room:
        self.asked += 1
        name = str(self.asked)
        await asyncio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        after, room = reserve_in_all({key: self.spent.get(key, Spent()) for key in windows}, windows, name, now())
        self.spent.update(after)
        return room

    def settle(
        self, windows: Mapping[QuotaKey, Window], reservation: str | None, end: CallEnd, closed: float | None = None
    ) -> None:
        for key, window in windows.items():
            self.spent[key] = self.spent.get(key, Spent()).settled(reservation, window, now(), end)
        if closed is not None:
            first = next(iter(windows))
            self.spent[first] = self.spent[first].closed(now(), closed)
