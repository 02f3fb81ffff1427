"""The queries. Every one takes the tenant's id and sees only what is that tenant's.

The operator's commands and the rounds of renewals, which see everything, use `everything` and `owner_of` and then ask
as that tenant.

Long because all queries of accounts stand in one place, where each can be seen to ask for the tenant.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.consent import Begun, begin
from gateway.accounts.expiring import told
from gateway.accounts.pauses import PausesInForce, delete_pauses, felt_by_account, pause_of
from gateway.accounts.refusals import Suspicion
from gateway.accounts.suspension import NO_CYCLES, one_cycle_more
from gateway.errors import CallerError
from gateway.limits import FAILED_CYCLES_ALLOWED
from gateway.model import Credentials
from gateway.storage.database import Database
from gateway.storage.day_balances import DayBalances, reseal_balances
from gateway.storage.listing import Cursor
from gateway.storage.names import PURPOSE, check_name, claims, digest_of, fill_names
from gateway.storage.records import (
    ERASED,
    AccountRecord,
    Integration,
    State,
    account_id_of,
    account_of,
    account_row,
    integration_of,
    integration_row,
)
from gateway.storage.remembered import RememberedFailure
from gateway.storage.tables import AccountRow, IntegrationRow, PauseRow, TenantRow
from gateway.storage.tokens import delete_tokens, promote_tokens, reseal_tokens, unbury_tokens
from gateway.storage.vault import Vault, VaultError
from gateway.storage.vault_key import reseal_check

__all__ = ["Store", "account_id_of"]

SEALED = (("sealed", "credentials"), ("authorization_sealed", "authorization"))
"""Columns of an integration that hold sealed values, and what they are."""

KNOWN: Select[AccountRow, IntegrationRow | None, PauseRow | None] = (
    select(AccountRow, IntegrationRow, PauseRow)
    .outerjoin(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
    .outerjoin(PauseRow, felt_by_account(bindparam("now")))
    .where(AccountRow.tenant_id == bindparam("tenant_id"), AccountRow.id == bindparam("account_id"))
)
"""What is looked up for every statement, in one query that is composed once. A row for each pause, or one."""


class Store:
    """Accounts and integrations.

    Args:
        database: where they are.
        vault: seals credentials.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._sessions = database.sessions
        self._vault = vault
        self.balances = DayBalances(database, vault)
        """Closing balances of days that were given."""

    async def find(
        self, tenant_id: str, bank: str, branch: str, number: str, account_id: str | None = None
    ) -> AccountRecord | None:
        """The tenant's account of that number, or the one that has that id in another spelling, or None."""
        named = (AccountRow.bank == bank) & (AccountRow.branch == branch) & (AccountRow.number == number)
        mine = select(AccountRow).where(AccountRow.tenant_id == tenant_id, named | (AccountRow.id == account_id))
        async with self._sessions() as session:
            row = await session.scalar(mine.order_by(case((named, 0), else_=1)).limit(1))
        return account_of(row) if row is not None else None

    async def add(
        self,
        record: AccountRecord,
        integration: Integration | None = None,
        slot: str | None = None,
        *,
        begun: Begun | None = None,
    ) -> None:
        """Register an account, with its integration when there is one, whose token lies in `slot`, or with a journey.

        Raises:
            CallerError: `account_exists` or `credentials_in_use`; the detail names the account.
        """
        try:
            async with self._sessions.begin() as session:
                if record.default:
                    await _unset_defaults(session, record.tenant_id)
                session.add(account_row(record))
                await session.flush()
                if integration is not None:
                    await self._enable(session, record, integration, slot)
                if begun is not None:
                    await begin(session, record.id, begun)
        except IntegrityError as error:
            if integration is not None and integration.credentials is not None:
                await self.check_name(record, integration.credentials)
            raise CallerError("account_exists", f"the account is registered as {record.id}") from error

    def claims(self, record: AccountRecord, credentials: Credentials) -> list[str]:
        """By what the name that these credentials give the account is claimed while it is enabled, in order."""
        return claims(self._vault, record, credentials)

    async def check_name(self, record: AccountRecord, credentials: Credentials) -> None:
        """See that these credentials do not read another account that the tenant has enabled.

        Raises:
            CallerError: `credentials_in_use`; the detail names the account.
        """
        async with self._sessions() as session:
            await check_name(session, self._vault, record, credentials)

    async def fill_names(self) -> None:
        """Give the integrations of an older version the digests of what names their accounts."""
        async with self._sessions.begin() as session:
            await fill_names(session, self._vault)

    async def account(self, tenant_id: str, account_id: str) -> AccountRecord:
        """One account of the tenant.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions() as session:
            return account_of(await _own(session, tenant_id, account_id))

    async def accounts(
        self, tenant_id: str, limit: int, offset: int = 0, after: Cursor | None = None
    ) -> tuple[list[AccountRecord], int, Cursor | None]:
        """A part of the tenant's accounts, oldest first, how many there are in all, and where the list goes on."""
        mine = select(AccountRow).where(AccountRow.tenant_id == tenant_id)
        order = AccountRow.created_at, AccountRow.id
        asked = mine.order_by(*order).limit(limit + 1).offset(offset)
        if after is not None:
            later = AccountRow.created_at > after.created_at
            beside = (AccountRow.created_at == after.created_at) & (AccountRow.id > after.id)
            asked = asked.where(later | beside)
        async with self._sessions() as session:
            found = [account_of(row) for row in await session.scalars(asked)]
            total = await session.scalar(select(func.count()).select_from(mine.subquery()))
        listed = found[:limit]
        return listed, total or 0, Cursor.after(listed[-1]) if len(found) > limit else None

    async def change(
        self, tenant_id: str, account_id: str, *, description: str | None, default: bool | None
    ) -> AccountRecord:
        """Change what is given; a new default takes that from the tenant's other accounts.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions.begin() as session:
            if default:
                await _unset_defaults(session, tenant_id)
            row = await _own(session, tenant_id, account_id)
            if description is not None:
                row.description = description
            if default is not None:
                row.is_default = default
            return account_of(row)

    async def remove(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with its integration, credentials, tokens, seals and pause; what it was.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions.begin() as session:
            row = await _own(session, tenant_id, account_id)
            record = account_of(row)
            await delete_tokens(session, account_id)
            await delete_pauses(session, account_id)
            await session.execute(delete(IntegrationRow).where(IntegrationRow.account_id == account_id))
            await session.delete(row)
        return record

    async def known(
        self, tenant_id: str, account_id: str, now: datetime
    ) -> tuple[AccountRecord, Integration, PausesInForce]:
        """One account of the tenant, its integration as `integration` gives it, and the pauses that it feels.

        Raises:
            CallerError: `unknown_account`.
            VaultError: the credentials do not open.
        """
        asked = {"tenant_id": tenant_id, "account_id": account_id, "now": now}
        async with self._sessions() as session:
            found = (await session.execute(KNOWN, asked)).all()
        if not found:
            raise _unknown()
        account, integration, _ = found[0]
        pauses = PausesInForce(pause_of(pause) for _, _, pause in found if pause is not None)
        return account_of(account), self._opened(account_id, integration), pauses

    async def integration(self, tenant_id: str, account_id: str) -> Integration:
        """The account's integration, opened; a disabled one when it was never enabled.

        Raises:
            CallerError: `unknown_account`.
            VaultError: the credentials do not open.
        """
        async with self._sessions() as session:
            await _own(session, tenant_id, account_id)
            row = await session.get(IntegrationRow, account_id)
        return self._opened(account_id, row)

    async def integrations(self, tenant_id: str, account_ids: Sequence[str]) -> dict[str, Integration]:
        """The integrations of the tenant's accounts, by account id, without their credentials."""
        query = (
            select(IntegrationRow)
            .join(AccountRow, AccountRow.id == IntegrationRow.account_id)
            .where(AccountRow.tenant_id == tenant_id, IntegrationRow.account_id.in_(account_ids))
        )
        async with self._sessions() as session:
            known = {row.account_id: integration_of(row) for row in await session.scalars(query)}
        return {account_id: known.get(account_id, Integration(account_id=account_id)) for account_id in account_ids}

    async def enable(self, tenant_id: str, integration: Integration, slot: str | None) -> None:
        """Put an integration in the place of the former; its token lies in `slot`, or None to keep the token.

        Raises:
            CallerError: `unknown_account`, or `credentials_in_use`.
        """
        record = await self.account(tenant_id, integration.account_id)
        try:
            async with self._sessions.begin() as session:
                await session.execute(delete(IntegrationRow).where(IntegrationRow.account_id == record.id))
                await _own(session, tenant_id, record.id)
                await self._enable(session, record, integration, slot)
        except IntegrityError:
            if integration.credentials is not None:
                await self.check_name(record, integration.credentials)
            raise

    async def begin(self, tenant_id: str, account_id: str, begun: Begun) -> Integration:
        """Keep a consent journey that has begun, and give the integration as it now stands.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions.begin() as session:
            await _own(session, tenant_id, account_id)
            await begin(session, account_id, begun)
        return (await self.integrations(tenant_id, [account_id]))[account_id]

    async def disable(self, tenant_id: str, account_id: str) -> AccountRecord:
        """Erase credentials and tokens of an account, which is answered; what happened before stays known.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions.begin() as session:
            record = account_of(await _own(session, tenant_id, account_id))
            await delete_tokens(session, account_id)
            await session.execute(
                update(IntegrationRow)
                .where(IntegrationRow.account_id == account_id)
                .values(state=State.DISABLED.value, **ERASED)
            )
        return record

    async def succeeded(self, tenant_id: str, seen: Integration, now: datetime) -> None:
        """Note a statement; nothing happens when the integration is no longer the one that was read with."""
        await self._note(
            tenant_id,
            seen,
            state=State.ACTIVE.value,
            last_success_at=now,
            last_failure=None,
            failures_in_a_row=0,
            suspicion=None,
            **NO_CYCLES,
        )

    async def failed(
        self,
        tenant_id: str,
        seen: Integration,
        state: State,
        failure: RememberedFailure,
        *,
        counts: bool = False,
        suspicion: Suspicion | None = None,
    ) -> None:
        """Note a failure, likewise: whether it counts as a failed cycle, and what is suspected because of it."""
        becomes: dict[str, Any] = {"state": state.value, **(one_cycle_more(failure.since) if counts else {})}
        if suspicion is not None:
            becomes["suspicion"] = suspicion.to_json()
        count = IntegrationRow.failures_in_a_row + 1
        await self._note(tenant_id, seen, last_failure=failure.to_json(), failures_in_a_row=count, **becomes)

    async def revive(self, bank: str | None = None, account_id: str | None = None) -> int:
        """Let stopped and suspended integrations, of all tenants or of these, be tried again; how many there were.

        Their credentials are those of before, and refused refresh tokens are sent once more.
        """
        at_rest = (IntegrationRow.state == State.NEEDS_ACTION.value) | IntegrationRow.suspicion.is_not(None)
        failing = IntegrationRow.failed_cycles >= FAILED_CYCLES_ALLOWED
        where: list[ColumnElement[bool]] = [at_rest | failing, IntegrationRow.sealed.is_not(None)]
        if bank is not None:
            where.append(IntegrationRow.account_id.in_(select(AccountRow.id).where(AccountRow.bank == bank)))
        if account_id is not None:
            where.append(IntegrationRow.account_id == account_id)
        async with self._sessions.begin() as session:
            found = (await session.scalars(select(IntegrationRow.account_id).where(*where))).all()
            for revived in found:
                mine = IntegrationRow.account_id == revived
                values = {"state": State.BANK_FAILING.value, "suspicion": None, **NO_CYCLES}
                await session.execute(update(IntegrationRow).where(mine).values(values))
                await unbury_tokens(session, revived)
        return len(found)

    async def everything(
        self, banks: Iterable[str] | None = None, *, now: datetime | None = None
    ) -> list[tuple[str, AccountRecord, State]]:
        """All accounts of all tenants, or those at these banks, with the tenant's name and the integration's state.

        The state is that of the instant `now`, or as it was written down.
        """
        query: Select[AccountRow, str, IntegrationRow | None] = (
            select(AccountRow, TenantRow.name, IntegrationRow)
            .join(TenantRow, TenantRow.id == AccountRow.tenant_id)
            .outerjoin(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
            .order_by(TenantRow.name, AccountRow.created_at, AccountRow.id)
        )
        if banks is not None:
            query = query.where(AccountRow.bank.in_(banks))
        async with self._sessions() as session:
            rows = (await session.execute(query)).all()
        return [(name, account_of(row), _state(known, now)) for row, name, known in rows]

    async def banks(self, most: int) -> dict[str, str]:
        """The banks of the accounts of all tenants, by account id; of the newest, when there are more than `most`."""
        query = select(AccountRow.id, AccountRow.bank).order_by(AccountRow.created_at.desc()).limit(most)
        async with self._sessions() as session:
            return {row.id: row.bank for row in await session.execute(query)}

    async def owner_of(self, account_id: str) -> str:
        """The id of the tenant who registered an account, for the operator.

        Raises:
            CallerError: `unknown_account`.
        """
        async with self._sessions() as session:
            owner = await session.scalar(select(AccountRow.tenant_id).where(AccountRow.id == account_id))
        if owner is None:
            raise _unknown()
        return owner

    async def rotate(self) -> tuple[int, list[str]]:
        """Seal every stored secret anew with the newest key; how many, and what does not open with any key.

        What is damaged stays as it is.
        """
        count, damaged = 0, []
        async with self._sessions.begin() as session:
            for row in (await session.scalars(select(IntegrationRow))).all():
                for column, what in SEALED:
                    if (sealed := getattr(row, column)) is None:
                        continue
                    try:
                        setattr(row, column, self._vault.rotate(sealed))
                        count += 1
                    except VaultError:
                        damaged.append(f"{what} of account {row.account_id}")
            tokens, damaged_tokens = await reseal_tokens(session, self._vault)
            # Balances are sealed too, but they are no secrets that anybody counts.
            await reseal_balances(session, self._vault)
            await fill_names(session, self._vault, anew=True)
            await reseal_check(session, self._vault)
        return count + tokens, damaged + damaged_tokens

    def _opened(self, account_id: str, row: IntegrationRow | None) -> Integration:
        if row is None:
            return Integration(account_id=account_id)
        values = self._vault.open(account_id, PURPOSE, row.sealed) if row.sealed is not None else None
        return integration_of(row, Credentials(values) if values is not None else None)

    async def _note(self, tenant_id: str, seen: Integration, **values: Any) -> None:
        mine = select(AccountRow.id).where(AccountRow.tenant_id == tenant_id)
        statement = (
            update(IntegrationRow)
            .where(
                IntegrationRow.account_id == seen.account_id,
                IntegrationRow.account_id.in_(mine),
                IntegrationRow.enabled_at == seen.enabled_at,
                IntegrationRow.sealed.is_not(None),
            )
            .values(values)
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.begin() as session:
            await session.execute(statement)

    async def _enable(
        self, session: AsyncSession, record: AccountRecord, integration: Integration, slot: str | None
    ) -> None:
        if integration.credentials is None:
            raise TypeError("an integration cannot be enabled without credentials")
        sealed = self._vault.seal(integration.account_id, PURPOSE, integration.credentials.values)
        session.add(integration_row(integration, sealed, digest_of(self._vault, record, integration.credentials)))
        await session.flush()
        if slot is not None:
            await promote_tokens(session, integration.account_id, slot)


async def _own(session: AsyncSession, tenant_id: str, account_id: str) -> AccountRow:
    row = await session.scalar(select(AccountRow).where(AccountRow.id == account_id, AccountRow.tenant_id == tenant_id))
    if row is None:
        raise _unknown()
    return row


def _state(row: IntegrationRow | None, now: datetime | None) -> State:
    if row is None:
        return State.DISABLED
    integration = integration_of(row)
    return (told(integration, now) if now is not None else integration).state


async def _unset_defaults(session: AsyncSession, tenant_id: str) -> None:
    await session.execute(update(AccountRow).where(AccountRow.tenant_id == tenant_id).values(is_default=False))


def _unknown() -> CallerError:
    return CallerError("unknown_account", "there is no account of that id")
