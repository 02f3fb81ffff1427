"""The catalogue of banks over HTTP."""

import httpx
import msgspec
import pytest

import contracts
from gateway.errors import BankError, BankFailure
from tests.gateway.support import FakeInter, enabled

pytestmark = pytest.mark.anyio


async def test_all_banks_are_listed(client: httpx.AsyncClient) -> None:
    """One row for each contract, by slug."""
    banks = (await client.get("/v1/banks")).json()["banks"]

    assert [bank["slug"] for bank in banks] == list(contracts.banks())


async def test_a_bank_tells_its_form_and_limits(client: httpx.AsyncClient) -> None:
    """All that a form for the user needs."""
    bank = (await client.get("/v1/banks/inter")).json()

    assert (bank["name"], bank["compe"], bank["ispb"], bank["kinds"]) == ("Banco Inter", "077", "00416968", ["PJ"])
    fields = {field["name"]: field for field in bank["credential_fields"]}
    assert set(fields) == {"client_id", "client_secret", "certificate", "private_key"}
    assert (fields["client_secret"]["secret"], fields["certificate"]["secret"]) == (True, False)
    assert bank["limits"] == {"max_days": 90, "history_days": None, "page_size": 10000}
    assert (bank["first_import_days"], bank["available_by"]) == (30, "09:00")
    assert bank["setup_steps"]
    assert bank["health"] == {
        "state": "unknown",
        "since": None,
        "last_success_at": None,
        "last_failure_at": None,
        "last_failure_code": None,
    }
    assert bank["pause"] is None


async def test_a_bank_s_notices_about_third_parties_are_shown(client: httpx.AsyncClient) -> None:
    """Cora means its direct access for one's own account: the operator reads it in the list of banks."""
    listed = {bank["slug"]: bank for bank in (await client.get("/v1/banks")).json()["banks"]}

    assert any("terceiros" in notice for notice in listed["cora"]["notices"])
    assert not any("12 meses" in step for step in listed["cora"]["setup_steps"])
    assert listed["inter"]["notices"] == []


async def test_health_follows_the_last_outcomes(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """Up after a statement, failing after an outage."""
    account = await enabled(client)
    assert (await client.get("/v1/banks/inter")).json()["health"]["state"] == "up"

    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
    await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")

    health = (await client.get("/v1/banks/inter")).json()["health"]
    now = "2026-03-16T10:00:00-03:00"
    assert health == {
        "state": "failing",
        "since": now,
        "last_success_at": now,
        "last_failure_at": now,
        "last_failure_code": "bank_unavailable",
    }
    metrics = (await client.get("/metrics")).text
    assert 'gateway_bank_health{bank="inter",gateway_bank_health="failing"} 1.0' in metrics
    assert 'gateway_bank_health{bank="inter",gateway_bank_health="up"} 0.0' in metrics


async def test_a_user_s_failure_is_not_shown_to_others(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """The catalogue of banks is the same for all tenants; a password that one of them got wrong is not in it."""
    account = await enabled(client)
    bank.failure = BankFailure("invalid_credentials", bank="inter", at="token", detail="no", bank_error=BankError(401))
    await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")

    health = (await client.get("/v1/banks/inter")).json()["health"]

    assert (health["state"], health["last_failure_code"]) == ("up", None)


async def test_a_bank_that_is_put_aside_is_listed_with_its_reason(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator reads which package is at fault, where, and why; the others are offered."""
    aside = contracts.Quarantined("thirteenth", "extrato-thirteenth", "/site/bank.yaml", "unknown field `x`")
    monkeypatch.setattr(contracts, "quarantined", lambda: (aside,))

    answer = (await client.get("/v1/banks")).json()

    assert answer["quarantined"] == [msgspec.to_builtins(aside)]
    assert [bank["slug"] for bank in answer["banks"]] == list(contracts.banks())
