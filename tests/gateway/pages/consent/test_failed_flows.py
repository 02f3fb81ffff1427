"""Consent flows that do not end well: the account waits for no browser any more, and another flow mends it."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from gateway.accounts.enrolment.consent import Returned
from gateway.model import Credentials
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.names import digest_of
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import Integration, State, account_of, account_values
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tables import TOKENS
from tests.clocks import FixedClock
from tests.gateway.pages.consent.support import (
    CALLBACK,
    SimulatedLine,
    begun_again,
    is_page,
    read,
    started_flow,
    state,
)
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
SOMEBODY = "7c0c2c6e-3c50-4d0e-9c55-2f0f6b1f6a11"


@pytest.mark.parametrize("query", ["", "?state=", "?code=a", "?state=CANARY&code=CANARY", "?error=access_denied"])
async def test_an_unknown_state(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, query: str
) -> None:
    """Nothing happens, the page shows none of the parameters, and a flow that is under way stays."""
    account, _ = await started_flow(client, line)

    answer = await stranger.get(CALLBACK + query)

    is_page(answer, 409, "nenhuma autorização em andamento")
    assert "CANARY" not in answer.text
    assert (await state(client, account))["state"] == "pending_authorization"


async def test_a_holder_who_refuses(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The integration needs action; a new flow mends it."""
    account, page = await started_flow(client, line)

    is_page(await stranger.get(line.decide(page, "deny")), 409, "recusada na página do banco")

    integration = await state(client, account)
    assert (integration["state"], integration["failures_in_a_row"]) == ("needs_action", 1)
    assert integration["last_failure"]["code"] == "authorization_incomplete"  # type: ignore[index]
    assert (await read(client, account)).json()["code"] == "authorization_incomplete"
    again = await begun_again(client, line, account)
    assert (await state(client, account))["state"] == "pending_authorization"
    is_page(await stranger.get(line.decide(again.json()["authorization_url"])), 200)
    assert (await read(client, account)).status_code == 200


async def test_a_holder_who_comes_back_too_late(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, clock: FixedClock
) -> None:
    """After an hour the code is not even tried."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    clock.moment = NOW + HOUR

    is_page(await stranger.get(back), 409, "prazo para concluir")

    assert line.sent == []
    assert (await state(client, account))["state"] == "needs_action"


async def test_a_code_that_has_grown_old_at_the_bank(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The bank's refusal is an authorization that was not completed, and no consent that ended."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    line.clock.advance(timedelta(minutes=5))

    answer = await stranger.get(back)

    is_page(answer, 409, "Autorização não concluída")
    assert back.params["code"] not in answer.text
    assert (await state(client, account))["last_failure"]["at"] == "token"  # type: ignore[index]


@pytest.mark.parametrize("issuer", ["https://evil.example", "https://id.btgpactual.com/", "https://ID.btgpactual.com"])
async def test_an_answer_of_another_issuer(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, issuer: str
) -> None:
    """A code from elsewhere is not sent to the bank; an answer without issuer is taken."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    assert back.params["iss"] == "https://id.btgpactual.com"

    is_page(await stranger.get(back.copy_set_param("iss", issuer)), 409, "não veio do banco")
    assert line.sent == []

    again = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(again).copy_remove_param("iss")), 200)


@pytest.mark.parametrize("error", ["", "server_error"])
async def test_an_answer_without_code(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, error: str
) -> None:
    """No other parameter of the bank's page is an authorization."""
    _, page = await started_flow(client, line)
    given = {"state": parse_qs(urlsplit(page).query)["state"][0], "error": error}

    is_page(await stranger.get(CALLBACK, params=given), 409, "sem conceder")


