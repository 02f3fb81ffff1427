"""The log lines of an attempt at a bank."""

import io
import json

import httpx
import pytest

import contracts
from gateway.clock import FixedClock
from gateway.line.call import KEY, Call
from gateway.line.trace import Trace
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


async def test_at_debug_an_exchange_has_a_line_without_secrets(logged: io.StringIO) -> None:
    """Neither query nor header nor body is in it."""
    inner = httpx.MockTransport(lambda _: httpx.Response(200, json={"secret": "CANARY"}))
    request = httpx.Request(
        "GET",
        "https://bank.test/CANARY-path?x=CANARY",
        headers={"Authorization": "Bearer CANARY"},
        extensions={KEY: Call(contract=contracts.load("inter"), operation="statement")},
    )

    await Trace(inner, FixedClock(NOW), lambda: 0.0).handle_async_request(request)

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    exchange = next(line for line in lines if line["event"] == "bank_exchange")
    assert (exchange["level"], exchange["bank"], exchange["operation"], exchange["status"]) == (
        "debug",
        "inter",
        "statement",
        200,
    )
    assert (exchange["method"], exchange["host"], exchange["bytes"]) == ("GET", "bank.test", 19)
    assert "CANARY" not in logged.getvalue()
