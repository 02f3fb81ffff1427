"""The composition of what an application and a command work with: every part is built here, and nowhere else."""

import random
import ssl

from msgspec import Struct

from gateway.accounts.bank_health import BankHealths
from gateway.accounts.changes import Changes
from gateway.accounts.checks import Checks
from gateway.accounts.connect.enabling import Connecting
from gateway.accounts.connect.sessions import Connect
from gateway.accounts.consent import ConsentFlows
from gateway.accounts.continuity import Continuity
from gateway.accounts.entry_changes import EntryChanges
from gateway.accounts.key_management import KeyManagement
from gateway.accounts.keys import Keys
from gateway.accounts.leases import Leases
from gateway.accounts.operations import Operations
from gateway.accounts.readings import Readings
from gateway.accounts.renewals import Renewals
from gateway.accounts.service import Service
from gateway.accounts.stored import StoredAnswers
from gateway.accounts.tokens import Tokens
from gateway.accounts.verification import Verification
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock, SystemClock
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.importing.states import ImportStates
from gateway.limits import IMPORT_SPREAD_SECONDS, RETENTION_DAYS
from gateway.pages.accounts.sessions import PanelSessions
from gateway.statement import Line, StatementReader
from gateway.storage.accounts import Accounts
from gateway.storage.all_tenants import AllTenants
from gateway.storage.api_keys import ApiKeys
from gateway.storage.audit import AllActions, Audit
from gateway.storage.changes import ChangeRows
from gateway.storage.connect_sessions import ConnectSessions
from gateway.storage.connect_settings import ConnectSettingsTable
from gateway.storage.consents import Consents
from gateway.storage.database import Database
from gateway.storage.day_balances import DayBalances
from gateway.storage.day_digests import DayDigests
from gateway.storage.deliveries import Deliveries
from gateway.storage.due_imports import DueImports
from gateway.storage.holders import Holders
from gateway.storage.imports import Imports
from gateway.storage.integrations import Integrations
from gateway.storage.kept_entries import KeptEntries
from gateway.storage.outbox import Outbox
from gateway.storage.outcomes import Outcomes
from gateway.storage.pauses import Pauses
from gateway.storage.stored_statements import StoredStatements
from gateway.storage.tenant_imports import TenantImports
from gateway.storage.tenant_keys import TenantKeys
from gateway.storage.tenants import Tenants
from gateway.storage.tokens import TokenRows
from gateway.storage.vault import Vault
from gateway.storage.webhooks import Webhooks
from gateway.webhooks.addresses import Networks
from gateway.webhooks.announcements import Announcements
from gateway.webhooks.registry import Registry
from gateway.webhooks.sender import Sender

__all__ = ["UNSERVED", "Parts", "composed"]

UNSERVED = "http://127.0.0.1:8000"
"""Default address of `gateway serve`, for commands that serve nothing themselves."""


class Parts(Struct, frozen=True):
    """The parts that an application or a command works with."""

    database: Database
    vault: Vault
    clock: Clock
    keys: Keys
    key_management: KeyManagement
    service: Service
    readings: Readings
    renewals: Renewals
    operations: Operations
    health: BankHealths
    entry_changes: EntryChanges
    stored: StoredAnswers
    webhooks: Registry
    announcements: Announcements
    sender: Sender
    imports: DailyImport
    import_states: ImportStates
    holders: Holders
    tenants: Tenants
    audit: Audit
    connect: Connect
    connecting: Connecting
    checks: Checks
    all_actions: AllActions
    panel_sessions: PanelSessions


