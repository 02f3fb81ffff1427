"""What can be checked of an account and of its credentials before a bank is asked, for forms that are being filled in.

The same is checked again when the account is registered or enabled (`gateway.accounts.enrolment.enrolling`).
"""

from collections.abc import Mapping
from typing import Any

from gateway.accounts.banks import contract_of
from gateway.accounts.enrolment import details
from gateway.accounts.enrolment.forms import check_credentials
from gateway.certificates.checks import CHECKS
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.storage.accounts.records import AccountRecord, NewAccount
from gateway.storage.accounts.registry import Accounts

__all__ = ["Checks"]


class Checks:
    """Checks that ask no bank and store nothing.

    Args:
        accounts: the table of accounts.
        bundles: opens PKCS #12 bundles.
        clock: gives the present instant.
    """

    def __init__(self, accounts: Accounts, bundles: Bundles, clock: Clock) -> None:
        self._accounts = accounts
        self._bundles = bundles
        self._clock = clock

    async def described(self, tenant_id: str, new: NewAccount) -> AccountRecord:
        """The record of an account as it would be registered, or an error that says why it would not be.

        Raises:
            CallerError: a field is wrong, or the account is registered already.
        """
        contract = contract_of(new.bank)
        record = details.record_of(tenant_id, contract, new, self._clock.now())
        where = record.bank, record.branch, record.number, record.id
        if (existing := await self._accounts.find(tenant_id, *where)) is not None:
            raise CallerError(
                "account_exists",
                f"the account is registered as {existing.id}",
                field="number",
                bank=record.bank,
                portuguese="Esta conta já está cadastrada.",
                account_id=existing.id,
            )
        return record

    async def check(self, bank: str, given: Mapping[str, Any]) -> None:
        """Check a credential form as far as that is possible without the bank.

        Raises:
            CallerError: the bank is unknown, or fields are wrong.
        """
        contract = contract_of(bank)
        opened = await self._bundles.opened(bank, given)
        await CHECKS.run(check_credentials, contract, opened.values, self._clock.now(), opened.refused)
