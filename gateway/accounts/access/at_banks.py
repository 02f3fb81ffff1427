"""Makes the account that a bank is asked for of a stored record, and hides our secrets where a bank quotes them."""

from collections.abc import Iterable

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.banks import contract_kept
from gateway.errors import BankFailure
from gateway.model import Account, Credentials
from gateway.redaction.quoted import without
from gateway.storage.accounts.records import AccountRecord

__all__ = ["AccountsAtBanks", "hide"]


class AccountsAtBanks:
    """The accounts of all tenants at their banks.

    Args:
        environment: which of each bank's environments is called.
        tokens: knows the tokens that no text may quote.
    """

    def __init__(self, environment: str, tokens: Tokens) -> None:
        self.environment = environment
        self._tokens = tokens

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

    def hide(self, failure: BankFailure, record: AccountRecord, credentials: Credentials) -> None:
        """Remove our own credentials, tokens and tax id from a failure, where the bank has quoted them."""
        hide(failure, {*credentials.values.values(), *self._tokens.in_memory(record.id), record.holder_tax_id})


def hide(failure: BankFailure, secrets: Iterable[str]) -> None:
    """Remove these values from all texts of a failure; a bank may quote them in any encoding."""
    values = {*secrets}
    failure.detail = without(failure.detail, values)
    failure.args = (f"{failure.code}: {failure.detail}",)
    if failure.bank_error is not None:
        failure.bank_error.reword(lambda text: without(text, values))
