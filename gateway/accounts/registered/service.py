"""Callers' actions on accounts: register, list, change, enable, authorise, disable, remove.

Rules.
1. New credentials replace old ones only after the bank has accepted them; a refusal changes nothing.
2. Credentials that lack the account holder's authorization start a consent flow on the bank's page; when it has ended
   well, rule 1 holds for the credentials that it gave.
3. While the operator has paused a bank or a connection, nothing of it is enabled; a pause of new enrolments does not
   touch enabled integrations.

`gateway.accounts.reading.readings` reads statements and interprets their outcomes, `gateway.accounts.access.renewals`
renews tokens that no statement uses, and `gateway.accounts.registered.operations` serves the operator.
"""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.banks import contract_kept, contract_of
from gateway.accounts.changes import Changes
from gateway.accounts.enrolment import details
from gateway.accounts.enrolment.consent import ConsentFlows, Returned, redeemable
from gateway.accounts.enrolment.forms import check_credentials
from gateway.accounts.enrolment.mending import laid_over
from gateway.accounts.enrolment.verification import Verification
from gateway.accounts.reading.look_ups import LookUps
from gateway.accounts.registered.choosing import ALL, Chosen
from gateway.accounts.states import expiring, suspension
from gateway.accounts.states.pauses import PausesInForce, check_paused
from gateway.certificates.checks import CHECKS
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.storage.accounts import Accounts
from gateway.storage.consents import PendingConsent
from gateway.storage.integrations import Integrations
from gateway.storage.listing import Cursor
from gateway.storage.pauses import Pauses
from gateway.storage.records import AccountRecord, Integration, NewAccount
from gateway.storage.tokens import ACTIVE, TokenRows
from gateway.storage.vault import VaultError
from gateway.work.ending import to_the_end

__all__ = ["Service"]


