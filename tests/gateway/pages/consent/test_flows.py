"""The consent flow from end to end: gateway, the simulated bank's page, a plain browser between them."""

import asyncio
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import select, update

import contracts
from gateway.accounts.enrolment.consent import Returned, StartedFlow
from gateway.storage.accounts.consents import StartedConsent
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.shared.tables import TOKENS
from tests.clocks import FixedClock
from tests.gateway.pages.consent.support import (
    CALLBACK,
    SimulatedLine,
    begun_again,
    body,
    is_page,
    read,
    started_flow,
    state,
)
from tests.gateway.support import NOW, credentials, registration

pytestmark = pytest.mark.anyio


async def test_a_holder_authorises_and_the_statement_is_read(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """Nothing is asked of the bank before; afterwards one code has been redeemed, with its address."""
    account, page = await started_flow(client, line)
    assert line.sent == []
    waiting = await read(client, account)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "authorization_incomplete")
    assert (await state(client, account))["authorization_expires_at"] == "2026-03-16T11:00:00-03:00"
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    assert (asked["response_type"], asked["redirect_uri"]) == ("code", CALLBACK)
    assert asked["scope"] == "openid empresas.btgpactual.com/accounts.readonly"

    back = line.decide(page)
    is_page(await stranger.get(back), 200, "Autorização concluída")

    integration = await state(client, account)
    assert (integration["state"], integration["authorization_expires_at"]) == ("active", None)
    assert integration["first_import"] == {"from": "2026-01-15", "to": "2026-03-15"}
    assert (await read(client, account)).status_code == 200
    tokens = [httpx.QueryParams(r.content.decode()) for r in line.sent if r.extensions["operation"] == "token"]
    assert [form["grant_type"] for form in tokens] == ["authorization_code"]
    assert tokens[0]["redirect_uri"] == CALLBACK


async def test_a_bank_that_wants_a_challenge(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each flow has a verifier of its own, which no address shows: the code of one is not redeemed with another's."""
    challenging(monkeypatch, line)
    first, page = await started_flow(client, line)
    code = httpx.URL(line.decide(page)).params["code"]
    again = (await begun_again(client, line, first)).json()["authorization_url"]
    challenges = [httpx.URL(each).params["code_challenge"] for each in (page, again)]
    assert len({*challenges}) == 2
    assert {len(each) for each in challenges} == {43}

    swapped = line.decide(again).copy_merge_params({"code": code})
    is_page(await stranger.get(swapped), 409)
    assert (await state(client, first))["state"] == "needs_action"

    third = (await begun_again(client, line, first)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(third)), 200, "Autorização concluída")
    assert (await read(client, first)).status_code == 200
    forms = [httpx.QueryParams(r.content.decode()) for r in line.sent if r.extensions["operation"] == "token"]
    assert len({form["code_verifier"] for form in forms}) == 2


def challenging(monkeypatch: pytest.MonkeyPatch, line: SimulatedLine) -> None:
    """From now on the bank wants its page told a challenge (RFC 7636)."""
    contract = contracts.load("btg_pactual")
    wanting = replace(contract, authorization=replace(contract.authorization, challenge="S256"))
    monkeypatch.setattr("gateway.accounts.banks.contracts.load", lambda _: wanting)
    line.bank.contract = wanting


async def test_the_chain_of_refresh_tokens_goes_on(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, clock: FixedClock
) -> None:
    """A day later the refresh token of the flow is spent, two days later its successor."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))

    for _ in range(2):
        clock.moment += timedelta(days=1)
        line.clock.advance(timedelta(days=1))
        assert (await read(client, account)).status_code == 200

    forms = [httpx.QueryParams(r.content.decode()) for r in line.sent if r.extensions["operation"] == "token"]
    assert [form["grant_type"] for form in forms] == ["authorization_code", "refresh_token", "refresh_token"]
    assert forms[1]["refresh_token"] != forms[2]["refresh_token"]


async def test_a_refresh_token_that_is_brought_needs_no_flow(client: httpx.AsyncClient, line: SimulatedLine) -> None:
    """The listed credentials of the simulator are enough."""
    answer = await client.post("/v1/accounts", json=body(line, refresh_token=True))

    assert (answer.status_code, answer.json()["integration"]["state"]) == (201, "active")
    assert answer.json()["integration"]["authorization_url"] is None


async def test_a_flow_begun_by_put(client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine) -> None:
    """202 with the address, which is given only once."""
    registered = await client.post("/v1/accounts", json={k: v for k, v in body(line).items() if k != "credentials"})
    account = registered.json()["id"]

    answer = await begun_again(client, line, account)

    assert (answer.status_code, answer.json()["state"]) == (202, "pending_authorization")
    assert (await state(client, account))["authorization_url"] is None
    await stranger.get(line.decide(answer.json()["authorization_url"]))
    assert (await state(client, account))["state"] == "active"


async def test_a_callback_is_good_once(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The second browser changes nothing and sends nothing to the bank."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    await stranger.get(back)
    sent = len(line.sent)

    is_page(await stranger.get(back), 409, "Autorização não concluída", "já tenha sido usado")

    assert len(line.sent) == sent
    assert (await state(client, account))["state"] == "active"


async def test_of_two_browsers_with_one_address_one_ends_the_flow(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The code is sent to the bank once."""
    account, page = await started_flow(client, line)
    back = line.decide(page)

    answers = await asyncio.gather(stranger.get(back), stranger.get(back))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sum(request.extensions["operation"] == "token" for request in line.sent) == 1
    assert (await state(client, account))["state"] == "active"


