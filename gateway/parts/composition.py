"""Every part is built here once, and nowhere else."""

import random
import ssl

from msgspec import Struct

from gateway.accounts.access.renewals import Renewals
from gateway.accounts.changes import Changes
from gateway.accounts.connect.enabling import Enabling
from gateway.accounts.connect.sessions import ConnectSessions
from gateway.accounts.enrolment.authorising import Authorising
from gateway.accounts.enrolment.checks import Checks
from gateway.accounts.enrolment.consent import ConsentFlows
from gateway.accounts.enrolment.enrolling import Enrolment
from gateway.accounts.enrolment.replacement import Replacement
from gateway.accounts.enrolment.verification import Verification
from gateway.accounts.keys.api_keys import Keys
from gateway.accounts.keys.management import KeyManagement
from gateway.accounts.reading.readings import Readings
from gateway.accounts.recording.entry_changes import EntryChanges
from gateway.accounts.recording.stored import StoredAnswers
from gateway.accounts.registered.accounts import RegisteredAccounts
from gateway.accounts.registered.operations import Operations
from gateway.accounts.registered.removal import Removal
from gateway.accounts.states.bank_health import BankHealths
from gateway.certificates.pkcs12 import Bundles
from gateway.clock import Clock, SystemClock
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.importing.states import ImportStates
from gateway.pages.accounts.sessions import PanelSessions
from gateway.parts.given import Options, Resources
from gateway.parts.reading import Reading, reader_with
from gateway.parts.tables import Tables
from gateway.storage.accounts.consents import Consents
from gateway.storage.accounts.holders import Holders
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
from gateway.storage.webhooks.deliveries import Deliveries
from gateway.storage.webhooks.registry import Webhooks
from gateway.webhooks.announcements import Announcements
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
    removal: Removal
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
    connect_sessions: ConnectSessions
    enabling: Enabling
    checks: Checks
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
    tables = Tables.over(resources, options, all_tenants)
    changes = changes or Changes(ChangeRows(database))
    reading = Reading.over(resources, options, tables)
    bundles = Bundles()
    registered = RegisteredAccounts(tables.accounts, tables.integrations, tables.pauses, clock)
    flows = ConsentFlows(Consents(database, vault), reading.at_banks, options.public_url)
    replacement = _replacement(resources, options, tables, reading)
    enrolment = Enrolment(
        accounts=tables.accounts,
        integrations=tables.integrations,
        pauses=tables.pauses,
        bundles=bundles,
        flows=flows,
        replacement=replacement,
        look_ups=reading.look_ups,
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
        authorising=Authorising(flows, tables.integrations, tables.pauses, replacement, changes, clock),
        removal=Removal(tables.accounts, tables.integrations, resources.tokens, changes),
        readings=reading.readings,
        renewals=Renewals(
            tables.all_tenants,
            tables.integrations,
            tables.tokens,
            changes,
            tables.pauses,
            reading.recording,
            reading.at_banks,
            reading.reader,
            clock,
        ),
        operations=Operations(tables.all_tenants, tables.accounts, tables.pauses, clock),
        health=reading.health,
        entry_changes=reading.entry_changes,
        stored=reading.stored,
        webhooks=Registry(Webhooks(database, vault), Deliveries(database), wall, options.webhook_networks),
        announcements=Announcements(tables.outbox, wall),
        sender=Sender(
            tables.outbox, wall, ssl.create_default_context, random.SystemRandom().random, options.webhook_networks
        ),
        imports=DailyImport(
            DueImports(database),
            AccountImport(Imports(database), tables.entries, reading.readings, due_by, clock),
            due_by,
            spread_seconds=options.import_spread_seconds,
        ),
        import_states=ImportStates(TenantImports(database), due_by),
        holders=Holders(database),
        tenants=Tenants(database),
        audit=tables.audit,
        connect_sessions=connect_sessions,
        enabling=Enabling(connect_sessions, enrolment, reading.readings, clock),
        checks=Checks(tables.accounts, bundles, clock),
        all_actions=AllActions(database),
        # A session lasts as long as the person's own clock says.
        panel_sessions=PanelSessions(vault, wall),
    )


def _replacement(resources: Resources, options: Options, tables: Tables, reading: Reading) -> Replacement:
    # Credentials that are tried have tokens of their own until they are enabled.
    trials = resources.tokens.trial()
    verification = Verification(
        reading.reader,
        reader_with(resources, options, trials),
        trials,
        tables.tokens,
        reading.at_banks,
        reading.health,
        tables.audit,
        resources.clock,
    )
    return Replacement(tables.accounts, tables.integrations, tables.tokens, resources.tokens, verification)
