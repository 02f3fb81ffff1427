"""The table of accounts. Every query names the tenant, and reads and changes only that tenant's rows."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.actions import Action, about
from gateway.errors import CallerError
from gateway.storage.accounts.consents import StartedConsent, start_consent
from gateway.storage.accounts.filters import EVERY, Filter
from gateway.storage.accounts.integrations import insert_integration, own_account, unknown_account
from gateway.storage.accounts.names import check_name
from gateway.storage.accounts.records import AccountRecord, Integration, account_of, account_values
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS, PAUSES, owned
from gateway.storage.engine.listing import Cursor, part_of
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.shared.leases import delete_leases
from gateway.storage.shared.tokens import delete_tokens
from gateway.storage.webhooks.deliveries import delete_pending

__all__ = ["Accounts"]


class Accounts(SealedStore):
    """The table of accounts."""

    @reading
    def find(self, connection: Connection, record: AccountRecord) -> AccountRecord | None:
        """The tenant's account of the same number, or the one with the same id, whose number is spelled otherwise.

        An account whose branch was left out is that of its holder with the same number at any branch. One that an older
        version registered may have other zeros in its branch, and keeps them: ids of entries are made of it.
        """
        row = ACCOUNTS.c
        numbered = (row.bank == record.bank) & (row.number == record.number)
        named = numbered & (func.ltrim(row.branch, "0") == record.branch.lstrip("0"))
        left_out = numbered & (row.holder_tax_id == record.holder_tax_id)
        if record.branch:
            left_out &= row.branch == ""
        mine = select(ACCOUNTS).where(row.tenant_id == record.tenant_id, named | left_out | (row.id == record.id))
        nearest = case((numbered & (row.branch == record.branch), 0), (named, 1), (row.id == record.id, 2), else_=3)
        found = connection.execute(mine.order_by(nearest, row.created_at, row.id).limit(1)).first()
        return account_of(found) if found is not None else None

    async def add(
        self,
        record: AccountRecord,
        integration: Integration | None = None,
        slot: str | None = None,
        *,
        consent: StartedConsent | None = None,
    ) -> None:
        """Register an account: alone, with an integration whose token lies in `slot`, or with a consent flow.

        Raises:
            CallerError: `account_exists` or `credentials_in_use`; the detail names the account, and the field is
                `external_id` when another account has that of this one.
        """

        def adding(connection: Connection) -> None:
            if record.default:
                _unset_defaults(connection, record.tenant_id)
            connection.execute(insert(ACCOUNTS).values(account_values(record)))
            note_action(connection, record.tenant_id, Action.ACCOUNT_REGISTERED, about("account", record.id))
            if integration is not None:
                insert_integration(connection, self._vault, record, integration, slot)
            if consent is not None:
                start_consent(connection, record.tenant_id, record.id, consent)

        try:
            await self._database.transact(adding)
        except IntegrityError as error:
            if integration is not None and (credentials := integration.credentials) is not None:
                await self._database.transact(
                    lambda connection: check_name(connection, self._vault, record, credentials), only_reads=True
                )
            await self.check_external_id(record.tenant_id, record.external_id, record.id)
            detail = f"the account is registered as {record.id}"
            raise CallerError("account_exists", detail, account_id=record.id) from error

    @reading
    def account(self, connection: Connection, tenant_id: str, account_id: str) -> AccountRecord:
        """One account of the tenant.

        Raises:
            CallerError: `unknown_account`.
        """
        return account_of(own_account(connection, tenant_id, account_id))

    @reading
    def page(
        self,
        connection: Connection,
        tenant_id: str,
        now: datetime,
        limit: int,
        offset: int = 0,
        after: Cursor | None = None,
        chosen: Filter = EVERY,
    ) -> tuple[list[AccountRecord], int, Cursor | None]:
        """A part of the tenant's chosen accounts, oldest first, with the number of all of them and the next cursor."""
        mine = chosen.applied(select(ACCOUNTS).where(ACCOUNTS.c.tenant_id == tenant_id), now)
        order = ACCOUNTS.c.created_at, ACCOUNTS.c.id
        rows, following = part_of(connection, mine.offset(offset), order, limit, after)
        total = connection.scalar(select(func.count()).select_from(mine.subquery()))
        return [account_of(row) for row in rows], total or 0, following

    @reading
    def check_external_id(
        self, connection: Connection, tenant_id: str, external_id: str | None, account_id: str
    ) -> None:
        """Check that no other account of the tenant has this id of the caller's.

        Raises:
            CallerError: `account_exists`; the detail names the account.
        """
        same = (ACCOUNTS.c.tenant_id == tenant_id, ACCOUNTS.c.external_id == external_id, ACCOUNTS.c.id != account_id)
        if external_id is not None and (other := connection.scalar(select(ACCOUNTS.c.id).where(*same))) is not None:
            detail = f"`external_id` is that of the account {other}"
            portuguese = "Outra conta já tem este identificador."
            raise CallerError("account_exists", detail, field="external_id", portuguese=portuguese, account_id=other)

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
            CallerError: `unknown_account`, or `account_exists` when another account has that `external_id`.
        """
        given: Mapping[str, str | bool | None] = {"description": description, "is_default": default}
        values: dict[str, str | bool | None] = {name: value for name, value in given.items() if value is not None}
        if not isinstance(external_id, UnsetType):
            values["external_id"] = external_id
        try:
            return await self._change(tenant_id, account_id, values)
        except IntegrityError:
            if not isinstance(external_id, UnsetType):
                await self.check_external_id(tenant_id, external_id, account_id)
            raise

    @transaction
    def _change(
        self, connection: Connection, tenant_id: str, account_id: str, values: Mapping[str, str | bool | None]
    ) -> AccountRecord:
        mine = (ACCOUNTS.c.id == account_id, ACCOUNTS.c.tenant_id == tenant_id)
        columns = ACCOUNTS.c.description, ACCOUNTS.c.is_default, ACCOUNTS.c.external_id
        # Of two changes at once one waits, so that each records what it has changed itself.
        before = connection.execute(select(*columns).where(*mine).with_for_update()).one_or_none()
        if before is None:
            raise unknown_account()
        if values.get("is_default"):
            _unset_defaults(connection, tenant_id)
        if values:
            connection.execute(update(ACCOUNTS).where(*mine).values(values))
        changed = {name for name, value in values.items() if getattr(before, name) != value}
        if changed - {"external_id"}:
            note_action(connection, tenant_id, Action.ACCOUNT_CHANGED, about("account", account_id))
        if "external_id" in changed:
            note_action(connection, tenant_id, Action.ACCOUNT_EXTERNAL_ID_CHANGED, about("account", account_id))
        return account_of(own_account(connection, tenant_id, account_id))

    @transaction
    def remove(self, connection: Connection, tenant_id: str, account_id: str) -> AccountRecord:
        """Remove an account with its integration, credentials, tokens, digests, balances, pause and what is yet to be
        told of it; give the account.

        Raises:
            CallerError: `unknown_account`.
        """
        record = account_of(own_account(connection, tenant_id, account_id))
        delete_tokens(connection, account_id)
        connection.execute(delete(PAUSES).where(PAUSES.c.account_id == account_id))
        delete_leases(connection, account_id)
        mine = owned(INTEGRATIONS.c.account_id, tenant_id, account_id)
        connection.execute(delete(INTEGRATIONS).where(mine))
        removed = delete(ACCOUNTS).where(ACCOUNTS.c.id == account_id, ACCOUNTS.c.tenant_id == tenant_id)
        if not connection.scalars(removed.returning(ACCOUNTS.c.id)).all():
            raise unknown_account()
        # After the account, for whose rows others wait that note an event: no later one comes.
        delete_pending(connection, tenant_id, account_id)
        note_action(connection, tenant_id, Action.ACCOUNT_REMOVED, about("account", account_id))
        return record


def _unset_defaults(connection: Connection, tenant_id: str) -> None:
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.tenant_id == tenant_id).values(is_default=False))
