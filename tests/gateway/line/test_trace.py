"""The log lines of an attempt at a bank."""

import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

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


@pytest.mark.parametrize(
    ("status", "date", "told"),
    [
        (401, NOW - timedelta(hours=1), 3600),
        (400, NOW + timedelta(minutes=5), -300),
        (403, NOW + timedelta(seconds=30), None),
        (400, "no date", None),
        (400, None, None),
        (200, NOW - timedelta(hours=1), None),
    ],
)
async def test_a_refusal_by_another_clock_says_so(
    logged: io.StringIO, status: int, date: datetime | str | None, told: int | None
) -> None:
    """A bank refuses what is signed at a wrong time as if the credentials were wrong."""
    text = format_datetime(date.astimezone(UTC), usegmt=True) if isinstance(date, datetime) else date
    answer = httpx.Response(status, headers={"date": text} if text is not None else {}, json={})
    call = Call(contract=contracts.load("stone"), operation="token")
    request = httpx.Request("POST", "https://bank.test/token", extensions={KEY: call})

    await Trace(httpx.MockTransport(lambda _: answer), FixedClock(NOW), lambda: 0.0).handle_async_request(request)

    line = next(each for each in map(json.loads, logged.getvalue().splitlines()) if each["event"] == "bank_request")
    assert line.get("clock_ahead_seconds") == told