def composed(
    database: Database,
    vault: Vault,
    line: Line,
    clock: Clock,
    tokens: Tokens,
    *,
    all_tenants: AllTenants | None = None,
    changes: Changes | None = None,
    public_url: str = UNSERVED,
    environment: str = "production",
    page_size: int = 0,
    deadline: float = 120.0,
    retention_days: int = RETENTION_DAYS,
    leases: Leases | None = None,
    webhook_networks: Networks = (),
    import_spread_seconds: float = IMPORT_SPREAD_SECONDS,
) -> Parts:
    """All parts, each built once and given what it needs; nothing is opened.

    Args:
        database: where everything is stored.
        vault: seals credentials and tokens.
        line: carries requests to banks.
        clock: gives the present instant.
        tokens: provides the tokens of enabled integrations; the caller closes it.
        all_tenants: replaces the ordinary one in tests.
        changes: replaces the ordinary one in tests.
        public_url: the address at which browsers reach this gateway.
        environment: which of each bank's environments is called.
        page_size: entries to ask for in one page; 0 for the largest each bank accepts.
        deadline: seconds after which a statement is given up.
        retention_days: how many days back entries and statements are kept.
        leases: of all processes that share the database; None where this is the only one.
        webhook_networks: networks of webhooks that are allowed although they are not public.
        import_spread_seconds: time after a bank's hour over which its first imports are spread.
    """
    accounts, integrations = Accounts(database, vault), Integrations(database, vault)
    all_tenants = all_tenants or AllTenants(database, vault)
    changes = changes or Changes(ChangeRows(database))
    pauses, digests, rows = Pauses(database), DayDigests(database), TokenRows(database, vault)
    outbox, audit, bundles = Outbox(database, vault), Audit(database), Bundles()
    trials = tokens.trial()
    reader = StatementReader(line, tokens, clock, page_size=page_size, deadline=deadline)
    trial_reader = StatementReader(line, trials, clock, page_size=page_size, deadline=deadline)
    health = BankHealths(pauses)
    continuity = Continuity(DayBalances(database, vault), digests, reader)
    kept = KeptEntries(database, vault, retention_days)
    changes_of_entries = EntryChanges(kept, accounts, integrations)
    stored = StoredAnswers(StoredStatements(database, vault), all_tenants, retention_days)
    readings = Readings(
        integrations,
        Outcomes(database, vault),
        all_tenants,
        tokens,
        digests,
        continuity,
        changes_of_entries,
        stored,
        health,
        reader,
        clock,
        environment=environment,
        leases=leases,
    )
    service = Service(
        accounts=accounts,
        integrations=integrations,
        rows=rows,
        pauses=pauses,
        tokens=tokens,
        flows=ConsentFlows(Consents(database, vault), public_url),
        verification=Verification(reader, trial_reader, trials, rows, readings, health, audit, clock),
        readings=readings,
        changes=changes,
        bundles=bundles,
        clock=clock,
        environment=environment,
    )
    connect = Connect(
        ConnectSessions(database, vault), ConnectSettingsTable(database), service, SystemClock(), public_url
    )
    return Parts(
        database=database,
        vault=vault,
        clock=clock,
        keys=Keys(ApiKeys(database)),
        key_management=KeyManagement(TenantKeys(database), clock),
        service=service,
        readings=readings,
        renewals=Renewals(all_tenants, integrations, rows, changes, pauses, readings, reader, clock),
        operations=Operations(all_tenants, accounts, pauses, clock),
        health=health,
        entry_changes=changes_of_entries,
        stored=stored,
        webhooks=Registry(Webhooks(database, vault), Deliveries(database), SystemClock(), webhook_networks),
        announcements=Announcements(outbox, SystemClock()),
        sender=Sender(
            outbox,
            SystemClock(),
            ssl.create_default_context,
            random.SystemRandom().random,
            webhook_networks,
        ),
        imports=DailyImport(
            DueImports(database),
            AccountImport(Imports(database), kept, readings, clock),
            clock,
            spread_seconds=import_spread_seconds,
        ),
        import_states=ImportStates(TenantImports(database), clock),
        holders=Holders(database),
        tenants=Tenants(database),
        audit=audit,
        connect=connect,
        connecting=Connecting(connect, service, readings, clock),
        checks=Checks(accounts, bundles, clock),
        all_actions=AllActions(database),
        # A session lasts as long as the person's own clock says.
        panel_sessions=PanelSessions(vault, SystemClock()),
    )
