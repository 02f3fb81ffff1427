"""One account at one simulated bank, in a world of its own."""

from datetime import datetime

import contracts
from gateway.model import Account, Credentials
from simulators.bank import Bank
from simulators.banks import bank_class
from simulators.clock import FrozenClock
from simulators.ledger import Source
from simulators.pki import Authority
from simulators.world import Parameters, SimulatedAccount, World

__all__ = ["Harness", "account_of"]


class Harness:
    """The bank with one account; an adapter or the whole gateway is put in front of it.

    Args:
        slug: the bank.
        now: the present.
        source: the ledger; a generated one when None.
        parameters: how the account differs from the ordinary one.
        scenario: the scenario the account is in.
        authority: signs certificates; a new one when None.
        number: of the account.
    """

    def __init__(
        self,
        slug: str,
        now: datetime,
        *,
        source: Source | None = None,
        parameters: Parameters | None = None,
        scenario: str = "ok",
        authority: Authority | None = None,
        number: str = "12345678",
    ) -> None:
        self.clock = FrozenClock(now)
        self.world = World(1, self.clock, authority or Authority())
        self.bank: Bank = bank_class(slug)(contracts.load(slug), self.world)
        self.simulated: SimulatedAccount = self.bank.open_account(number, scenario, parameters, source)
        self.account = account_of(self.simulated)


def account_of(simulated: SimulatedAccount) -> Account:
    """A simulated account as the gateway knows it."""
    return Account(
        id=f"{simulated.bank}-{simulated.number}",
        bank=simulated.bank,
        kind=simulated.kind,
        branch=simulated.branch,
        number=simulated.number,
        holder_tax_id=simulated.holder_tax_id,
        credentials=Credentials(simulated.form),
    )
