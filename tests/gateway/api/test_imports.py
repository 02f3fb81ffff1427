"""How the daily import stands, and asking for it, through HTTP."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import httpx
import pytest
from litestar import Litestar

import contracts
from gateway.errors import BankFailure
from gateway.importing.days import hour_of
from gateway.storage.management.api_keys import Scope
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
BEGUN = hour_of(date(2026, 3, 16), contracts.load("inter").period) + timedelta(minutes=5)


@pytest.fixture
async def client(client: Client, app: Litestar, clock: FixedClock) -> Client:
    """A client whose key may do everything, on a business day after the bank's hour."""
    clock.moment = BEGUN
    keys = app.state["parts"].keys
    key = await keys.create((await keys.all())[0].tenant, NOW, scopes=frozenset(Scope))
    client.headers["Authorization"] = f"Bearer {key}"
    return client


async def import_now(client: Client, app: Litestar, account: str) -> None:
    """Import an account, as the process does that has the job."""
    tenant = (await app.state["parts"].keys.all())[0].tenant_id
    await app.state["parts"].imports.accounts.import_now(tenant, account)


async def test_states_by_bank_and_by_account(client: Client, app: Litestar, bank: FakeInter) -> None:
    """Numbers of accounts, and for each its last import, its outcome and its next attempt."""
    first = await enabled(client)
    (await client.post("/v1/accounts", json=registration(number="1111111-1"))).raise_for_status()
    none = {"bank": "inter", "enabled": 1, "done": 0, "running": 0, "due": 1, "failed": 0, "late": 0}
    assert (await client.get("/v1/imports")).json() == {"banks": [none]}
    (due,) = (await client.get("/v1/imports/accounts")).json()["accounts"]
    assert (due["account_id"], due["state"], due["last_outcome"]) == (first, "due", None)
    assert (due["attempts"], due["last_attempt_at"], due["next_attempt_at"]) == (0, None, None)

    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
    await import_now(client, app, first)
    assert (await client.get("/v1/imports")).json() == {"banks": [none | {"due": 0, "failed": 1}]}
    (failed,) = (await client.get("/v1/imports/accounts?state=failed&bank=inter")).json()["accounts"]
    assert (await client.get("/v1/imports/accounts?bank=cora")).json()["accounts"] == []
    assert (await client.get("/v1/imports/accounts?bank=intre")).json()["field"] == "bank"
    assert (failed["last_outcome"], failed["attempts"]) == ("bank_unavailable", 1)
    assert failed["last_attempt_at"] == BEGUN.isoformat()
    assert failed["next_attempt_at"] > failed["last_attempt_at"]

    bank.failure = None
    asked = await client.post("/v1/imports", json={"account_id": first})
    assert (asked.status_code, asked.json()) == (202, {"accounts": 1})
    (soon,) = (await client.get("/v1/imports/accounts")).json()["accounts"]
    assert soon == failed | {"next_attempt_at": BEGUN.isoformat()}
    await import_now(client, app, first)
    (done,) = (await client.get("/v1/imports/accounts")).json()["accounts"]
    assert (done["state"], done["last_outcome"], done["next_attempt_at"]) == ("done", "done", None)
    assert (done["imported_through"], done["done_on"]) == ("2026-03-15", "2026-03-16")
    assert (await client.post("/v1/imports")).json() == {"accounts": 0}


async def test_an_account_that_is_late_is_counted(client: Client, clock: FixedClock) -> None:
    """Two hours after its bank's hour."""
    await enabled(client)
    clock.moment += timedelta(hours=6)

    (counted,) = (await client.get("/v1/imports")).json()["banks"]

    assert (counted["due"], counted["late"]) == (1, 1)


async def test_one_account_is_asked_for(client: Client, new_key: Callable[[str], Awaitable[str]]) -> None:
    """Another tenant's is not found, and an account that is not enabled is not listed."""
    first = await enabled(client)
    form = registration(number="1111111-1", credentials=credentials(client_id="client-2"))
    (await client.post("/v1/accounts", json=form)).raise_for_status()
    theirs = {"Authorization": f"Bearer {await new_key('tenant-b')}"}
    other = (await client.post("/v1/accounts", json=registration(), headers=theirs)).json()["id"]

    for account, listed in ((first, [first]), (other, []), ("none", [])):
        answer = await client.get("/v1/imports/accounts", params={"account_id": account})
        assert [each["account_id"] for each in answer.json()["accounts"]] == listed


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=lost", "state"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("page=1", "page"),
    ],
)
async def test_a_wrong_parameter_is_named(client: Client, query: str, field: str) -> None:
    """It is not ignored."""
    answer = await client.get(f"/v1/imports/accounts?{query}")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)


async def test_a_wrong_wish_is_named(client: Client, new_key: Callable[[str], Awaitable[str]]) -> None:
    """Another tenant's account is an unknown one."""
    theirs = {"Authorization": f"Bearer {await new_key('tenant-b')}"}
    other = (await client.post("/v1/accounts", json=registration(), headers=theirs)).json()["id"]
    for body, code, field in (
        ({"bank": "nobody"}, "invalid_request", "bank"),
        ({"bank": 1}, "invalid_request", "bank"),
        ({"tenant": "tenant-b"}, "invalid_request", "tenant"),
        ({"account_id": other}, "unknown_account", None),
        ({"account_id": "none"}, "unknown_account", None),
    ):
        answer = await client.post("/v1/imports", json=body)
        assert (answer.json()["code"], answer.json().get("field")) == (code, field), body
    assert (await client.get("/v1/imports", headers=theirs)).status_code == 403


async def test_the_list_goes_on(client: Client, bank: FakeInter) -> None:
    """Each account once."""
    ids = []
    for number in range(5):
        form = credentials(client_id=f"client-{number}")
        body = registration(number=f"{number}111111-1", credentials=form)
        ids.append((await client.post("/v1/accounts", json=body)).json()["id"])
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        part = (await client.get("/v1/imports/accounts", params=query)).json()
        seen += [each["account_id"] for each in part["accounts"]]
        if part["next"] is None:
            break
        query["cursor"] = part["next"]

    assert sorted(seen) == sorted(ids)
