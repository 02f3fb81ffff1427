"""Who tries to misuse the connect page: strangers, other tenants, other pages, other addresses."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.accounts.connect.sessions import ConnectSessions
from gateway.clock import SystemClock
from gateway.errors import CallerError
from gateway.limits import CONNECT_KEPT, CONNECT_SESSION_SECONDS, CONNECT_STALE, FORM_BYTES, FORM_FIELDS
from gateway.settings import Settings
from gateway.storage.connect.sessions import ConnectSessionsTable, Purpose, Stage
from gateway.storage.connect.settings import ConnectSettingsTable
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of
from tests.gateway.databases import database_url, settings
from tests.gateway.pages.connect.conftest import ERP, RETURN
from tests.gateway.pages.connect.person import Person
from tests.gateway.pages.connect.test_connect import described, everything
from tests.gateway.support import VAULT_KEY

__all__ = ["database_url", "settings"]
"""Everything here is tried over both kinds of database."""

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[dict[str, Any]]]
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


def policy(answer: httpx.Response) -> dict[str, str]:
    """The directives of a page's policy."""
    parts = answer.headers["Content-Security-Policy"].split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts)


async def test_an_address_opens_once(person: Person, session: Make, app: Litestar, settings: Settings) -> None:
    """Also where two browsers come at the same moment, to two processes; and the page's secret opens no address."""
    made = await session()
    token = made["url"].rpartition("/")[2]
    second = Database(settings.database_url)
    vault = Vault([VAULT_KEY])
    other = ConnectSessions(
        ConnectSessionsTable(second, vault),
        ConnectSettingsTable(second),
        app.state["parts"].registered,
        SystemClock(),
        "http://gateway.test",
    )
    found = await asyncio.gather(app.state["parts"].connect_sessions.opened(token), other.opened(token))
    assert sorted(bool(each.secret) for each in found) == [False, True]
    # What one process has opened, the other goes on with.
    secret = next(each.secret for each in found if each.secret)
    for connect in (app.state["parts"].connect_sessions, other):
        resumed = await connect.resumed(secret)
        assert resumed is not None
        assert resumed.secret == secret
    await second.aclose()

    for address in (made["url"], f"/connect/{secret}", "/connect/nothing", f"/connect/{'x' * 5000}"):
        await person.open(address)
        assert person.answer.status_code == 410
        assert person.secret == ""
    await person.press("look")
    assert person.answer.status_code == 410
    person.secret = token
    await person.press("look")
    assert person.answer.status_code == 410
    await person.open("/connect")
    assert person.answer.status_code == 404


async def test_a_used_address_says_what_to_do(client: httpx.AsyncClient, person: Person, session: Make) -> None:
    """With the way back, as long as the tenant allows it, and with nothing else of the session."""
    made = await session(return_to=f"{RETURN}?empresa=1", account={"description": "CANARY"})
    await person.open(made["url"])
    secret = person.secret

    await person.open(made["url"])

    assert (person.answer.status_code, person.heading) == (410, "Endereço já usado")
    assert f'href="{RETURN}?empresa=1"' in person.answer.text
    for each in ("CANARY", made["id"], secret, "<form"):
        assert each not in person.answer.text
    await client.put("/v1/connect-settings", json={})
    await person.open(made["url"])
    assert RETURN not in person.answer.text


async def revoked(client: httpx.AsyncClient, app: Litestar, how: str) -> str:
    """Revoke the client's key, by another key or by the operator; the client goes on with that other key."""
    old = client.headers["Authorization"].split("_")[1]
    other = (await client.post("/v1/keys", json={})).json()["key"]
    client.headers["Authorization"] = f"Bearer {other}"
    if how == "operator":
        assert await app.state["parts"].keys.revoke(old, app.state["parts"].clock.now())
    else:
        assert (await client.delete(f"/v1/keys/{old}")).status_code == 204
    return str(old)