@pytest.mark.parametrize("trouble", ["down", "slow"])
async def test_a_bank_that_fails_after_its_token_does_not_undo_the_consent(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, trouble: str
) -> None:
    """The holder is not asked again: the next statement goes on with the token."""
    account, page = await started_flow(client, line)
    setattr(line, trouble, {"statement"})

    is_page(
        await stranger.get(line.decide(page)),
        200,
        "Autorização concluída",
        "a próxima consulta do seu sistema a repete",
    )

    integration = await state(client, account)
    assert (integration["state"], integration["last_success_at"], integration["failures_in_a_row"]) == (
        "bank_failing",
        None,
        1,
    )
    line.down = line.slow = set()
    assert (await read(client, account)).status_code == 200
    assert (await state(client, account))["state"] == "active"


async def test_a_new_flow_ends_the_one_before_it(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The older page leads nowhere, the newer one to the end."""
    account, older = await started_flow(client, line)
    newer = (await begun_again(client, line, account)).json()["authorization_url"]

    is_page(await stranger.get(line.decide(older)), 409, "nenhuma autorização em andamento")
    is_page(await stranger.get(line.decide(newer)), 200)


async def test_what_works_goes_on_working_until_the_flow_has_ended_well(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """A renewal that is begun, and then refused, leaves the integration as it was."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))

    again = await begun_again(client, line, account)
    assert (again.status_code, again.json()["state"]) == (202, "active")
    assert (await read(client, account)).status_code == 200
    is_page(await stranger.get(line.decide(again.json()["authorization_url"], "deny")), 409)

    assert (await state(client, account))["state"] == "active"
    assert (await read(client, account)).status_code == 200


async def test_a_consent_is_renewed_while_new_enrolments_are_paused(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """A connection that needs action is no new one, not even after a failed flow."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    database: Database = app.state["parts"].database
    with database.engine.begin() as connection:
        connection.execute(update(INTEGRATIONS).values(state="needs_action"))
    await Pauses(database).begin(Pause(bank="btg_pactual", mode=Mode.NEW_ENROLMENTS_ONLY, since=NOW))

    refused = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(refused, "deny")), 409)
    renewed = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(renewed)), 200, "Autorização concluída")

    assert (await state(client, account))["state"] == "active"


async def test_no_secret_of_a_flow_is_written_down(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar, logged: io.StringIO
) -> None:
    """Neither code nor state nor secret stands in the log or, in the clear, in the database."""
    account, page = await started_flow(client, line)
    database: Database = app.state["parts"].database
    given = parse_qs(urlsplit(page).query)["state"][0]
    with database.engine.connect() as connection:
        kept = str((connection.execute(select(INTEGRATIONS))).all())
    back = line.decide(page)
    await stranger.get(back)
    await stranger.get(back)
    await read(client, account)
    with database.engine.connect() as connection:
        for table in (INTEGRATIONS, TOKENS):
            kept += str((connection.execute(select(table))).all())

    assert logged.getvalue()
    secrets = {given, back.params["code"], line.simulated.credentials["client_secret"]}
    for secret in secrets | {line.simulated.credentials["refresh_token"]}:
        assert secret not in logged.getvalue()
        assert secret not in kept


async def test_what_a_flow_holds_does_not_show_itself() -> None:
    """Neither when it begins nor when it comes back."""
    kept = StartedConsent(state_hash="CANARY", sealed="CANARY", expires_at=NOW)
    begun_one = StartedFlow(kept=kept, page="CANARY")

    assert "CANARY" not in f"{kept} {kept!r} {begun_one} {begun_one!r} {Returned(state='CANARY', code='CANARY')!r}"


async def test_the_address_to_register_is_shown(client: httpx.AsyncClient) -> None:
    """Where an account holder authorises; null at every other bank."""
    assert (await client.get("/v1/banks/btg_pactual")).json()["redirect_uri"] == CALLBACK
    assert (await client.get("/v1/banks/inter")).json()["redirect_uri"] is None
    listed = {bank["slug"]: bank["redirect_uri"] for bank in (await client.get("/v1/banks")).json()["banks"]}
    assert listed["btg_pactual"] == CALLBACK


async def test_a_bank_without_consent_flows_begins_none(client: httpx.AsyncClient) -> None:
    """Its credentials are checked at once, as ever."""
    answer = await client.post("/v1/accounts", json=registration(credentials={"client_id": "a"}))

    assert answer.json()["field"] == "credentials.client_secret"
    assert "refresh_token" not in credentials()


async def test_keys_of_the_vault_can_be_changed_during_a_flow(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """What waits is sealed anew with the rest."""
    account, page = await started_flow(client, line)

    assert await rotate_vault(app.state["parts"].database, app.state["parts"].vault) == (1, [])

    is_page(await stranger.get(line.decide(page)), 200)
    assert (await state(client, account))["state"] == "active"
