"""A bank that gives a new refresh token for each that is used, and a gateway that uses them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Row, select
from sqlalchemy.exc import OperationalError

from gateway.accounts.access.tokens import Tokens
from gateway.claims import check_claims
from gateway.errors import BankFailure
from gateway.flow import Flow, Token, TokenNeeded
from gateway.model import Account, Credentials
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.tables import TOKENS
from gateway.storage.shared.tokens import TokenClaimed, TokenRows
from tests.gateway.support import NOW

__all__ = ["FIRST", "Bank", "Broken", "Plain", "Rotating", "account", "ask", "runner", "stored", "token"]

FIRST = "CANARY-refresh-0"


def account(refresh: str = FIRST) -> Account:
    return Account("acc-1", "bs2", "PJ", "0001", "1", "11222333000181", Credentials({"refresh_token": refresh}))


class Bank:
    """Exchanges each refresh token once; a second use is theft, and ends the family."""

    def __init__(self) -> None:
        self.valid = FIRST
        self.issued = 0
        self.used: list[str] = []
        self.failure: BaseException | None = None
        self.fail_after_spending: BaseException | None = None
        self.on_the_way: Callable[[], Awaitable[None]] | None = None
        """What happens to a process between its claim and the wire."""
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def exchange(self, refresh: str) -> Token:
        self.arrived.set()
        if self.failure is not None:
            raise self.failure
        self.used.append(refresh)
        if refresh != self.valid:
            raise BankFailure("invalid_credentials", bank="bs2", at="token", detail="the refresh token was used before")
        self.issued += 1
        self.valid = f"CANARY-refresh-{self.issued}"
        number = self.issued
        await self.gate.wait()
        if self.fail_after_spending is not None:
            raise self.fail_after_spending
        return token(number)


def token(number: int) -> Token:
    return Token(
        access=f"CANARY-access-{number}",
        expires_at=NOW + timedelta(seconds=300),
        renew_at=NOW + timedelta(seconds=270),
        refresh=f"CANARY-refresh-{number}",
    )


class Rotating:
    """An auth whose conversation carries only the refresh token it would spend."""

    uses_token = True
    rotates = True

    def __init__(self, account: Account) -> None:
        self._account = account

    def obtain(self, previous: Token | None, now: object) -> Flow[Token]:
        refresh = previous.refresh if previous is not None else self._account.credentials["refresh_token"]
        return (yield httpx.Request("POST", "https://bank.example/token", data={"refresh_token": refresh or ""}))

    def apply(self, request: httpx.Request, token: Token | None) -> None: ...

    def refused(self, response: httpx.Response) -> bool:
        return False


class Plain(Rotating):
    """The same bank seen by an auth whose tokens do not rotate."""

    rotates = False


def runner(bank: Bank) -> Callable[[Flow[Token]], Awaitable[Token]]:
    async def run(flow: Flow[Token]) -> Token:
        request = flow.send(None)
        assert isinstance(request, httpx.Request)
        if (happens := bank.on_the_way) is not None:
            bank.on_the_way = None
            await happens()
        # As the line does, directly before the wire.
        await check_claims()
        found = await bank.exchange(dict(httpx.QueryParams(request.content.decode()))["refresh_token"])
        flow.close()
        return found

    return run


class Broken(TokenRows):
    """A table that fails, or stops like a process that dies, at one step."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self.broken: set[str] = set()

    def _check(self, step: str) -> None:
        if step in self.broken:
            raise OperationalError(step, {}, Exception("the database is away"))

    async def mark(self, *args: Any) -> TokenClaimed | None:
        self._check("mark")
        return await super().mark(*args)

    async def put(self, *args: Any) -> bool:
        self._check("put")
        return await super().put(*args)

    async def bury(self, *args: Any) -> bool:
        self._check("bury")
        return await super().bury(*args)

    async def extend(self, *args: Any) -> TokenClaimed | None:
        self._check("extend")
        return await super().extend(*args)


async def ask(
    tokens: Tokens,
    bank: Bank,
    refused: Token | None = None,
    auth: type[Rotating] = Rotating,
    who: Account | None = None,
) -> Token:
    asked = who or account()
    return await tokens.token(asked, auth(asked), TokenNeeded(refused), runner(bank))


async def stored(database: Database) -> Row[Any]:
    with database.engine.connect() as connection:
        return (connection.execute(select(TOKENS))).one()
