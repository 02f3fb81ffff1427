"""A connector and its simulated bank in one process, without event loop, network or TLS."""

from datetime import datetime
from typing import Any

import httpx

import contracts
from gateway.auth import signed
from gateway.check import assemble
from gateway.connectors import Connector, connector_class
from gateway.flow import Token, TokenNeeded, converse
from gateway.model import Account, Credentials, Period, Statement
from simulators.bank import Bank
from simulators.banks import bank_class
from simulators.clock import FrozenClock
from simulators.ledger import Source
from simulators.pki import Authority
from simulators.world import Parameters, SimulatedAccount, World

__all__ = ["Pair", "account_of"]


class Pair:
    """One bank's two sides with one account between them.

    Args:
        slug: the bank.
        now: the present.
        source: the ledger; a generated one when None.
        parameters: how the account differs from the ordinary one.
        scenario: the situation the account is in.
        page_size: entries the connector asks for in one page; 0 for its own choice.
        connector: the adapter; the bank's own when None.
        authority: signs certificates; a new one when None.
    """

    def __init__(
        self,
        slug: str,
        now: datetime,
        *,
        source: Source | None = None,
        parameters: Parameters | None = None,
        scenario: str = "ok",
        page_size: int = 0,
        connector: type[Connector[Any]] | None = None,
        authority: Authority | None = None,
        number: str = "12345678",
    ) -> None:
        self.clock = FrozenClock(now)
        self.world = World(1, self.clock, authority or Authority(now))
        contract = contracts.load(slug)
        self.bank: Bank = bank_class(slug)(contract, self.world)
        self.held: SimulatedAccount = self.bank.open_account(number, scenario, parameters, source)
        self.connector = (connector or connector_class(slug))(contract, page_size)
        self.account = account_of(self.held)
        self.token: Token | None = None
        self.requests: list[httpx.Request] = []

    def read(self, period: Period) -> Statement:
        """The gateway's statement of a period.

        Raises:
            BankFailure: as the gateway would.
            httpx.TransportError: a fault cut the connection.
        """
        now = self.clock.now()
        auth = self.connector.auth(self.account)
        flow = signed(self.connector.fetch(self.account, period, now.date()), auth)
        pages, balances = converse(flow, self.answer, self._token)
        movements = [movement for page in pages for movement in self.connector.movements(page)]
        if self.connector.newest_first:
            movements.reverse()
        return assemble(self.connector.contract, self.account, period, movements, balances, now)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The simulated bank's answer to a request that carries the account's certificate."""
        self.requests.append(request)
        if certificate := self.connector.client_certificate(self.account):
            request.extensions["client_certificate"] = certificate[0]
        return self.bank.answer(request)

    def _token(self, needed: TokenNeeded) -> Token:
        held = self.token
        if held is not None and held is not needed.refused and self.clock.now() < held.renew_at:
            return held
        auth = self.connector.auth(self.account)
        _, fresh = converse(auth.obtain(held, self.clock.now()), self.answer)
        self.token = fresh
        return fresh


def account_of(held: SimulatedAccount) -> Account:
    """A simulated account as the gateway knows it."""
    return Account(
        id=f"{held.bank}-{held.number}",
        bank=held.bank,
        kind=held.kind,
        branch=held.branch,
        number=held.number,
        holder_tax_id=held.holder_tax_id,
        credentials=Credentials(held.form),
    )