@pytest.mark.parametrize("how", ["key", "operator"])
async def test_a_revoked_key_ends_its_sessions(
    client: httpx.AsyncClient, person: Person, session: Make, app: Litestar, line: SimulatedBanks, how: str
) -> None:
    """Opened or not; sessions of other keys go on, and what has ended stays as it ended."""
    unopened, opened, ended = await session(), await session(), await session()
    other = Person(person.client)
    await other.open(ended["url"])
    await other.press("cancel")
    before = (await client.get(f"/v1/connect-sessions/{ended['id']}")).json()["ended_at"]
    await person.open(opened["url"])
    await revoked(client, app, how)
    kept = await session()

    await person.press("choose", bank="inter")
    assert person.heading == "Conexão cancelada"
    assert f"connect_session={opened['id']}&amp;result=cancelled" in person.answer.text
    await person.press("enable", **{f"c__{name}": text for name, text in line.account("inter").form.items()})
    assert person.heading == "Conexão cancelada"
    await person.open(unopened["url"])
    assert (person.heading, person.secret in person.answer.text) == ("Conexão cancelada", False)
    for made in (unopened, opened):
        body = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()
        assert (body["result"], body["ended_at"] is not None) == ("cancelled", True)
    assert (await client.get(f"/v1/connect-sessions/{ended['id']}")).json()["ended_at"] == before
    await person.open(kept["url"])
    assert person.heading == "Escolha o banco"
    assert (await client.get("/v1/accounts")).json()["accounts"] == []


async def test_a_key_that_is_revoked_meanwhile_makes_no_session(
    client: httpx.AsyncClient, session: Make, app: Litestar
) -> None:
    """Its request was let in before."""
    (key,) = await app.state["parts"].keys.all()
    old = await revoked(client, app, "key")
    with pytest.raises(CallerError, match="unauthenticated"):
        await app.state["parts"].connect_sessions.make(key.tenant_id, old, purpose=Purpose.NEW)


async def test_a_browser_that_looks_ahead_uses_nothing_up(person: Person, session: Make) -> None:
    """Nor does one that only asks for the headers."""
    made = await session()
    for name in ("Sec-Purpose", "Purpose"):
        assert (await person.client.get(made["url"], headers={name: "prefetch;prerender"})).status_code == 503
    assert (await person.client.head(made["url"])).status_code == 405
    await person.open(made["url"])
    assert person.heading == "Escolha o banco"


async def test_a_page_ends_with_its_half_hour(
    client: httpx.AsyncClient, person: Person, session: Make, app: Litestar
) -> None:
    """Opened or not; what was typed is erased then, and the rest a day later."""
    opened, unopened = await session(), await session(account={"description": "CANARY"})
    await person.open(opened["url"])
    later = FixedClock(SystemClock().now() + timedelta(seconds=CONNECT_SESSION_SECONDS + 1))
    app.state["parts"].connect_sessions._wall = later
    await person.press("choose", bank="inter")
    assert person.answer.status_code == 410
    assert person.heading == "O prazo terminou"
    assert f"connect_session={opened['id']}&amp;result=expired" in person.answer.text
    await person.open(unopened["url"])
    assert person.answer.status_code == 410
    assert (await client.get(f"/v1/connect-sessions/{opened['id']}")).json()["result"] == "expired"

    all_tenants, database = app.state["parts"].all_tenants, app.state["parts"].database
    assert unopened["id"] in everything(database)
    await all_tenants.purge_connect(later.moment, later.moment - CONNECT_KEPT)
    assert (await client.get(f"/v1/connect-sessions/{unopened['id']}")).json()["result"] == "expired"
    await person.open(opened["url"])
    assert person.answer.status_code == 410
    later.moment += CONNECT_KEPT
    await all_tenants.purge_connect(later.moment, later.moment - CONNECT_KEPT)
    assert (await client.get(f"/v1/connect-sessions/{unopened['id']}")).status_code == 404


