"""A simulated BTG Pactual, its page, the account holder's browser, and what a caller does around a consent flow."""

import re

import httpx

import contracts
from gateway.errors import BankFailure, GatewayError
from gateway.line.guard import check
from gateway.model import Account
from simulators.banks.btg_pactual import BtgPactual
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.world import SimulatedAccount, World
from tests.gateway.support import NOW, YOUNG

PERIOD = {"from": "2026-03-09", "to": "2026-03-13"}
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
