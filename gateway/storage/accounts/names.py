"""The name of an account at its bank, as a keyed digest, so that no account is enabled twice under two spellings.

Theory of operation. At some banks requests do not contain the typed branch or number: the bank reads the account of the
credentials, whatever was typed. The contract lists the fields that name the account. A digest of these fields, keyed by
the vault and unique within a tenant, is stored with an enabled integration. The database decides between two that are
enabled at once; before the bank is asked, the first of them claims the name (`gateway.accounts.changes`), so that the
other spends no refresh token. The digest is erased with the credentials.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, select, update

import contracts
from gateway.errors import CallerError
from gateway.model import Credentials
from gateway.quotas.clients import names_of
from gateway.storage.accounts.records import AccountRecord, account_of
from gateway.storage.accounts.tables import ACCOUNTS, INTEGRATIONS
from gateway.storage.encryption.vault import Vault, VaultError

__all__ = ["check_name", "claims", "digest_of", "fill_names"]

PURPOSE = "credentials"
RENAME = (
    update(INTEGRATIONS)
    .where(INTEGRATIONS.c.account_id == bindparam("of_account"))
    .values(name_digest=bindparam("digest"))
)

log = structlog.get_logger("gateway.accounts")


def digest_of(vault: Vault, record: AccountRecord, credentials: Credentials) -> str:
    """The digest to store, made with the newest key."""
    return _digests(vault, record, credentials)[0]


def claims(vault: Vault, record: AccountRecord, credentials: Credentials) -> list[str]:
    """The keys of a claim of the name: its digests by each of the vault's keys, as processes may differ in the newest.

    They are sorted, and cut to the length of an account id, as both are stored in one column.
    """
    return sorted(digest[: len(record.id)] for digest in _digests(vault, record, credentials))


def check_name(connection: Connection, vault: Vault, record: AccountRecord, credentials: Credentials) -> None:
    """Check that no other enabled account of the tenant has the name of this one, by any of the vault's keys.

    Raises:
        CallerError: `credentials_in_use`; the detail names the account that has it.
    """
    query = (
        select(INTEGRATIONS.c.account_id)
        .join(ACCOUNTS, ACCOUNTS.c.id == INTEGRATIONS.c.account_id)
        .where(
            ACCOUNTS.c.tenant_id == record.tenant_id,
            INTEGRATIONS.c.name_digest.in_(_digests(vault, record, credentials)),
            INTEGRATIONS.c.account_id != record.id,
        )
    )
    if (other := connection.scalar(query)) is not None:
        detail = f"these credentials read an account that is registered already, as {other}"
        raise CallerError("credentials_in_use", detail, bank=record.bank, account_id=other)


def fill_names(connection: Connection, vault: Vault, *, anew: bool = False) -> None:
    """Store the digests of enabled integrations with the newest key: of those that have none, or `anew` of all.

    Where two have one name, the account that was registered first gets the digest; the other gets none, which is
    logged.
    """
    query = (
        select(ACCOUNTS, INTEGRATIONS)
        .join(INTEGRATIONS, INTEGRATIONS.c.account_id == ACCOUNTS.c.id)
        .where(INTEGRATIONS.c.sealed.is_not(None))
        .order_by(ACCOUNTS.c.created_at, ACCOUNTS.c.id)
        # None is replaced with other credentials meanwhile.
        .with_for_update(of=INTEGRATIONS, key_share=True)
    )
    if not anew:
        query = query.where(INTEGRATIONS.c.name_digest.is_(None))
    rows = [row for row in connection.execute(query) if row.bank in contracts.banks()]
    taken: dict[str, str] = {}
    if not anew and rows:
        named = select(INTEGRATIONS.c.name_digest, INTEGRATIONS.c.account_id).where(
            INTEGRATIONS.c.name_digest.is_not(None)
        )
        taken = {str(digest): account_id for digest, account_id in connection.execute(named)}
    given = _names(vault, rows, taken)
    # First of all none has a digest: no two have the same at any time.
    for digests in ({row.account_id: None for row in rows if row.name_digest is not None}, given):
        if digests:
            values = [{"of_account": account_id, "digest": digest} for account_id, digest in digests.items()]
            connection.execute(RENAME, values)


def _names(vault: Vault, rows: Iterable[Row[Any]], taken: dict[str, str]) -> dict[str, str]:
    """The digests of integrations by account id, without those whose name another account has."""
    given: dict[str, str] = {}
    for row in rows:
        try:
            credentials = Credentials(vault.decrypt(row.id, PURPOSE, row.sealed or ""))
        except VaultError:
            # A use of the integration reports the error; here its name just cannot be compared.
            continue
        # By every key: the other's digest may have been made when another key was the newest.
        digests = _digests(vault, account_of(row), credentials)
        if (other := next((taken[digest] for digest in digests if digest in taken), None)) is None:
            given[row.id] = digests[0]
            taken[digests[0]] = row.id
        else:
            log.warning("account_enabled_twice", bank=row.bank, account=row.id, other_account=other)
    return given


def _digests(vault: Vault, record: AccountRecord, credentials: Credentials) -> tuple[str, ...]:
    names = names_of(contracts.load(record.bank), record, credentials)
    return vault.fingerprints(record.tenant_id, ["account", record.bank, *names])
