"""The log lines of an attempt at a bank."""

import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

import contracts
from gateway.judgement import judgement_of
from gateway.line.call import KEY, Call
from gateway.line.judge import Judge
from gateway.line.trace import Trace
from tests.clocks import FixedClock
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
    call = Call(contract=contracts.load("stone"), operation="token", account="a-1")
    request = httpx.Request("POST", "https://bank.test/token", extensions={KEY: call})

    await Trace(httpx.MockTransport(lambda _: answer), FixedClock(NOW), lambda: 0.0).handle_async_request(request)

    line = next(each for each in map(json.loads, logged.getvalue().splitlines()) if each["event"] == "bank_request")
    assert line["account"] == "a-1"
    assert line.get("clock_ahead_seconds") == told


@pytest.mark.parametrize(
    ("bank", "operation", "ahead", "status", "explains"),
    [
        ("stone", "token", 7200, 401, True),
        ("stone", "token", -7200, 401, True),
        ("stone", "token", 30, 401, False),
        ("stone", "token", 7200, 500, False),
        ("stone", "statement", 7200, 401, False),
        ("inter", "token", 7200, 401, False),
    ],
)
async def test_a_refusal_of_what_another_clock_has_signed_may_pass(
    bank: str, operation: str, ahead: int, status: int, *, explains: bool
) -> None:
    """A token request that is signed with our time; nothing else is explained by a difference of the clocks."""
    date = format_datetime((NOW - timedelta(seconds=ahead)).astimezone(UTC), usegmt=True)
    answer = httpx.Response(status, headers={"date": date}, json={"error": "invalid_client"})
    call = Call(contract=contracts.load(bank), operation=operation)
    request = httpx.Request("POST", "https://bank.test/token", extensions={KEY: call})
    line = Judge(Trace(httpx.MockTransport(lambda _: answer), FixedClock(NOW), lambda: 0.0))

    failure = judgement_of(await line.handle_async_request(request)).failure

    assert failure is not None
    assert failure.clock_ahead == (ahead if explains else None)
    if explains:
        assert failure.retryable
        side = "ahead of" if ahead > 0 else "behind"
        assert f"the gateway's clock, by which the request was signed, is 7200 seconds {side} the bank's" in (
            failure.detail
        )
