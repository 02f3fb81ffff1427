"""Makes the account that a bank is asked for of a stored record."""

from dataclasses import dataclass

from gateway.accounts.banks import contract_kept
from gateway.errors import BankFailure
from gateway.model import Account, Credentials
from gateway.storage.accounts.records import AccountRecord

__all__ = ["AccountsAtBanks"]


@dataclass(eq=False, repr=False)
class AccountsAtBanks:
    """The accounts of all tenants at their banks."""

    environment: str
    """Which of each bank's environments is called."""

    def account(self, record: AccountRecord, credentials: Credentials) -> Account:
        """The account with what is needed to read it.

        Raises:
            BankNotInstalled: the package that brought the bank is broken or gone.
            BankFailure: `integration_paused`: the bank is not in this gateway's environment.
        """
        contract = contract_kept(record.bank)
        if self.environment not in contract.environments:
            detail = f"{contract.name} has no environment {self.environment}"
            raise BankFailure("integration_paused", bank=record.bank, at="gateway", detail=detail)
        return record.with_credentials(credentials, self.environment)
