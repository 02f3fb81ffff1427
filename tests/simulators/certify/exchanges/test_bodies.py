"""A read by POST is shown with its body, and compared with it."""

import json

import httpx
import pytest

from contracts.exchange import ExpectedRequest
from simulators.certify.demands import Shortfall
from simulators.certify.exchanges.as_shown import request_of
from simulators.certify.exchanges.played import assert_asks

SHOWN = ExpectedRequest(
    operation="statement", method="POST", url="https://bank.example/reports", body={"day": "2026-03-09", "size": 100}
)


def asked(body):
    """What an adapter asks."""
    read = {"operation": "statement"}
    return httpx.Request("POST", SHOWN.url, json=body, extensions=read)


def test_the_body_of_the_exchange_is_asked_for():
    """The simulated bank gets the body that the exchange shows, and an adapter that asks with it asks as shown."""
    assert json.loads(request_of(SHOWN, {}).content) == SHOWN.body
    assert_asks(asked({"size": 100, "day": "2026-03-09"}), SHOWN)


@pytest.mark.parametrize("body", [{"day": "2026-03-10", "size": 100}, {"day": "2026-03-09"}, None])
def test_another_body_is_named(body):
    """An adapter that asks for another day, or leaves something out, is told which part differs."""
    with pytest.raises(Shortfall, match="the request's body"):
        assert_asks(asked(body), SHOWN)
