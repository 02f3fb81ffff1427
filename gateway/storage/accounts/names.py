"""The name of an account at its bank, as a keyed digest, so that no account is enabled twice under two spellings.

Theory of operation. At some banks requests do not contain the typed branch or number: the bank reads the account of the
credentials, whatever was typed. The contract lists the fields that name the account. A digest of these fields, keyed by
the vault and unique within a tenant, is stored with an enabled integration. The database decides between two that are
enabled at once; before the bank is asked, the first of them claims the name (`gateway.accounts.changes`), so that the
other spends no refresh token. The digest is erased with the credentials.
"""

from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

import contracts
from gateway.errors import CallerError
from gateway.model import Credentials
from gateway.quotas.clients import names_of
from gateway.storage.accounts.records import AccountRecord, account_of
from gateway.storage.accounts.tables import AccountRow, IntegrationRow
from gateway.storage.encryption.vault import Vault, VaultError

__all__ = ["check_name", "claims", "digest_of", "fill_names"]

PURPOSE = "credentials"

log = structlog.get_logger("gateway.accounts")


def digest_of(vault: Vault, record: AccountRecord, credentials: Credentials) -> str:
    """The digest to store, made with the newest key."""
    return _digests(vault, record, credentials)[0]


def claims(vault: Vault, record: AccountRecord, credentials: Credentials) -> list[str]:
    """The keys of a claim of the name: its digests by each of the vault's keys, as processes may differ in the newest.

    They are sorted, and cut to the length of an account id, as both are stored in one column.
    """
    return sorted(digest[: len(record.id)] for digest in _digests(vault, record, credentials))


def check_name(session: Session, vault: Vault, record: AccountRecord, credentials: Credentials) -> None:
    """Check that no other enabled account of the tenant has the name of this one, by any of the vault's keys.

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
    if (other := session.scalar(query)) is not None:
        detail = f"these credentials read an account that is registered already, as {other}"
        raise CallerError("credentials_in_use", detail, bank=record.bank, account_id=other)


def fill_names(session: Session, vault: Vault, *, anew: bool = False) -> None:
    """Store the digests of enabled integrations with the newest key: of those that have none, or `anew` of all.

    Where two have one name, the account that was registered first gets the digest; the other gets none, which is
    logged.
    """
    query = (
        select(AccountRow, IntegrationRow)
        .join(IntegrationRow, IntegrationRow.account_id == AccountRow.id)
        .where(IntegrationRow.sealed.is_not(None))
        .order_by(AccountRow.created_at, AccountRow.id)
        # None is replaced with other credentials meanwhile.
        .with_for_update(of=IntegrationRow, key_share=True)
    )
    if not anew:
        query = query.where(IntegrationRow.name_digest.is_(None))
    rows = [(account, row) for account, row in session.execute(query) if account.bank in contracts.banks()]
    taken: dict[str, str] = {}
    if not anew and rows:
        named = select(IntegrationRow.name_digest, IntegrationRow.account_id).where(
            IntegrationRow.name_digest.is_not(None)
        )
        taken = {str(digest): account_id for digest, account_id in session.execute(named)}
    given = _names(vault, rows, taken)
    for _, row in rows:
        row.name_digest = None
    session.flush()
    for _, row in rows:
        row.name_digest = given.get(row.account_id)


def _names(vault: Vault, rows: Iterable[tuple[AccountRow, IntegrationRow]], taken: dict[str, str]) -> dict[str, str]:
    """The digests of integrations by account id, without those whose name another account has."""
    given: dict[str, str] = {}
    for account, row in rows:
        try:
            credentials = Credentials(vault.decrypt(account.id, PURPOSE, row.sealed or ""))
        except VaultError:
            # A use of the integration reports the error; here its name just cannot be compared.
            continue
        # By every key: the other's digest may have been made when another key was the newest.
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
