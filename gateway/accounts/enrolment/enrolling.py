"""Callers register accounts, and enable them with credentials; forms that are being filled in are checked likewise.

Rules.
1. New credentials replace old ones only after the bank has accepted them; a refusal changes nothing
   (`gateway.accounts.enrolment.replacement`).
2. Credentials that lack the account holder's authorization start a consent flow on the bank's page; when it has ended
   well (`gateway.accounts.enrolment.authorising`), rule 1 holds for the credentials that it gave.
3. While the operator has paused a bank or a connection, nothing of it is enabled; a pause of new enrolments does not
   touch enabled integrations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from gateway.accounts.banks import contract_kept, contract_of
from gateway.accounts.changes import Changes
from gateway.accounts.enrolment.consent import ConsentFlows
from gateway.accounts.enrolment.details import checked, record_of
from gateway.accounts.enrolment.forms import check_credentials
from gateway.accounts.enrolment.mending import laid_over
from gateway.accounts.enrolment.replacement import Replacement
from gateway.accounts.reading.look_ups import LookUps
from gateway.accounts.states.pauses import check_paused
from gateway.certificates.checks import CHECKS
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.records import AccountRecord, Integration, NewAccount, account_id_of
from gateway.storage.accounts.registry import Accounts

__all__ = ["Enrolment"]


@dataclass(eq=False, repr=False, kw_only=True)
class Enrolment:
    """Registers accounts of all tenants and enables their integrations."""

    accounts: Accounts
    integrations: Integrations
    pauses: Pauses
    bundles: Bundles
    flows: ConsentFlows
    replacement: Replacement
    look_ups: LookUps
    changes: Changes
    clock: Clock

    async def register(self, tenant_id: str, new: NewAccount) -> tuple[AccountRecord, Integration]:
        """Register an account, and enable its integration when credentials come with it.

        Raises:
            CallerError: a field is wrong, or the account is registered already, perhaps under another number.
            BankFailure: the bank refuses the credentials, is paused, or knows the account under another number or
                holder; nothing is registered.
        """
        opened = await self.bundles.opened(new.bank, new.credentials or {})
        new = replace(new, credentials=opened.values if new.credentials is not None else None)
        record, form = await CHECKS.run(checked, tenant_id, new, self.clock.now(), opened.refused)
        names = self.integrations.claims(record, form[0]) if form is not None else []
        # The same account may come at the same time without its branch.
        ids = dict.fromkeys([account_id_of(tenant_id, record.bank, "", record.number), record.id])
        async with self.changes.one(*ids, *names):
            if (existing := await self.accounts.find(record)) is not None:
                detail = f"the account is registered as {existing.id}"
                raise CallerError("account_exists", detail, account_id=existing.id)
            await self.accounts.check_external_id(tenant_id, record.external_id, record.id)
            self.look_ups.remember(record)
            if form is None:
                await self.accounts.add(record)
                return record, Integration(account_id=record.id)
            credentials, expires = form
            await check_paused(self.pauses, record, self.clock.now(), enrolling=True)
            await self.integrations.check_name(record, credentials)
            if flow := self.flows.started(record, credentials, self.clock.now()):
                await self.accounts.add(record, consent=flow.kept)
                return record, flow.shown(Integration(account_id=record.id))
            return record, await self.replacement.registered(record, credentials, expires)

    async def check_account(self, tenant_id: str, new: NewAccount) -> None:
        """Check an account as far as that is possible without its credentials and without the bank; nothing is stored.

        Raises:
            CallerError: a field is wrong, or the account is registered already.
        """
        contract = contract_of(new.bank)
        record = record_of(tenant_id, contract, new, self.clock.now())
        if (existing := await self.accounts.find(record)) is not None:
            raise CallerError(
                "account_exists",
                f"the account is registered as {existing.id}",
                field="number",
                bank=record.bank,
                portuguese="Esta conta já está cadastrada.",
                account_id=existing.id,
            )

    async def check_form(self, bank: str, given: Mapping[str, Any]) -> None:
        """Check a credential form as far as that is possible without the bank; nothing is stored.

        Raises:
            CallerError: the bank is unknown, or fields are wrong.
        """
        opened = await self.bundles.opened(bank, given)
        await CHECKS.run(check_credentials, contract_of(bank), opened.values, self.clock.now(), opened.refused)

    async def holds_credentials(self, tenant_id: str, account_id: str) -> bool:
        """Whether credentials of an account are stored that can be decrypted: then a part of them may be replaced.

        Raises:
            CallerError: there is no such account.
        """
        return (await self.replacement.before(tenant_id, account_id)).credentials is not None

    async def enable(
        self, tenant_id: str, account_id: str, given: Mapping[str, Any], *, keeps: bool = False
    ) -> tuple[AccountRecord, Integration]:
        """Enable an account's integration with credentials that the bank has accepted, or start a consent flow.

        Args:
            given: the filled-in form.
            keeps: whether fields that are not filled in stay as they are stored.

        Raises:
            CallerError: there is no such account, or the credentials do not have the bank's form.
            BankFailure: the bank refuses them, or is paused; the integration stays as it was.
        """
        record = await self.accounts.account(tenant_id, account_id)
        opened = await self.bundles.opened(record.bank, given)
        async with self.changes.one(account_id):
            before = await self.replacement.before(tenant_id, account_id)
            contract, now = contract_kept(record.bank), self.clock.now()
            await check_paused(self.pauses, record, now, enrolling=not before.enabled)
            values = laid_over(contract, before.credentials, opened.values) if keeps else opened.values
            credentials, expires = await CHECKS.run(check_credentials, contract, values, now, opened.refused)
            async with self.changes.one(*self.integrations.claims(record, credentials)):
                await self.integrations.check_name(record, credentials)
                if flow := self.flows.started(record, credentials, now):
                    kept = await self.integrations.start_consent(tenant_id, account_id, flow.kept)
                    return record, flow.shown(kept)
                return record, await self.replacement.enabled(record, before, credentials, expires)