async def test_no_other_address_is_led_to(client: httpx.AsyncClient, session: Make) -> None:
    """The forms of others are tried in `accounts/connect/test_addresses`."""
    answer = await client.post("/v1/connect-sessions", json={"return_to": "https://evil.example.com/volta"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "return_to"
    assert "evil" not in answer.text


async def test_an_address_that_is_no_longer_allowed_is_not_linked(
    client: httpx.AsyncClient, person: Person, session: Make
) -> None:
    """Although it was allowed when the session was made."""
    made = await session()
    await client.put("/v1/connect-settings", json={})
    await person.open(made["url"])
    await person.press("cancel")
    assert "erp.example.com" not in person.answer.text


async def test_only_the_tenants_own_pages_may_frame(client: httpx.AsyncClient, person: Person, session: Make) -> None:
    """None without a list; strangers' errors are framed by nobody."""
    made = await session()
    await person.open(made["url"])
    assert policy(person.answer)["frame-ancestors"] == ERP
    assert "x-frame-options" not in person.answer.headers
    assert policy(person.answer)["form-action"] == "'self'"
    assert policy(person.answer)["default-src"] == "'none'"
    assert "unsafe" not in person.answer.headers["content-security-policy"]
    await person.open(made["url"])
    assert policy(person.answer)["frame-ancestors"] == ERP, "the ERP's frame says that the address was used"
    await client.put("/v1/connect-settings", json={"return_addresses": [RETURN]})
    await person.open((await session_of(client))["url"])
    for address in ("", "/connect/nothing"):
        if address:
            await person.open(address)
        assert policy(person.answer)["frame-ancestors"] == "'none'"
        assert person.answer.headers["x-frame-options"] == "DENY"


async def session_of(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await client.post("/v1/connect-sessions", json=body)).json()
    return made


async def test_lists_hold_only_addresses_of_one_form(client: httpx.AsyncClient) -> None:
    """What is wrong in one of them leaves both as they are."""
    for name in ("frame_ancestors", "return_addresses"):
        answer = await client.put("/v1/connect-settings", json={name: ["https://erp.example.com/", "*"]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == name
    assert (await client.get("/v1/connect-settings")).json() == {"return_addresses": [], "frame_ancestors": []}


async def test_lists_take_what_developers_have(client: httpx.AsyncClient) -> None:
    """This machine without TLS; hosts in one writing, each address once."""
    given = {
        "return_addresses": ["http://localhost:3000/volta", "https://ERP.example.com", "https://erp.example.com/"],
        "frame_ancestors": ["http://127.0.0.1:3000", "https://erp.example.com/"],
    }
    put = await client.put("/v1/connect-settings", json=given)
    assert put.json() == {
        "return_addresses": ["http://localhost:3000/volta", "https://erp.example.com/"],
        "frame_ancestors": ["http://127.0.0.1:3000", "https://erp.example.com"],
    }
    assert (await client.get("/v1/connect-settings")).json() == put.json()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_forms_of_other_pages_are_refused(
    client: httpx.AsyncClient, person: Person, session: Make, site: str
) -> None:
    """Even with the secret, which no other page knows."""
    made = await session()
    await person.open(made["url"])
    person.client.headers["Sec-Fetch-Site"] = site
    for path in ("", "/check", "/status"):
        data = {"session": person.secret, "go": "cancel"}
        assert (await person.client.post(f"/connect{path}", data=data)).status_code == 403
    person.client.headers["Sec-Fetch-Site"] = "same-origin"
    for data in ({"go": "cancel"}, {"go": "cancel", "session": "guess"}):
        assert (await person.client.post("/connect", data=data)).status_code == 410
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["result"] is None


async def test_what_is_no_form_is_answered_with_a_page(person: Person, session: Make) -> None:
    """JSON, a broken one, one that is too large: nothing of it is worked on."""
    made = await session()
    await person.open(made["url"])
    secret = person.secret
    for headers, body, status in (
        ({"Content-Type": "application/json"}, b"{}", 410),
        ({"Content-Type": "multipart/form-data"}, b"x", 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nbroken", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"session=" + b"x" * (600 * 1024), 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"session=" + b"x" * FORM_BYTES, 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"&" * FORM_FIELDS, 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"go=%", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"go=a%4&bank=%zz", 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, PART * (FORM_FIELDS + 1) + b"--x--", 400),
    ):
        answer = await person.client.post("/connect", content=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    for field in ("description", "number"):
        data = {"session": secret, "go": "choose", "bank": "inter"}
        await person.client.post("/connect", data=data)
        data |= {"go": "describe", field: "a\x00b\ud7ff"}
        person.answer = await person.client.post("/connect", data=data)
        assert field in person.errors()


async def test_tenants_do_not_see_each_others_sessions(
    client: httpx.AsyncClient,
    person: Person,
    session: Make,
    new_key: Callable[[str], Awaitable[str]],
    line: SimulatedBanks,
) -> None:
    """Nor can one be made for another's account, and the lists are each tenant's own."""
    account = (await client.post("/v1/accounts", json=body_of(line.account("inter")))).json()["id"]
    made = await session(purpose="repair", account_id=account)
    client.headers["Authorization"] = f"Bearer {await new_key('tenant-b')}"
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).status_code == 404
    assert (await client.get("/v1/connect-settings")).json()["return_addresses"] == []
    for body in ({"purpose": "repair", "account_id": account}, {"purpose": "enable", "account_id": account}):
        answer = await client.post("/v1/connect-sessions", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")
    assert (await client.post("/v1/connect-sessions", json={"return_to": RETURN})).status_code == 422


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"purpose": "repair"}, ["account_id"]),
        ({"account_id": "x"}, ["account_id"]),
        ({"purpose": "enable", "account_id": "x", "account": {}}, ["account"]),
        ({"account": {"bank": "nobank"}}, ["account.bank"]),
        ({"account": {"external_id": " "}}, ["account.external_id"]),
        ({"purpose": "other", "more": 1}, ["purpose", "more"]),
    ],
)
async def test_requests_that_mean_nothing_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any], fields: list[str]
) -> None:
    """With every wrong field."""
    answer = await client.post("/v1/connect-sessions", json=body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == fields


async def test_a_tenant_has_only_so_many_pages_open(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, person: Person
) -> None:
    """Ended ones do not count."""
    monkeypatch.setattr("gateway.accounts.connect.sessions.CONNECT_SESSIONS_OPEN", 2)
    first = await session_of(client)
    await session_of(client)
    answer = await client.post("/v1/connect-sessions", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_connect_sessions")
    await person.open(first["url"])
    await person.press("cancel")
    assert (await client.post("/v1/connect-sessions", json={})).status_code == 201


async def test_work_that_ended_with_its_process_is_noticed(
    person: Person, session: Make, line: SimulatedBanks, app: Litestar
) -> None:
    """The page waits for as long as work may last, and then lets the person go on, with what was typed."""
    simulated, connect = line.account("inter"), app.state["parts"].connect_sessions
    made = await session()
    await person.open(made["url"])
    await person.press("choose", bank="inter")
    await person.describe(described(simulated))
    assert await connect.begin((await connect.resumed(person.secret)).session)
    await person.press("look")
    assert "Consultando o banco" in person.heading
    connect._wall = FixedClock(SystemClock().now() + CONNECT_STALE + timedelta(seconds=1))
    await person.press("look")
    assert "Credenciais" in person.heading
    await person.fill_in(simulated.form)
    assert "Integração habilitada" in person.heading


async def test_a_process_that_stops_says_so_to_the_page(
    person: Person, session: Make, line: SimulatedBanks, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that takes too long is stopped, and its session is free at once."""
    never = asyncio.Event()

    async def hang(*_: Any, **__: Any) -> httpx.Response:
        await never.wait()
        raise AssertionError

    monkeypatch.setattr(line, "send", hang)
    monkeypatch.setattr("gateway.accounts.connect.enabling.CONNECT_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr("gateway.accounts.connect.enabling.CONNECT_END_SECONDS", 0.05)
    simulated = line.account("pagseguro")
    made = await session()
    await person.open(made["url"])
    await person.press("choose", bank="pagseguro")
    await person.describe(described(simulated))
    await person.press("enable", **{f"c__{name}": text for name, text in simulated.form.items()})
    assert "Consultando o banco" in person.heading
    await app.state["parts"].enabling.aclose()
    opened = await app.state["parts"].connect_sessions.resumed(person.secret)
    assert (opened.session.stage, opened.session.failure) == (Stage.OPEN, "gateway_busy")
    await person.press("look")
    assert "Credenciais" in person.heading


async def test_what_is_sealed_survives_another_key(session: Make, app: Litestar, settings: Settings) -> None:
    """The operator's rotation covers sessions too."""
    made = await session(account={"description": "CANARY"})
    database: Database = app.state["parts"].database
    newer = Vault(["2pGvSgsXqAlnCKJqTTqF4gCq0XuHQ0DfvBeDr3ObjvI=", VAULT_KEY])
    table = ConnectSessionsTable(database, newer)
    (key,) = await app.state["parts"].keys.all()
    before = (await table.one(key.tenant_id, made["id"])).content
    assert before["typed"]["description"] == "CANARY"
    assert "CANARY" not in everything(database)
    await rotate_vault(database, newer)
    alone = ConnectSessionsTable(database, Vault(["2pGvSgsXqAlnCKJqTTqF4gCq0XuHQ0DfvBeDr3ObjvI="]))
    assert (await alone.one(key.tenant_id, made["id"])).content == before
