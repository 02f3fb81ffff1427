"""Registering, listing, changing and removing accounts over HTTP."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace

import contracts
from gateway import connectors
from gateway.app import create_app
from gateway.errors import BankFailure
from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.support import NOW, SECRET, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient


async def test_an_account_is_registered_and_read(client: Client, bank: FakeInter) -> None:
    """201 with the address of the new account; without credentials the bank is not asked."""
    made = await client.post("/v1/accounts", json=registration())

    assert made.status_code == 201
    body = made.json()
    assert made.headers["Location"] == f"/v1/accounts/{body['id']}"
    assert (body["branch"], body["number"], body["holder_tax_id"]) == ("0001", "12345678", "11222333000181")
    assert (body["compe"], body["default"], body["integration"]["state"]) == ("077", False, "disabled")
    assert body["created_at"] == "2026-03-16T10:00:00-03:00"
    assert (await client.get(made.headers["Location"])).json() == body
    assert bank.requests == []


async def test_an_account_is_registered_with_credentials(client: Client, bank: FakeInter) -> None:
    """The bank is asked once; the answer tells the first import and never the credentials."""
    made = await client.post("/v1/accounts", json=registration(credentials=credentials()))

    integration = made.json()["integration"]
    assert integration["state"] == "active"
    assert integration["first_import"] == {"from": "2026-02-14", "to": "2026-03-15"}
    assert integration["last_success_at"] == "2026-03-16T10:00:00-03:00"
    assert integration["certificate_expires_at"] == "2027-01-10T10:00:00-03:00"
    assert bank.token_requests == 1
    assert SECRET not in made.text


async def test_refused_credentials_register_nothing(client: Client) -> None:
    """The failure is answered, and the account is not there."""
    made = await client.post("/v1/accounts", json=registration(credentials=credentials(client_secret="CANARY-wrong")))

    assert made.status_code == 422
    assert made.json()["code"] == "invalid_credentials"
    assert "CANARY" not in made.text
    assert (await client.get("/v1/accounts")).json()["total"] == 0


async def test_the_same_account_is_registered_once(client: Client, bank: FakeInter) -> None:
    """Punctuation makes no other account; the detail names the existing one, and the bank is not asked."""
    first = (await client.post("/v1/accounts", json=registration())).json()

    again = await client.post("/v1/accounts", json=registration(number="12.345.678", credentials=credentials()))

    assert again.status_code == 409
    assert again.json()["code"] == "account_exists"
    assert again.json()["account_id"] == first["id"]
    assert first["id"] in again.json()["detail"]
    assert bank.requests == []


async def test_an_id_of_the_callers_that_is_taken_names_its_account(client: Client) -> None:
    """So that an ERP that never got the answer to a registration finds what it made."""
    first = (await client.post("/v1/accounts", json=registration(external_id="caixa-1"))).json()
    other = (await client.post("/v1/accounts", json=registration(number="87654321"))).json()

    again = await client.post("/v1/accounts", json=registration(number="11223344", external_id="caixa-1"))
    changed = await client.patch(f"/v1/accounts/{other['id']}", json={"external_id": "caixa-1"})
    unknown = await client.get("/v1/accounts/unknown")

    for answer in (again, changed):
        assert (answer.status_code, answer.json()["field"]) == (409, "external_id")
        assert answer.json()["account_id"] == first["id"]
    assert "account_id" not in unknown.json()


async def test_two_registrations_at_once_make_one_account(client: Client) -> None:
    """One is registered, and the others get its id."""
    answers = await asyncio.gather(*(client.post("/v1/accounts", json=registration()) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_removed_account_can_be_registered_again(client: Client) -> None:
    """It has the same id then, and its integration begins anew."""
    first = await enabled(client)

    assert (await client.delete(f"/v1/accounts/{first}")).status_code == 204
    assert (await client.get(f"/v1/accounts/{first}")).json()["code"] == "unknown_account"
    again = (await client.post("/v1/accounts", json=registration())).json()

    assert again["id"] == first
    assert again["integration"]["state"] == "disabled"


async def test_accounts_are_listed_in_parts(client: Client) -> None:
    """Limit and offset cut the list; the total tells how long it is."""
    ids = [(await client.post("/v1/accounts", json=registration(number=f"{n}00"))).json()["id"] for n in range(1, 4)]

    part = (await client.get("/v1/accounts", params={"limit": 2, "offset": 1})).json()

    assert (part["total"], part["limit"], part["offset"], len(part["accounts"])) == (3, 2, 1, 2)
    everything = (await client.get("/v1/accounts")).json()["accounts"]
    assert {account["id"] for account in everything} == set(ids)
    assert part["accounts"] == everything[1:3]


async def test_a_list_goes_on_by_its_cursor(client: Client) -> None:
    """`next` leads to the following part and is null at the end; with an offset it makes no sense."""
    for n in range(1, 4):
        await client.post("/v1/accounts", json=registration(number=f"{n}00"))
    everything = (await client.get("/v1/accounts")).json()
    assert everything["next"] is None

    first = (await client.get("/v1/accounts", params={"limit": 2})).json()
    second = (await client.get("/v1/accounts", params={"limit": 2, "cursor": first["next"]})).json()

    assert first["accounts"] + second["accounts"] == everything["accounts"]
    assert (second["total"], second["next"]) == (3, None)
    for wrong in ({"cursor": "CANARY"}, {"cursor": first["next"], "offset": 1}):
        refused = await client.get("/v1/accounts", params=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
        assert "CANARY" not in refused.text
    for other in ("/v1/audit", "/v1/keys"):
        assert (await client.get(other, params={"cursor": first["next"]})).status_code == 422


async def test_description_and_default_are_changed(client: Client) -> None:
    """A field that is left out stays; a new default replaces the other."""
    one = (await client.post("/v1/accounts", json=registration(number="100", default=True))).json()["id"]
    two = (await client.post("/v1/accounts", json=registration(number="200", default=True))).json()["id"]
    assert (await client.get(f"/v1/accounts/{one}")).json()["default"] is False

    changed = (await client.patch(f"/v1/accounts/{one}", json={"default": True})).json()

    assert (changed["default"], changed["description"]) == (True, "Conta principal")
    assert (await client.get(f"/v1/accounts/{two}")).json()["default"] is False
    renamed = (await client.patch(f"/v1/accounts/{one}", json={"description": "Nova"})).json()
    assert (renamed["default"], renamed["description"]) == (True, "Nova")


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"bank": "CANARY"}, "invalid_request", "bank"),
        ({"kind": "PF"}, "account_type_not_supported", "kind"),
        ({"branch": "CANARY"}, "invalid_account", "branch"),
        ({"number": "CANARY"}, "invalid_account", "number"),
        ({"holder_tax_id": "11222333000182"}, "invalid_request", "holder_tax_id"),
        ({"description": "x" * 201}, "invalid_request", "description"),
        ({"default": "yes"}, "invalid_request", "default"),
        ({"default": None}, "invalid_request", "default"),
        ({"more": 1}, "invalid_request", "more"),
        ({"credentials": []}, "invalid_request", "credentials"),
        ({"credentials": {}}, "invalid_request", "credentials.client_id"),
        ({"credentials": {"client_id": 5}}, "invalid_request", "credentials.client_id"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(
    client: Client, changed: dict[str, object], code: str, field: str
) -> None:
    """Each mistake has its code and the caller's name for the field."""
    answer = await client.post("/v1/accounts", json=registration(**changed))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert "CANARY" not in answer.text
    assert "11222333000182" not in answer.text


