"""What becomes of a request whose caller hangs up."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from gateway.api.attending import CallerGone, attended
from gateway.model import Account
from tests.gateway.support import FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

PERIOD = b"from=2026-03-09&to=2026-03-13"


class StalledInter(FakeInter):
    """Keeps every request but those of a token, once it is asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.reached = asyncio.Event()
        self.given_up = 0

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        self.reached.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return await super().send(request, account=account, certificate=certificate)


@pytest.fixture
def bank() -> StalledInter:
    """The line, in the place of the one that answers at once."""
    return StalledInter()


class Caller:
    """A connection whose end is in the test's hands."""

    def __init__(self, client: httpx.AsyncClient, app: Litestar) -> None:
        self.key = client.headers["authorization"]
        self.app = app
        self.gone = asyncio.Event()
        self.status = 0

    async def ask(self, method: str, path: str, query: bytes = b"", body: Any = None) -> int:
        """One request; the caller waits until it is answered, or goes."""
        sent = [{"type": "http.request", "body": msgspec.json.encode(body) if body else b"", "more_body": False}]

        async def receive() -> Any:
            if sent:
                return sent.pop()
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(b"authorization", self.key.encode()), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("gateway.test", 80),
            "state": {},
        }
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        return self.status


async def left(bank: StalledInter, pending: asyncio.Task[int], caller: Caller) -> int:
    """The status of a request whose caller leaves as soon as the bank is being asked."""
    async with asyncio.timeout(30):
        await bank.reached.wait()
        caller.gone.set()
        return await pending


async def test_a_reading_ends_with_its_last_caller(
    client: httpx.AsyncClient, app: Litestar, bank: StalledInter
) -> None:
    """When the first of two callers that share a reading goes, it goes on; when the second goes, it is cancelled."""
    account = await enabled(client)
    bank.reached.clear()
    bank.go.clear()
    path = f"/v1/accounts/{account}/statement"
    first, second = Caller(client, app), Caller(client, app)
    pending = [asyncio.create_task(caller.ask("GET", path, PERIOD)) for caller in (first, second)]

    assert await left(bank, pending[0], first) == 499
    assert (bank.given_up, pending[1].done()) == (0, False)
    assert await left(bank, pending[1], second) == 499
    assert bank.given_up == 1

    bank.go.set()
    answer = await client.get(path, params={"from": "2026-03-09", "to": "2026-03-13"})
    assert answer.status_code == 200


async def test_an_enrolment_ends_with_its_caller(client: httpx.AsyncClient, app: Litestar, bank: StalledInter) -> None:
    """Nothing is registered, and the next one may enrol the account. The token that was on its way arrives."""
    bank.go.clear()
    body = registration(credentials=credentials())
    caller = Caller(client, app)
    pending = asyncio.create_task(caller.ask("POST", "/v1/accounts", body=body))

    assert await left(bank, pending, caller) == 499
    assert bank.given_up == 0  # a token request is ended: it may spend what is good for one use
    bank.go.set()
    async with asyncio.timeout(30):
        while "token" not in bank.requests:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.001)
    assert (await client.get("/v1/accounts")).json()["accounts"] == []
    assert (await client.post("/v1/accounts", json=body)).status_code == 201


class Asked:
    """A request whose caller goes when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.gone = asyncio.Event()
        self.error = error

    async def receive(self) -> Any:
        """The message that the caller has gone, or an error in its place."""
        await self.gone.wait()
        if self.error is not None:
            raise self.error
        return {"type": "http.disconnect"}


async def begun(request: Asked, work: Any) -> asyncio.Task[Any]:
    """A task that attends to the work, which has begun."""
    task = asyncio.create_task(attended(request, work))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def stalled(raising: BaseException | None = None) -> None:
    """Work without end; when it is cancelled, it may raise something else."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if raising is not None:
            raise raising from None
        raise


@pytest.mark.parametrize(
    "raising", [None, RuntimeError("the connection was closed"), BaseExceptionGroup("x", [KeyError()])]
)
async def test_whatever_cancelled_work_raises_the_caller_has_gone(raising: BaseException | None) -> None:
    """It is no failure of anything, and the task is as if it had not been cancelled."""
    request = Asked()

    async def handler() -> int:
        with pytest.raises(CallerGone):
            await attended(request, stalled(raising))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    task = asyncio.create_task(handler())
    await asyncio.sleep(0)
    request.gone.set()
    assert await task == 0


async def test_a_task_that_is_cancelled_from_outside_stays_cancelled() -> None:
    """The server ends, and answers nobody."""
    task = await begun(Asked(), stalled())

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_both_in_one_moment() -> None:
    """Who cancels the task from outside means more than the answer."""
    request = Asked()

    async def cancelled_twice() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            task.cancel()
            raise

    task = await begun(request, cancelled_twice())
    request.gone.set()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_has_ended_is_not_disturbed() -> None:
    """By a caller that goes afterwards, or by a message that cannot be received."""

    async def work() -> int:
        await asyncio.sleep(0)
        return 3

    request = Asked(OSError("the connection is broken"))
    task = await begun(request, work())
    request.gone.set()
    assert await task == 3
