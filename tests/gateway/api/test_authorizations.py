"""The consent flow from end to end: gateway, the simulated bank's page, a plain browser between them."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import select, update

import contracts
from gateway.accounts.consent import Returned, StartedFlow
from gateway.clock import FixedClock
from gateway.errors import BankFailure, GatewayError
from gateway.line.guard import check
from gateway.model import Account, Credentials
from gateway.settings import Settings
from gateway.storage.consents import StartedConsent
from gateway.storage.database import Database
from gateway.storage.integrations import Integrations
from gateway.storage.names import digest_of
from gateway.storage.pauses import Mode, Pause, Pauses
from gateway.storage.records import Integration, State, account_of, account_row
from gateway.storage.tables import AccountRow, IntegrationRow, TokenRow
from gateway.storage.vault import Vault
from simulators.banks.btg_pactual import BtgPactual
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.world import SimulatedAccount, World
from tests.gateway.support import NOW, VAULT_KEY, YOUNG, credentials, registration

pytestmark = pytest.mark.anyio

PERIOD = {"from": "2026-03-09", "to": "2026-03-13"}
HOUR = timedelta(hours=1)
SOMEBODY = "7c0c2c6e-3c50-4d0e-9c55-2f0f6b1f6a11"
CALLBACK = "http://127.0.0.1:8000/v1/authorizations/callback"


class SimulatedLine:
    """A line to a simulated BTG Pactual with one account, and the account holder's browser there."""

    def __init__(self) -> None:
        self.clock = FrozenClock(NOW)
        self.bank = BtgPactual(contracts.load("btg_pactual"), World(1, self.clock, Authority()))
        self.simulated: SimulatedAccount = self.bank.open_account("12345678", parameters=YOUNG)
        self.sent: list[httpx.Request] = []
        self.down: set[str] = set()
        self.slow: set[str] = set()

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        check(self.bank.contract, request)
        operation = request.extensions["operation"]
        self.sent.append(request)
        if operation in self.slow:
            raise GatewayError("deadline_exceeded", "no statement in time")
        if operation in self.down:
            raise BankFailure("bank_unavailable", bank="btg_pactual", at=operation, detail="away")
        return self.bank.answer(request)

    def browser(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.bank.answer))

    def decide(self, page: str, decision: str = "approve", company: str = "") -> httpx.URL:
        """Look at the page, choose, press a button; give the address the browser is then sent to."""
        with self.browser() as browser:
            shown = browser.get(page)
            assert shown.status_code == 200, shown.text
            companies = re.findall(r'name="company" value="([^"]+)"', shown.text)
            assert companies[0] == self.simulated.holder_tax_id
            form = {"company": company or companies[0], "decision": decision}
            answer = browser.post(page, data=form)
        assert answer.status_code == 302
        return httpx.URL(answer.headers["location"])

    async def aclose(self) -> None:
        """Nothing is open."""


@pytest.fixture
def line() -> SimulatedLine:
    """The line to the simulated bank."""
    return SimulatedLine()


@pytest.fixture
def app(
    serve: Callable[..., Litestar], settings: Settings, line: SimulatedLine, clock: FixedClock, logged: io.StringIO
) -> Litestar:
    """The application over that line."""
    return serve(settings, line, clock)