class Service:
    """Accounts and integrations of all tenants.

    Args:
        accounts: the table of accounts.
        integrations: the table of integrations.
        rows: the table of tokens.
        pauses: the operator's switch.
        tokens: provides the tokens of enabled integrations.
        flows: starts consent flows and resumes them.
        verification: tries credentials at the bank.
        look_ups: remembers the banks of accounts.
        at_banks: knows what is needed to read an account.
        changes: allows one change of an account at a time.
        bundles: opens PKCS #12 bundles.
        clock: gives the present instant.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        integrations: Integrations,
        rows: TokenRows,
        pauses: Pauses,
        tokens: Tokens,
        flows: ConsentFlows,
        verification: Verification,
        look_ups: LookUps,
        at_banks: AccountsAtBanks,
        changes: Changes,
        bundles: Bundles,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._integrations = integrations
        self._rows = rows
        self._pauses = pauses
        self._tokens = tokens
        self._flows = flows
        self.redirect_uri = flows.redirect_uri
        self._verification = verification
        self._look_ups = look_ups
        self._at_banks = at_banks
        self._changes = changes
        self._bundles = bundles
        self._clock = clock

    async def register(self, tenant_id: str, new: NewAccount) -> tuple[AccountRecord, Integration]:
        """Register an account, and enable its integration when credentials come with it.

        Raises:
            CallerError: a field is wrong, or the account is registered already, perhaps under another number.
            BankFailure: the bank refuses the credentials, is paused, or knows the account under another number or
                holder; nothing is registered.
        """
        opened = await self._bundles.opened(new.bank, new.credentials or {})
        new = replace(new, credentials=opened.values if new.credentials is not None else None)
        record, form = await CHECKS.run(details.checked, tenant_id, new, self._clock.now(), opened.refused)
        contract = contract_of(record.bank)
        names = self._integrations.claims(record, form[0]) if form is not None else []
        async with self._changes.one(record.id, *names):
            where = record.bank, record.branch, record.number, record.id
            if (existing := await self._accounts.find(tenant_id, *where)) is not None:
                detail = f"the account is registered as {existing.id}"
                raise CallerError("account_exists", detail, account_id=existing.id)
            await self._accounts.check_external_id(tenant_id, record.external_id, record.id)
            self._look_ups.remember(record)
            before = Integration(account_id=record.id)
            if form is None:
                await self._accounts.add(record)
                return record, before
            credentials, expires = form
            await check_paused(self._pauses, record, self._clock.now(), enrolling=True)
            await self._integrations.check_name(record, credentials)
            account = self._at_banks.account(record, credentials)
            if flow := self._flows.started(account, contract, self._clock.now()):
                await self._accounts.add(record, consent=flow.kept)
                return record, flow.shown(before)
            integration, slot = await self._verification.verified(record, before, credentials, expires)
            await to_the_end(self._write(self._accounts.add(record, integration, slot), record.id))
            return record, integration

    async def account(self, tenant_id: str, account_id: str) -> AccountRecord:
        """One account of the tenant.

        Raises:
            CallerError: there is no such account.
        """
        return await self._accounts.account(tenant_id, account_id)

    async def page(
        self, tenant_id: str, limit: int, offset: int = 0, after: Cursor | None = None, chosen: Chosen = ALL
    ) -> tuple[list[AccountRecord], int, Cursor | None]:
        """A part of the tenant's chosen accounts, oldest first, with the number of all of them and the next cursor.

        Raises:
            CallerError: the tax id to look for is neither a CPF nor a CNPJ.
        """
        return await self._accounts.page(tenant_id, limit, offset, after, chosen.at(self._clock.now()))

    async def change(
        self,
        tenant_id: str,
        account_id: str,
        *,
        description: str | None,
        default: bool | None,
        external_id: str | UnsetType | None = UNSET,
    ) -> AccountRecord:
        """Change the given fields; a new default replaces the tenant's default account.

        Raises:
            CallerError: there is no such account, or another one has that `external_id`.
        """
        if not isinstance(external_id, UnsetType):
            external_id = details.check_external_id(external_id)
        return await self._accounts.change(
            tenant_id, account_id, description=description, default=default, external_id=external_id
        )

    async def holds_credentials(self, tenant_id: str, account_id: str) -> bool:
        """Whether credentials of an account are stored that can be decrypted: then a part of them may be replaced.

        Raises:
            CallerError: there is no such account.
        """
        return (await self._before(tenant_id, account_id)).credentials is not None

    async def enable(
        self, tenant_id: str, account_id: str, given: Mapping[str, Any], *, keeps: bool = False
    ) -> tuple[AccountRecord, Integration]:
        """Enable an account's integration with credentials that the bank has accepted, or start a consent flow.

        Args:
            tenant_id: whose account it is.
            account_id: the account.
            given: the filled-in form.
            keeps: whether fields that are not filled in stay as they are stored.

        Raises:
            CallerError: there is no such account, or the credentials do not have the bank's form.
            BankFailure: the bank refuses them, or is paused; the integration stays as it was.
        """
        record = await self._accounts.account(tenant_id, account_id)
        opened = await self._bundles.opened(record.bank, given)
        async with self._changes.one(account_id):
            before = await self._before(tenant_id, account_id)
            contract, now = contract_kept(record.bank), self._clock.now()
            await check_paused(self._pauses, record, now, enrolling=not before.enabled)
            values = laid_over(contract, before.credentials, opened.values) if keeps else opened.values
            credentials, expires = await CHECKS.run(check_credentials, contract, values, now, opened.refused)
            async with self._changes.one(*self._integrations.claims(record, credentials)):
                await self._integrations.check_name(record, credentials)
                if flow := self._flows.started(self._at_banks.account(record, credentials), contract, now):
                    kept = await self._integrations.start_consent(tenant_id, account_id, flow.kept)
                    return record, flow.shown(kept)
                integration, slot = await self._verification.verified(record, before, credentials, expires)
                writing = self._integrations.enable(record, integration, slot)
                await to_the_end(self._write(writing, account_id if slot is not None else None))
                return record, integration

    async def authorise(self, returned: Returned) -> tuple[AccountRecord, Integration]:
        """End a consent flow: redeem the code, verify with one small read, enable.

        A passing failure of the bank after it has given its token does not undo the account holder's consent. Neither a
        pause nor a bank that is not installed uses up the flow.

        Raises:
            Unfinished: there is no such flow, or it did not end well.
            CallerError: `credentials_in_use`; the code was not sent to the bank.
            BankFailure: the bank refuses the code or the credentials, or is paused.
        """
        account = await self._flows.account_of(returned.state)
        async with self._changes.one(account.id):
            before = await self._before(account.tenant_id, account.id)
            await check_paused(self._pauses, account, self._clock.now(), enrolling=not before.enabled)
            contract_kept(account.bank)
            pending = await self._flows.take(account, returned.state)
            async with (
                self._flows.ending(pending, self._clock.now()),
                self._changes.one(*self._integrations.claims(account, pending.credentials)),
            ):
                return account, await self._redeemed(pending, returned)

    async def _redeemed(self, pending: PendingConsent, returned: Returned) -> Integration:
        """Redeem the code of a consent flow; give the integration, enabled.

        Raises:
            Unfinished: the browser brought no code.
            CallerError: `credentials_in_use`; the bank was not asked.
            BankFailure: the bank refuses the code or the credentials.
        """
        record, now = pending.record, self._clock.now()
        contract = contract_kept(record.bank)
        credentials = redeemable(pending, returned, contract.issuer(self._at_banks.environment), now)
        await self._integrations.check_name(record, credentials)
        integration, slot = await self._verification.verified_after_consent(record, credentials, now)
        writing = self._integrations.enable(record, integration, slot, consented=True)
        await to_the_end(self._write(writing, record.id))
        return integration

    async def disable(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Disable an account's integration and erase its credentials and tokens; give the account.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self._integrations.disable(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with all that belongs to it; give its last record.

        Raises:
            CallerError: there is no such account.
        """
        async with self._changes.one(account_id):
            record = await self._accounts.remove(tenant_id, account_id)
            self._tokens.forget(account_id)
            return record

    async def integrations(self, tenant_id: str, records: Sequence[AccountRecord]) -> dict[str, Integration]:
        """The integrations of the tenant's accounts as callers see them, by account id, without their credentials."""
        known = await self._integrations.of_accounts(tenant_id, [record.id for record in records])
        now = self._clock.now()
        paused = PausesInForce(await self._pauses.of_accounts(records, now))
        shown = {record.id: expiring.shown(suspension.shown(known[record.id]), now) for record in records}
        return {record.id: paused.shown(record, shown[record.id]) for record in records}

    async def _before(self, tenant_id: str, account_id: str) -> Integration:
        """The integration that new credentials are to replace.

        It comes without its credentials where they, or its token, cannot be decrypted any more: damaged values must not
        prevent their replacement.
        """
        try:
            before = await self._integrations.integration(tenant_id, account_id)
            if before.credentials is not None:
                await self._rows.load(account_id, ACTIVE)
        except VaultError:
            return (await self._integrations.of_accounts(tenant_id, [account_id]))[account_id]
        return before

    async def _write(self, writing: Coroutine[Any, Any, None], account_id: str | None) -> None:
        """Store an integration, and drop from memory the tokens whose rows were promoted with it."""
        await writing
        if account_id is not None:
            self._tokens.forget(account_id)