async def test_a_missing_field_is_named(client: Client) -> None:
    """The first one that is missing."""
    answer = await client.post("/v1/accounts", json={"bank": "inter"})

    assert (answer.json()["code"], answer.json()["field"]) == ("invalid_request", "kind")


async def test_tenants_never_see_each_other(
    client: Client, new_key: Callable[[str], Awaitable[str]], bank: FakeInter
) -> None:
    """Another tenant's account is an unknown account in every call, and may be registered by both."""
    mine = await enabled(client)
    calls = len(bank.requests)
    theirs = {"Authorization": f"Bearer {await new_key('tenant-b')}"}
    period = "?from=2026-03-09&to=2026-03-13"

    for method, path, body in (
        ("GET", f"/v1/accounts/{mine}", None),
        ("PATCH", f"/v1/accounts/{mine}", {"default": True}),
        ("DELETE", f"/v1/accounts/{mine}", None),
        ("GET", f"/v1/accounts/{mine}/integration", None),
        ("PUT", f"/v1/accounts/{mine}/integration", {"credentials": credentials()}),
        ("DELETE", f"/v1/accounts/{mine}/integration", None),
        ("GET", f"/v1/accounts/{mine}/statement{period}", None),
    ):
        answer = await client.request(method, path, json=body, headers=theirs)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account"), (method, path)

    assert (await client.get("/v1/accounts", headers=theirs)).json()["total"] == 0
    other = await client.post("/v1/accounts", json=registration(default=True), headers=theirs)
    assert other.status_code == 201
    assert other.json()["id"] != mine
    assert len(bank.requests) == calls
    assert (await client.get(f"/v1/accounts/{mine}/integration")).json()["state"] == "active"