async def test_a_holder_who_takes_another_company(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """The page explains what to do, the failure is stored, and the other company's token is deleted."""
    account, page = await started_flow(client, line)
    with line.browser() as browser:
        another = re.findall(r'value="(\d{14})"', browser.get(page).text)[1]

    answer = await stranger.get(line.decide(page, company=another))

    is_page(answer, 409, "Usuário não tem acesso ao extrato", "não permitiu a consulta")
    assert (await read(client, account)).json()["code"] == "statement_access_denied"
    database: Database = app.state["parts"].database
    with database.engine.connect() as connection:
        assert (connection.execute(select(TOKENS))).all() == []


@pytest.mark.parametrize("trouble", ["down", "slow"])
async def test_a_bank_that_does_not_answer_the_code(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, trouble: str
) -> None:
    """It is not known whether the code was used up, so only another flow helps."""
    account, page = await started_flow(client, line)
    setattr(line, trouble, {"token"})

    is_page(await stranger.get(line.decide(page)), 409, "não a confirmou")

    line.down = line.slow = set()
    assert (await read(client, account)).json()["code"] == "authorization_incomplete"


async def another_has_the_name(database: Database, account: str) -> str:
    """From now on the credentials of this account are another one's; its id."""
    integrations = Integrations(database, Vault([VAULT_KEY]))
    with database.engine.begin() as connection:
        mine = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account)).one()
        record = account_of(mine)
        other = replace(record, id=SOMEBODY, number="99999999")
        connection.execute(insert(ACCOUNTS).values(account_values(other)))
    integration = Integration(account_id=SOMEBODY, state=State.ACTIVE, credentials=Credentials({"a": "b"}))
    await integrations.enable(other, integration, None)
    with database.engine.begin() as connection:
        named = digest_of(Vault([VAULT_KEY]), record, Credentials({}))
        connection.execute(update(INTEGRATIONS).where(INTEGRATIONS.c.account_id == SOMEBODY).values(name_digest=named))
    return SOMEBODY


