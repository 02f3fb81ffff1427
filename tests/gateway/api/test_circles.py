"""What a failed request has used is let go at once, not only when garbage is collected.

An error holds every call that it passed by its traceback. Where one of these calls, or what it holds, refers to the
error, all of it stays in memory, bodies of the bank among it, and collecting it holds up all other callers.
"""

import base64
from collections.abc import Awaitable, Callable

import httpx
import pytest

import contracts
from gateway.judgement import attach, judge
from tests.gateway.garbage import calls_left
from tests.gateway.support import FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio


async def circles(ask: Callable[[], Awaitable[httpx.Response]], expected: set[int]) -> list[str]:
    """The calls that are garbage after a request whose answer has one of these statuses."""
    await ask()
    with calls_left() as calls:
        answer = await ask()
        assert answer.status_code in expected, answer.text
    return calls


def judged(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """An answer as it comes from the line, with its judgement."""
    contract = contracts.load("inter")
    attach(response, judge(contract, contract.kind_of(request.extensions["operation"]), response))
    return response


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda _: httpx.Response(200, content=b"{,}"),
        lambda _: httpx.Response(200, content=b"[" * 1_000_000),
        lambda _: httpx.Response(200, html="<h1>Manutenção</h1>"),
        lambda _: httpx.Response(200, json={"transacoes": [{"dataEntrada": "x"}]}),
        lambda _: httpx.Response(503),
        lambda request: judged(httpx.Response(500), request),
    ],
)
async def test_a_failed_reading_leaves_no_circle(client: httpx.AsyncClient, bank: FakeInter, spoilt) -> None:
    """None of our calls is garbage afterwards."""
    account = await enabled(client)
    bank.answer = lambda request: spoilt(request) if request.extensions["operation"] == "statement" else None
    statement = f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13"

    assert await circles(lambda: client.get(statement), {502, 503}) == []


@pytest.mark.parametrize(
    "spoilt", [lambda request: judged(httpx.Response(401), request), lambda _: httpx.Response(200, content=b"{,}")]
)
async def test_a_failed_enrolment_leaves_no_circle(client: httpx.AsyncClient, bank: FakeInter, spoilt) -> None:
    """Nor where the bank refuses the credentials, or gives no token."""
    account = await enabled(client)
    bank.answer = lambda request: spoilt(request) if request.extensions["operation"] == "token" else None
    integration = f"/v1/accounts/{account}/integration"

    def enable() -> Awaitable[httpx.Response]:
        return client.put(integration, json={"credentials": credentials(client_secret="another")})

    assert await circles(enable, {422, 502}) == []


@pytest.mark.parametrize(
    "path", ["accounts/none/statement?from=2026-03-09&to=2026-03-13", "webhooks/none", "connect-sessions/none"]
)
async def test_what_storage_does_not_know_leaves_no_circle(client: httpx.AsyncClient, path: str) -> None:
    """An error of a transaction passes from its thread to the caller."""
    assert await circles(lambda: client.get(f"/v1/{path}"), {404}) == []


async def test_refused_credentials_leave_no_circle(client: httpx.AsyncClient) -> None:
    """An error of a thread that reads certificates passes to the caller."""
    account = await enabled(client)
    values = {name: value for name, value in credentials().items() if name not in {"certificate", "private_key"}}
    values |= {"pkcs12": base64.b64encode(bytes(200)).decode(), "pkcs12_password": "x"}

    def enable() -> Awaitable[httpx.Response]:
        return client.put(f"/v1/accounts/{account}/integration", json={"credentials": values})

    assert await circles(enable, {422}) == []
