"""The tables that several parts work with."""

from msgspec import Struct

from gateway.parts.given import Options, Resources
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.registry import Accounts
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.management.audit import Audit
from gateway.storage.shared.tokens import TokenRows
from gateway.storage.statements.day_digests import DayDigests
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.webhooks.outbox import Outbox

__all__ = ["Tables"]


class Tables(Struct, frozen=True):
    """The tables that several parts work with, one of each."""

    accounts: Accounts
    integrations: Integrations
    all_tenants: AllTenants
    pauses: Pauses
    digests: DayDigests
    tokens: TokenRows
    entries: KeptEntries
    outbox: Outbox
    audit: Audit

    @classmethod
    def over(cls, resources: Resources, options: Options, all_tenants: AllTenants | None) -> "Tables":
        """Each table over the database; `all_tenants` replaces the ordinary one."""
        database, vault = resources.database, resources.vault
        return cls(
            accounts=Accounts(database, vault),
            integrations=Integrations(database, vault),
            all_tenants=all_tenants or AllTenants(database, vault),
            pauses=Pauses(database),
            digests=DayDigests(database),
            tokens=TokenRows(database, vault),
            entries=KeptEntries(database, vault, options.retention_days),
            outbox=Outbox(database, vault),
            audit=Audit(database),
        )
