"""The gateway's own warnings about an account, in its statements."""

import json
from datetime import timedelta

import httpx
import pytest

from gateway.limits import RESTATEMENT_SHOWN_FOR
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter, certificate, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient


async def warnings(client: Client, account: str, first: str = "2026-03-09", last: str = "2026-03-13") -> dict[str, str]:
    answer = await client.get(f"/v1/accounts/{account}/statement", params={"from": first, "to": last})
    assert answer.status_code == 200, answer.text
    return {warning["code"]: warning["detail"] for warning in answer.json()["warnings"]}


class Restating:
    """The bank's statement with the row of a day left out; balances that fit."""

    def __init__(self, bank: FakeInter, day: str) -> None:
        self._bank = bank
        self._day = day

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if request.extensions["operation"] == "balance":
            asked = request.url.params.get("dataSaldo", NOW.date().isoformat())
            days = int(asked[8:]) + (asked < self._day)
            return httpx.Response(200, text=json.dumps({"disponivel": float(days * 10)}))
        if request.extensions["operation"] != "statement":
            return None
        page = self._bank._page(request.url.params)
        rows = [row for row in page["transacoes"] if row["dataTransacao"] != self._day]  # type: ignore[attr-defined]
        return httpx.Response(200, json=page | {"transacoes": rows, "totalElementos": len(rows)})


async def test_a_restated_day_is_named_for_some_days(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Whatever period it is noticed in; and again when the bank takes it back."""
    account = await enabled(client)
    assert await warnings(client, account) == {}
    assert await warnings(client, account, "2026-03-11", "2026-03-12") == {}

    bank.answer = Restating(bank, "2026-03-11")
    found = await warnings(client, account, "2026-03-10", "2026-03-12")

    assert found == {"statement_restated": "the bank has changed days that it had given as final: 2026-03-11"}
    assert list(await warnings(client, account)) == ["statement_restated"]
    clock.moment = NOW + RESTATEMENT_SHOWN_FOR - timedelta(seconds=1)
    assert list(await warnings(client, account)) == ["statement_restated"]
    clock.moment = NOW + RESTATEMENT_SHOWN_FOR
    assert await warnings(client, account) == {}
    bank.answer = lambda request: None
    assert list(await warnings(client, account)) == ["statement_restated"]


async def test_a_restatement_is_noticed_after_a_pause_of_the_integration(client: Client, bank: FakeInter) -> None:
    """Disabling keeps the seals, removing does not."""
    account = await enabled(client)
    await warnings(client, account)
    await client.delete(f"/v1/accounts/{account}/integration")
    bank.answer = Restating(bank, "2026-03-11")
    await client.put(f"/v1/accounts/{account}/integration", json={"credentials": credentials()})
    assert list(await warnings(client, account)) == ["statement_restated"]

    await client.delete(f"/v1/accounts/{account}")
    bank.answer = lambda request: None
    assert await enabled(client) == account
    assert await warnings(client, account) == {}


async def test_days_that_are_not_final_may_change(client: Client, bank: FakeInter, clock: FixedClock) -> None:
    """Before the bank is ready in the morning yesterday may still change; that is no restatement."""
    account = await enabled(client)
    clock.moment = NOW - timedelta(hours=2)
    assert list(await warnings(client, account, "2026-03-09", "2026-03-15")) == ["statement_not_ready"]
    bank.answer = Restating(bank, "2026-03-15")
    clock.moment = NOW

    assert await warnings(client, account, "2026-03-09", "2026-03-15") == {}


async def test_a_certificate_that_ends_soon_is_named(client: Client, clock: FixedClock) -> None:
    """From a month before on, with every statement; a new certificate ends it."""
    account = await enabled(client)
    clock.moment = NOW + timedelta(days=269)
    assert "certificate_expiring" not in await warnings(client, account)
    clock.moment = NOW + timedelta(days=271)

    assert (await warnings(client, account))["certificate_expiring"].endswith("in 29 days")

    pem, key = certificate(days=600)
    given = {"credentials": credentials(certificate=pem, private_key=key)}
    await client.put(f"/v1/accounts/{account}/integration", json=given)
    assert "certificate_expiring" not in await warnings(client, account)
