"""A token that a bank quotes is hidden, wherever the gateway has it from: an answer, or its own database."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from litestar import Litestar

from gateway.auth import Auth
from gateway.clock import Clock
from gateway.errors import BankFailure
from gateway.flow import Token, TokenNeeded
from gateway.model import Account, Credentials, Period
from gateway.settings import Settings
from gateway.statement import StatementReader
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 13)
STATEMENT = "/v1/accounts/{}/statement?from=2026-03-09&to=2026-03-13"


class Quoting(SimulatedBanks):
    """Banks of which one operation refuses and quotes what it was sent, once that operation is named."""

    quotes = ""
    """The operation."""
    code = ""
    """Of the refusal."""
    status = 400

    def __init__(self) -> None:
        super().__init__()
        self.quoted: list[str] = []

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer, or the refusal."""
        if request.extensions["operation"] != self.quotes:
            return await super().send(request, account=account, certificate=certificate)
        form = parse_qs(request.content.decode())
        (token,) = form.get("refresh_token") or [request.headers.get("authorization", "").removeprefix("Bearer ")]
        self.quoted.append(token)
        body = {"error": self.code, "error_description": f"{token} nao e valido"}
        return httpx.Response(self.status, json=body, request=request)


@asynccontextmanager
async def process(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of a process that begins with nothing in memory."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        client.headers["Authorization"] = f"Bearer {await app.state['parts'].keys.create('tenant-a', NOW)}"
        yield client


def kept_in(folder: Path) -> bytes:
    """The contents of all files."""
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


async def test_a_refresh_token_of_a_process_before_is_hidden(
    serve: Callable[[Settings, SimulatedBanks, Clock], Litestar],
    settings: Settings,
    tmp_path: Path,
    logged: io.StringIO,
) -> None:
    """The token is in the database alone when the bank refuses it: neither answer, log nor database shows it."""
    line = Quoting()
    simulated = line.account("bs2")
    async with process(serve(settings, line, FixedClock(NOW))) as client:
        account = (await client.post("/v1/accounts", json=body_of(simulated))).json()["id"]
    line.quotes, line.code = "token", "invalid_grant"

    async with process(serve(settings, line, FixedClock(NOW + timedelta(days=3)))) as client:
        refused = await client.get(STATEMENT.format(account))
        state = await client.get(f"/v1/accounts/{account}/integration")

    assert refused.json()["bank_error"]["message"] == "[secret] nao e valido"
    (token,) = set(line.quoted)
    assert token not in refused.text + state.text + logged.getvalue()
    assert token.encode() not in kept_in(tmp_path)


class KeepsNoToken:
    """Gives a token that nobody knows any more when the bank refuses it: another caller's took its place."""

    async def token(self, account: Account, auth: Auth, needed: TokenNeeded, run: object) -> Token:
        return Token(access="CANARY-former-access-token", expires_at=NOW, renew_at=NOW)


async def test_an_access_token_that_was_replaced_meanwhile_is_hidden() -> None:
    """What a reading has sent is hidden, whatever token the account has by then."""
    line = Quoting()
    simulated = line.account("cora")
    line.quotes, line.code, line.status = "statement", "forbidden", 403
    account = Account(
        "a-1", "cora", "PJ", simulated.branch, simulated.number, simulated.holder_tax_id, Credentials(simulated.form)
    )

    with pytest.raises(BankFailure) as refused:
        await StatementReader(line, KeepsNoToken(), FixedClock(NOW)).read(account, Period(DAY, DAY))

    assert line.quoted
    assert refused.value.bank_error is not None
    assert refused.value.bank_error.message == "[secret] nao e valido"