async def test_a_flow_whose_credentials_another_account_has(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """The code is not spent, the account waits for no browser any more, and a new flow mends it later."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    other = await another_has_the_name(app.state["parts"].database, account)

    is_page(await stranger.get(back), 409, "Credenciais já usadas", "já são de outra conta")

    assert line.sent == []
    integration = await state(client, account)
    assert (integration["state"], integration["authorization_expires_at"]) == ("needs_action", None)
    assert integration["last_failure"]["code"] == "credentials_in_use"  # type: ignore[index]
    assert other in integration["last_failure"]["detail"]  # type: ignore[index]
    refused = await read(client, account)
    assert (refused.status_code, refused.json()["code"], refused.json()["actor"]) == (409, "credentials_in_use", "user")

    await client.delete(f"/v1/accounts/{other}")
    again = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(again)), 200)
    assert (await state(client, account))["state"] == "active"


async def test_a_flow_of_what_works_whose_credentials_another_account_has(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """What worked goes on as it was."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    back = line.decide((await begun_again(client, line, account)).json()["authorization_url"])
    with app.state["parts"].database.engine.begin() as connection:
        connection.execute(update(INTEGRATIONS).values(name_digest=None))
    await another_has_the_name(app.state["parts"].database, account)

    is_page(await stranger.get(back), 409, "já são de outra conta")

    assert ((await state(client, account))["state"], (await read(client, account)).status_code) == ("active", 200)


@pytest.mark.parametrize("trouble", [RuntimeError("a defect"), asyncio.CancelledError()])
async def test_a_flow_that_is_cut_off_does_not_wait_for_ever(
    client: httpx.AsyncClient, line: SimulatedLine, app: Litestar, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """Whatever ends it once its state is used up: there is nothing left to wait for."""
    account, page = await started_flow(client, line)
    back = line.decide(page)

    async def cut_off(*args: object, **more: object) -> None:
        raise trouble

    authorising = app.state["parts"].authorising
    monkeypatch.setattr(authorising.integrations, "enable", cut_off)
    with pytest.raises(type(trouble)):
        await authorising.authorise(Returned(state=back.params["state"], code=back.params["code"]))

    integration = await state(client, account)
    assert integration["state"] == "needs_action"
    assert integration["last_failure"]["code"] == "authorization_incomplete"  # type: ignore[index]


@pytest.mark.parametrize("killed", [True, False])
async def test_a_flow_that_nobody_completes_needs_action_in_the_end(
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    line: SimulatedLine,
    app: Litestar,
    clock: FixedClock,
    *,
    killed: bool,
) -> None:
    """Nobody comes back, or the process dies once the state is used up: the end is known all the same."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    if killed:
        flows = app.state["parts"].authorising.flows
        await flows.take(await flows.account_of(back.params["state"]), back.params["state"])
    waiting = await state(client, account)
    assert waiting["state"] == "pending_authorization"
    assert waiting["authorization_expires_at"] == (NOW + HOUR).isoformat()
    assert await listed(client, "needs_action") == []

    clock.moment = NOW + HOUR

    integration = await state(client, account)
    assert (integration["state"], integration["authorization_expires_at"]) == ("needs_action", None)
    failure = integration["last_failure"]
    assert isinstance(failure, dict)
    assert (failure["code"], failure["at"]) == ("authorization_incomplete", "authorization")
    assert failure["since"] == (NOW + HOUR).isoformat()
    assert (await listed(client, "needs_action"), await listed(client, "pending_authorization")) == ([account], [])
    ((_, _, seen),) = await app.state["parts"].operations.accounts()
    assert seen.state is State.NEEDS_ACTION
    refused = (await read(client, account)).json()
    assert (refused["code"], refused["actor"]) == ("authorization_incomplete", "user")
    assert refused["since"] == (NOW + HOUR).isoformat()

    line.clock.advance(HOUR)
    again = (await begun_again(client, line, account)).json()
    assert (again["state"], again["last_failure"]) == ("pending_authorization", None)
    is_page(await stranger.get(line.decide(again["authorization_url"])), 200)
    assert (await state(client, account))["state"] == "active"


async def test_a_flow_whose_end_an_older_version_forgot(
    client: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """The next start gives it one, and leaves the ends of others alone."""
    account, _ = await started_flow(client, line)
    database: Database = app.state["parts"].database
    await app.state["parts"].all_tenants.fill_in()
    assert (await state(client, account))["authorization_expires_at"] == (NOW + HOUR).isoformat()
    with database.engine.begin() as connection:
        connection.execute(update(INTEGRATIONS).values(authorization_hash=None, authorization_expires_at=None))
    assert (await state(client, account))["state"] == "pending_authorization"

    await app.state["parts"].all_tenants.fill_in()

    with database.engine.begin() as connection:
        found = connection.scalar(select(INTEGRATIONS.c.authorization_expires_at))
        assert found is not None
        assert abs(found - database.clock.now()) < HOUR


async def listed(client: httpx.AsyncClient, shown: str) -> list[str]:
    """The ids of the accounts that are listed by this state; the list and the holders agree on their number."""
    found = (await client.get("/v1/accounts", params={"state": shown})).json()["accounts"]
    holders = (await client.get("/v1/holders", params={"state": shown})).json()["holders"]
    assert len(holders) == len(found)
    return [account["id"] for account in found]


@pytest.mark.parametrize("ended", ["refused", "killed"])
async def test_a_flow_of_what_works_leaves_no_end_behind(
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    line: SimulatedLine,
    app: Litestar,
    clock: FixedClock,
    ended: str,
) -> None:
    """The integration goes on as it was, and shows no flow that is over."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    back = line.decide((await begun_again(client, line, account)).json()["authorization_url"], "deny")
    if ended == "refused":
        is_page(await stranger.get(back), 409)
    else:
        flows = app.state["parts"].authorising.flows
        await flows.take(await flows.account_of(back.params["state"]), back.params["state"])
        clock.moment = NOW + HOUR

    integration = await state(client, account)
    assert (integration["state"], integration["authorization_expires_at"]) == ("active", None)


@pytest.mark.parametrize("what", ["integration", ""])
async def test_a_flow_ends_with_its_integration(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, what: str
) -> None:
    """Disabled or removed meanwhile: the browser comes back to nothing."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    await client.delete(f"/v1/accounts/{account}/{what}".rstrip("/"))

    is_page(await stranger.get(back), 409, "nenhuma autorização em andamento")

    assert line.sent == []


@pytest.mark.parametrize(
    ("mode", "title"),
    [(Mode.ALL, "Integração paralisada"), (Mode.NEW_ENROLMENTS_ONLY, "Novas integrações pausadas")],
)
async def test_a_pause_holds_a_flow_up_and_does_not_end_it(
    client: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    line: SimulatedLine,
    app: Litestar,
    mode: Mode,
    title: str,
) -> None:
    """The holder reads that it is paused; the bank is not asked; afterwards the same address ends the flow."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    pauses = Pauses(app.state["parts"].database)
    await pauses.begin(Pause(bank="btg_pactual", mode=mode, since=NOW))

    answer = await stranger.get(back)

    is_page(answer, 503, title, "pausada no momento")
    assert int(answer.headers["retry-after"]) > 0
    assert line.sent == []
    problem = await stranger.get(back, headers={"accept": "application/json"})
    assert problem.json()["actor"] == "operator"
    begun_again_now = await begun_again(client, line, account)
    assert begun_again_now.json()["code"] == problem.json()["code"]

    await pauses.end(bank="btg_pactual", now=NOW)
    is_page(await stranger.get(back), 200, "Autorização concluída")
    assert (await state(client, account))["state"] == "active"


async def test_a_caller_that_takes_no_html_gets_a_problem(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The failure in the shape of all others."""
    answer = await stranger.get(CALLBACK, headers={"accept": "application/json"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["instance"]) == (
        "authorization_incomplete",
        "/v1/authorizations/callback",
    )