@pytest.fixture
async def stranger(app: Litestar, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the gateway: no key, and it takes HTML."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as browser:
        yield browser


def body(line: SimulatedLine, *, refresh_token: bool = False) -> dict[str, object]:
    names = ("client_id", "client_secret", *(("refresh_token",) if refresh_token else ()))
    return {
        "bank": "btg_pactual",
        "kind": "PJ",
        "branch": line.simulated.branch,
        "number": line.simulated.number,
        "holder_tax_id": line.simulated.holder_tax_id,
        "credentials": {name: line.simulated.credentials[name] for name in names},
    }


async def started_flow(client: httpx.AsyncClient, line: SimulatedLine) -> tuple[str, str]:
    """Register an account whose holder has yet to authorise; give its id and the bank's page."""
    answer = await client.post("/v1/accounts", json=body(line))
    assert answer.status_code == 201, answer.text
    account = answer.json()
    assert account["integration"]["state"] == "pending_authorization"
    return account["id"], account["integration"]["authorization_url"]


async def begun_again(client: httpx.AsyncClient, line: SimulatedLine, account: str) -> httpx.Response:
    given = {"credentials": body(line)["credentials"]}
    return await client.put(f"/v1/accounts/{account}/integration", json=given)


async def state(client: httpx.AsyncClient, account: str) -> dict[str, object]:
    found: dict[str, object] = (await client.get(f"/v1/accounts/{account}/integration")).json()
    return found


async def read(client: httpx.AsyncClient, account: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params=PERIOD)


def is_page(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text
    assert '<html lang="pt-BR">' in answer.text
    for word in words:
        assert word in answer.text


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


async def test_a_refresh_token_that_is_brought_needs_no_journey(client: httpx.AsyncClient, line: SimulatedLine) -> None:
    """The listed credentials of the simulator are enough."""
    answer = await client.post("/v1/accounts", json=body(line, refresh_token=True))

    assert (answer.status_code, answer.json()["integration"]["state"]) == (201, "active")
    assert answer.json()["integration"]["authorization_url"] is None


async def test_a_journey_begun_by_put(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
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


async def test_of_two_browsers_with_one_address_one_ends_the_journey(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The code is sent to the bank once."""
    account, page = await started_flow(client, line)
    back = line.decide(page)

    answers = await asyncio.gather(stranger.get(back), stranger.get(back))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sum(request.extensions["operation"] == "token" for request in line.sent) == 1
    assert (await state(client, account))["state"] == "active"


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
    database: Database = app.state["database"]
    with database.sessions() as session:
        assert (session.scalars(select(TokenRow))).all() == []


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
    with database.sessions.begin() as session:
        mine = session.get(AccountRow, account)
        assert mine is not None
        record = account_of(mine)
        other = replace(record, id=SOMEBODY, number="99999999")
        session.add(account_row(other))
    integration = Integration(account_id=SOMEBODY, state=State.ACTIVE, credentials=Credentials({"a": "b"}))
    await integrations.enable(other, integration, None)
    with database.sessions.begin() as session:
        named = digest_of(Vault([VAULT_KEY]), record, Credentials({}))
        session.execute(update(IntegrationRow).where(IntegrationRow.account_id == SOMEBODY).values(name_digest=named))
    return SOMEBODY


async def test_a_journey_whose_credentials_another_account_has(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """The code is not spent, the account waits for no browser any more, and a new flow mends it later."""
    account, page = await started_flow(client, line)
    back = line.decide(page)
    other = await another_has_the_name(app.state["database"], account)

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


async def test_a_journey_of_what_works_whose_credentials_another_account_has(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """What worked goes on as it was."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    back = line.decide((await begun_again(client, line, account)).json()["authorization_url"])
    with app.state["database"].sessions.begin() as session:
        session.execute(update(IntegrationRow).values(name_digest=None))
    await another_has_the_name(app.state["database"], account)

    is_page(await stranger.get(back), 409, "já são de outra conta")

    assert ((await state(client, account))["state"], (await read(client, account)).status_code) == ("active", 200)


@pytest.mark.parametrize("trouble", [RuntimeError("a defect"), asyncio.CancelledError()])
async def test_a_journey_that_is_cut_off_does_not_wait_for_ever(
    client: httpx.AsyncClient, line: SimulatedLine, app: Litestar, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """Whatever ends it once its state is used up: there is nothing left to wait for."""
    account, page = await started_flow(client, line)
    back = line.decide(page)

    async def cut_off(*args: object, **more: object) -> None:
        raise trouble

    service = app.state["service"]
    monkeypatch.setattr(service._integrations, "enable", cut_off)
    with pytest.raises(type(trouble)):
        await service.authorise(Returned(state=back.params["state"], code=back.params["code"]))

    integration = await state(client, account)
    assert integration["state"] == "needs_action"
    assert integration["last_failure"]["code"] == "authorization_incomplete"  # type: ignore[index]


async def test_a_new_journey_ends_the_one_before_it(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine
) -> None:
    """The older page leads nowhere, the newer one to the end."""
    account, older = await started_flow(client, line)
    newer = (await begun_again(client, line, account)).json()["authorization_url"]

    is_page(await stranger.get(line.decide(older)), 409, "nenhuma autorização em andamento")
    is_page(await stranger.get(line.decide(newer)), 200)


async def test_what_works_goes_on_working_until_the_journey_has_ended_well(
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


@pytest.mark.parametrize("what", ["integration", ""])
async def test_a_journey_ends_with_its_integration(
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
async def test_a_pause_holds_a_journey_up_and_does_not_end_it(
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
    pauses = Pauses(app.state["database"])
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


async def test_a_consent_is_renewed_while_new_enrolments_are_paused(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """A connection that needs action is no new one, not even after a failed flow."""
    account, page = await started_flow(client, line)
    await stranger.get(line.decide(page))
    database: Database = app.state["database"]
    with database.sessions.begin() as session:
        session.execute(update(IntegrationRow).values(state="needs_action"))
    await Pauses(database).begin(Pause(bank="btg_pactual", mode=Mode.NEW_ENROLMENTS_ONLY, since=NOW))

    refused = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(refused, "deny")), 409)
    renewed = (await begun_again(client, line, account)).json()["authorization_url"]
    is_page(await stranger.get(line.decide(renewed)), 200, "Autorização concluída")

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


async def test_no_secret_of_a_journey_is_written_down(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar, logged: io.StringIO
) -> None:
    """Neither code nor state nor secret stands in the log or, in the clear, in the database."""
    account, page = await started_flow(client, line)
    database: Database = app.state["database"]
    given = parse_qs(urlsplit(page).query)["state"][0]
    with database.engine.connect() as connection:
        kept = str((connection.execute(select(IntegrationRow.__table__))).all())
    back = line.decide(page)
    await stranger.get(back)
    await stranger.get(back)
    await read(client, account)
    with database.engine.connect() as connection:
        for table in (IntegrationRow.__table__, TokenRow.__table__):
            kept += str((connection.execute(select(table))).all())

    assert logged.getvalue()
    secrets = {given, back.params["code"], line.simulated.credentials["client_secret"]}
    for secret in secrets | {line.simulated.credentials["refresh_token"]}:
        assert secret not in logged.getvalue()
        assert secret not in kept


async def test_what_a_journey_holds_does_not_show_itself() -> None:
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


async def test_a_bank_without_journey_begins_none(client: httpx.AsyncClient) -> None:
    """Its credentials are checked at once, as ever."""
    answer = await client.post("/v1/accounts", json=registration(credentials={"client_id": "a"}))

    assert answer.json()["field"] == "credentials.client_secret"
    assert "refresh_token" not in credentials()


async def test_keys_of_the_vault_can_be_changed_during_a_journey(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, line: SimulatedLine, app: Litestar
) -> None:
    """What waits is sealed anew with the rest."""
    account, page = await started_flow(client, line)

    assert await app.state["operations"].rotate() == (1, [])

    is_page(await stranger.get(line.decide(page)), 200)
    assert (await state(client, account))["state"] == "active"
