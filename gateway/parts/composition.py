"""Every part is built here once, and nowhere else."""

import random
import ssl

from msgspec import Struct

from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.access.renewals import Renewals
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.changes import Changes
from gateway.accounts.connect.enabling import Enabling
from gateway.accounts.connect.sessions import ConnectSessions
from gateway.accounts.enrolment.authorising import Authorising
from gateway.accounts.enrolment.consent import ConsentFlows
from gateway.accounts.enrolment.enrolling import Enrolment
from gateway.accounts.enrolment.replacement import Replacement
from gateway.accounts.enrolment.verification import Verification
from gateway.accounts.keys.api_keys import Keys
from gateway.accounts.keys.management import KeyManagement
from gateway.accounts.reading.look_ups import LookUps
from gateway.accounts.reading.readings import Readings
from gateway.accounts.recording.continuity import Continuity
from gateway.accounts.recording.entry_changes import EntryChanges
from gateway.accounts.recording.outcomes import Recording
from gateway.accounts.recording.stored import StoredAnswers
from gateway.accounts.registered.accounts import RegisteredAccounts
from gateway.accounts.registered.operations import Operations
from gateway.accounts.states.bank_health import BankHealths
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock, SystemClock
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.importing.states import ImportStates
from gateway.pages.accounts.sessions import PanelSessions
from gateway.parts.given import Options, Resources
from gateway.statement import StatementReader
from gateway.storage.accounts.consents import Consents
from gateway.storage.accounts.holders import Holders
from gateway.storage.accounts.integrations import Integrations
from gateway.storage.accounts.outcomes import Outcomes
from gateway.storage.accounts.pauses import Pauses
from gateway.storage.accounts.registry import Accounts
from gateway.storage.connect.sessions import ConnectSessionsTable
from gateway.storage.connect.settings import ConnectSettingsTable
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.imports.due import DueImports
from gateway.storage.imports.outcomes import Imports
from gateway.storage.imports.states import TenantImports
from gateway.storage.management.all_tenants import AllTenants
from gateway.storage.management.api_keys import ApiKeys
from gateway.storage.management.audit import AllActions, Audit
from gateway.storage.management.tenant_keys import TenantKeys
from gateway.storage.management.tenants import Tenants
from gateway.storage.shared.changes import ChangeRows
from gateway.storage.shared.tokens import TokenRows
from gateway.storage.statements.day_balances import DayBalances
from gateway.storage.statements.day_digests import DayDigests
from gateway.storage.statements.kept_entries import KeptEntries
from gateway.storage.statements.stored import StoredStatements
from gateway.storage.webhooks.deliveries import Deliveries
from gateway.storage.webhooks.outbox import Outbox
from gateway.storage.webhooks.registry import Webhooks
from gateway.webhooks.registry import Registry
from gateway.webhooks.sender import Sender

__all__ = ["Parts", "composed"]


class Parts(Struct, frozen=True):
    """The parts that an application or a command works with."""

    database: Database
    vault: Vault
    clock: Clock
    keys: Keys
    key_management: KeyManagement
    registered: RegisteredAccounts
    enrolment: Enrolment
    authorising: Authorising
    readings: Readings
    renewals: Renewals
    all_tenants: AllTenants
    operations: Operations
    health: BankHealths
    entry_changes: EntryChanges
    stored: StoredAnswers
    webhooks: Registry
    outbox: Outbox
    sender: Sender
    imports: DailyImport
    import_states: ImportStates
    holders: Holders
    tenants: Tenants
    audit: Audit
    connect_sessions: ConnectSessions
    enabling: Enabling
    all_actions: AllActions
    panel_sessions: PanelSessions