async def test_a_bank_without_this_environment_is_paused(
    settings: Settings, bank: FakeInter, clock: FixedClock
) -> None:
    """The failure names the operator as the one who can mend it, and not the user."""
    app = create_app(replace(settings, environment="homologation"), line=bank, clock=clock)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        client.headers["Authorization"] = f"Bearer {await app.state['parts'].keys.create('a', NOW)}"
        answer = await client.post("/v1/accounts", json=registration(credentials=credentials()))

    assert (answer.status_code, answer.json()["code"]) == (503, "integration_paused")
    assert answer.headers["Retry-After"] == "3600"


async def test_a_failed_registration_can_be_repeated(client: Client, bank: FakeInter) -> None:
    """After an outage the same body registers the account."""
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="token", detail="away", nothing_sent=True)
    first = await client.post("/v1/accounts", json=registration(credentials=credentials()))
    bank.failure = None

    second = await client.post("/v1/accounts", json=registration(credentials=credentials()))

    assert (first.status_code, second.status_code) == (503, 201)


async def test_a_caller_that_goes_away_within_its_body_is_no_error_of_ours(
    client: Client, app: Litestar, logged: io.StringIO
) -> None:
    """One line of the access log, with the status of a caller that went away, and no error."""
    messages: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/accounts",
        "raw_path": b"/v1/accounts",
        "query_string": b"",
        "headers": [
            (b"authorization", client.headers["authorization"].encode()),
            (b"content-type", b"application/json"),
        ],
        "client": None,
        "server": None,
        "scheme": "http",
        "root_path": "",
        "state": {},
    }

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        pass

    await app(scope, receive, send)

    lines = logged.getvalue()
    assert '"status": 499' in lines
    assert "unexpected_error" not in lines


async def test_the_account_of_a_bank_whose_package_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed, changed and removed like any other; a request that needs the bank names the operator."""
    account = (await client.post("/v1/accounts", json=registration(credentials=credentials()))).json()
    path = f"/v1/accounts/{account['id']}"
    left = tuple(slug for slug in contracts.banks() if slug != "inter")
    monkeypatch.setattr(contracts, "banks", lambda: left)
    monkeypatch.setattr(connectors, "banks", lambda: left)

    refused = [
        await client.get(f"{path}/statement", params={"from": "2026-03-09", "to": "2026-03-13"}),
        await client.put(f"{path}/integration", json={"credentials": credentials()}),
    ]
    for answer in refused:
        body = answer.json()
        assert (answer.status_code, body["code"], body["bank"]) == (503, "bank_not_installed", "inter")
        assert (body["actor"], body["retryable"]) == ("operator", True)
    unknown = account | {"compe": None, "integration": account["integration"]}
    assert (await client.get("/v1/accounts")).json()["accounts"] == [unknown]
    assert (await client.get(path)).json() == unknown
    changed = await client.patch(path, json={"description": "antiga"})
    assert (changed.status_code, changed.json()["description"]) == (200, "antiga")
    assert (await client.delete(f"{path}/integration")).is_success
    assert (await client.delete(path)).is_success
