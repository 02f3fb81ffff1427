"""A line to all simulated banks with one account each, for tests of what callers do with the accounts of any bank."""

from collections import Counter
from typing import Any

import httpx

import contracts
from gateway.line.guard import check
from gateway.model import Account
from simulators.bank import Bank
from simulators.banks import bank_class
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.world import SimulatedAccount, World
from tests.gateway.support import NOW, YOUNG

__all__ = ["SimulatedBanks", "body_of"]


class SimulatedBanks:
    """Carries requests to the simulated banks, in process; an account is opened at a bank when it is asked for."""

    def __init__(self) -> None:
        self.clock = FrozenClock(NOW)
        self._world = World(1, self.clock, Authority())
        self._banks: dict[str, Bank] = {}
        self.sent: Counter[str] = Counter()
        """Requests by operation."""

    def bank(self, slug: str) -> Bank:
        """A simulated bank."""
        if slug not in self._banks:
            self._banks[slug] = bank_class(slug)(contracts.load(slug), self._world)
        return self._banks[slug]

    def account(self, slug: str) -> SimulatedAccount:
        """The account at a bank whose number follows its rules."""
        bank = self.bank(slug)
        existing = next(iter(self._world.accounts_of(slug)), None)
        return existing or bank.open_account(bank.number("72943816"), parameters=YOUNG)

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer."""
        bank = self._banks[account.bank]
        check(bank.contract, request)
        self.sent[request.extensions["operation"]] += 1
        request.extensions["client_certificate"] = certificate[0] if certificate else None
        return bank.answer(request)

    async def aclose(self) -> None:
        """Nothing is open."""


def body_of(simulated: SimulatedAccount, **changed: Any) -> dict[str, Any]:
    """A body of POST /v1/accounts for a simulated account."""
    return {
        "bank": simulated.bank,
        "kind": simulated.kind,
        "branch": simulated.branch,
        "number": simulated.number,
        "holder_tax_id": simulated.holder_tax_id,
        "credentials": simulated.form,
        **changed,
    }