def composed(
    resources: Resources,
    options: Options | None = None,
    *,
    all_tenants: AllTenants | None = None,
    changes: Changes | None = None,
) -> Parts:
    """All parts, each built once and given what it needs; nothing is opened.

    Args:
        resources: what all are built on.
        options: what the operator has chosen; the ordinary without it.
        all_tenants: replaces the ordinary one in tests.
        changes: replaces the ordinary one in tests.
    """
    options = options or Options()
    database, vault, clock, wall = resources.database, resources.vault, resources.clock, resources.database.clock
    # Machines whose clocks are days apart would each import what another has done; one that is simulated is shared.
    due_by = wall if isinstance(clock, SystemClock) else clock

    accounts, integrations, pauses = Accounts(database, vault), Integrations(database, vault), Pauses(database)
    all_tenants = all_tenants or AllTenants(database, vault)
    token_rows, digests = TokenRows(database, vault), DayDigests(database)
    audit, outbox = Audit(database), Outbox(database, vault)
    entries = KeptEntries(database, vault, options.retention_days)

    reader = _reader(resources, options, resources.tokens)
    health = BankHealths(pauses)
    entry_changes = EntryChanges(entries, accounts, integrations)
    stored = StoredAnswers(StoredStatements(database, vault), all_tenants, options.retention_days)
    continuity = Continuity(DayBalances(database, vault), digests)
    look_ups = LookUps(integrations, all_tenants, clock)
    at_banks = AccountsAtBanks(options.environment)
    recording = Recording(Outcomes(database, vault), digests, continuity, entry_changes, stored, reader, health, clock)
    readings = Readings(look_ups, reader, stored, recording, at_banks, clock, resources.leases)

    changes = changes or Changes(ChangeRows(database))
    registered = RegisteredAccounts(accounts, integrations, pauses, resources.tokens, changes, clock)
    flows = ConsentFlows(Consents(database, vault), at_banks, options.public_url)
    # Credentials that are tried have tokens of their own until they are enabled.
    trials = resources.tokens.trial()
    trial_reader = _reader(resources, options, trials)
    verification = Verification(reader, trial_reader, trials, token_rows, at_banks, health, audit, clock)
    replacement = Replacement(accounts, integrations, token_rows, resources.tokens, verification)
    enrolment = Enrolment(
        accounts=accounts,
        integrations=integrations,
        pauses=pauses,
        bundles=Bundles(),
        flows=flows,
        replacement=replacement,
        look_ups=look_ups,
        changes=changes,
        clock=clock,
    )
    connect_sessions = ConnectSessions(
        ConnectSessionsTable(database, vault), ConnectSettingsTable(database), registered, wall, options.public_url
    )
    return Parts(
        database=database,
        vault=vault,
        clock=clock,
        keys=Keys(ApiKeys(database)),
        key_management=KeyManagement(TenantKeys(database), clock),
        registered=registered,
        enrolment=enrolment,
        authorising=Authorising(flows, integrations, pauses, replacement, changes, clock),
        readings=readings,
        renewals=Renewals(all_tenants, integrations, token_rows, changes, pauses, recording, at_banks, reader, clock),
        all_tenants=all_tenants,
        operations=Operations(all_tenants, accounts, pauses, clock),
        health=health,
        entry_changes=entry_changes,
        stored=stored,
        webhooks=Registry(Webhooks(database, vault), Deliveries(database), wall, options.webhook_networks),
        outbox=outbox,
        sender=Sender(outbox, wall, ssl.create_default_context, random.SystemRandom().random, options.webhook_networks),
        imports=DailyImport(
            DueImports(database),
            AccountImport(Imports(database), entries, readings, due_by, clock),
            due_by,
            spread_seconds=options.import_spread_seconds,
        ),
        import_states=ImportStates(TenantImports(database), due_by),
        holders=Holders(database),
        tenants=Tenants(database),
        audit=audit,
        connect_sessions=connect_sessions,
        enabling=Enabling(connect_sessions, enrolment, readings, clock),
        all_actions=AllActions(database),
        # A session lasts as long as the person's own clock says.
        panel_sessions=PanelSessions(vault, wall),
    )


def _reader(resources: Resources, options: Options, tokens: Tokens) -> StatementReader:
    return StatementReader(
        resources.line, tokens, resources.clock, page_size=options.page_size, deadline=options.deadline
    )
