"""What names an account at its bank, as a keyed digest: no account is enabled twice under two names.

Theory of operation. At some banks the typed branch or number does not travel: the bank reads the account of the
credentials, whatever was typed. The contract says what does name the account; of that a digest is kept with an enabled
integration, keyed by the vault and unique within a tenant. The database decides between two that come at once; before
the bank is asked, the first of them claims the name (`gateway.accounts.changes`), so that the other spends nothing. The
digest goes when the credentials are erased.
"""

from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import contracts
from gateway.client import names_of
from gateway.errors import CallerError
from gateway.model import Credentials
from gateway.storage.records import AccountRecord, account_of
from gateway.storage.tables import AccountRow, IntegrationRow
from gateway.storage.vault import Vault, VaultError

__all__ = ["check_name", "claims", "digest_of", "fill_names"]

PURPOSE = "credentials"

log = structlog.get_logger("gateway.accounts")


def digest_of(vault: Vault, record: AccountRecord, credentials: Credentials) -> str:
    """The digest that is kept, made with the newest key."""
    return _digests(vault, record, credentials)[0]


def claims(vault: Vault, record: AccountRecord, credentials: Credentials) -> list[str]:
    """By what a change claims the name: its digests by all of the vault's keys, of which another process may have some.

    In order, and as long as the id of an account, beside which they stand.
    """
    return sorted(digest[: len(record.id)] for digest in _digests(vault, record, credentials))


async def check_name(session: AsyncSession, vault: Vault, record: AccountRecord, credentials: Credentials) -> None:
    """See that no other enabled account of the tenant has the name of this one, by any of the vault's keys.

    Raises:
        CallerError: `credentials_in_use`; the detail names the account that has it.
    """
    query = (
        select(IntegrationRow.account_id)
        .join(AccountRow, AccountRow.id == IntegrationRow.account_id)
        .where(
            AccountRow.tenant_id == record.tenant_id,
            IntegrationRow.name_digest.in_(_digests(vault, record, credentials)),
            IntegrationRow.account_id != record.id,
        )
    )
    if (other := await session.scalar(query)) is not None:
        detail = f"these credentials read an account that is registered already, as {other}"
        raise CallerError("credentials_in_use", detail, bank=record.bank)


async def fill_names(session: AsyncSession, vault: Vault, *, anew: bool = False) -> None:
    """Give enabled integrations their digests: those that have none, or all of them `anew`, with the newest key.

    Where two have one name the one registered first keeps it; the other is left as it is, with a line in the log.
    """
    query = (
        select(AccountRow, IntegrationRow)
        .join(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
        .where(IntegrationRow.sealed.is_not(None))
        .order_by(AccountRow.created_at, AccountRow.id)
    )
    if not anew:
        query = query.where(IntegrationRow.name_digest.is_(None))
    rows = [(account, row) for account, row in await session.execute(query) if account.bank in contracts.banks()]
    taken: dict[str, str] = {}
    if not anew and rows:
        named = select(IntegrationRow.name_digest, IntegrationRow.account_id).where(
            IntegrationRow.name_digest.is_not(None)
        )
        taken = {str(digest): account_id for digest, account_id in await session.execute(named)}
    given = _names(vault, rows, taken)
    for _, row in rows:
        row.name_digest = None
    await session.flush()
    for _, row in rows:
        row.name_digest = given.get(row.account_id)


def _names(vault: Vault, rows: Iterable[tuple[AccountRow, IntegrationRow]], taken: dict[str, str]) -> dict[str, str]:
    """The digests of integrations by account id, without those whose name another has."""
    given: dict[str, str] = {}
    for account, row in rows:
        try:
            credentials = Credentials(vault.open(account.id, PURPOSE, row.sealed or ""))
        except VaultError:
            # Whoever uses the integration learns of it; here it only means that nothing can be compared.
            continue
        # By every key: the other may have got its digest when another key was the newest.
        digests = _digests(vault, account_of(account), credentials)
        if (other := next((taken[digest] for digest in digests if digest in taken), None)) is None:
            given[account.id] = digests[0]
            taken[digests[0]] = account.id
        else:
            log.warning("account_enabled_twice", bank=account.bank, account=account.id, other_account=other)
    return given


def _digests(vault: Vault, record: AccountRecord, credentials: Credentials) -> tuple[str, ...]:
    names = names_of(contracts.load(record.bank), record, credentials)
    return vault.fingerprints(record.tenant_id, ["account", record.bank, *names])
