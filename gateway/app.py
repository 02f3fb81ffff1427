"""The composition root: every part is built here, and nowhere else.

Long because all parts are composed on one page.
"""

import random
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import httpx
import structlog
from litestar import Litestar, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from msgspec import Struct

import contracts
from gateway import __version__, connectors
from gateway.accounts.bank_health import BankHealths
from gateway.accounts.changes import Changes
from gateway.accounts.checks import Checks
from gateway.accounts.connect import Connect
from gateway.accounts.connecting import Connecting
from gateway.accounts.consent import ConsentFlows
from gateway.accounts.continuity import Continuity
from gateway.accounts.entry_changes import EntryChanges
from gateway.accounts.key_management import KeyManagement
from gateway.accounts.keys import Keys
from gateway.accounts.leases import Leases
from gateway.accounts.operations import Operations
from gateway.accounts.pkcs12 import Bundles
from gateway.accounts.readings import Readings
from gateway.accounts.renewals import Renewals, hourly
from gateway.accounts.service import Service
from gateway.accounts.stored import StoredAnswers
from gateway.accounts.tokens import Tokens
from gateway.accounts.verification import Verification
from gateway.api.accounts import AccountController
from gateway.api.audit import AuditController
from gateway.api.authorizations import authorization_callback
from gateway.api.banks import BankController
from gateway.api.connect import ConnectSessionController, ConnectSettingsController
from gateway.api.health import live, metrics_text, ready
from gateway.api.help import HELP_ROUTES
from gateway.api.holders import HolderController
from gateway.api.imports import ImportController
from gateway.api.integrations import IntegrationController
from gateway.api.keys import KeyController
from gateway.api.observing import Observed
from gateway.api.problems import EXCEPTION_HANDLERS, PUBLIC_URL
from gateway.api.rates import rates_of
from gateway.api.requests import authenticated
from gateway.api.statements import StatementController
from gateway.api.webhooks import WebhookController
from gateway.clock import Clock, RemoteClock, SystemClock
from gateway.importing.account import AccountImport
from gateway.importing.daily import DailyImport
from gateway.importing.states import ImportStates
from gateway.importing.working import importing
from gateway.limits import AUDIT_KEPT, CONNECT_KEPT, IMPORT_SPREAD_SECONDS, RETENTION_DAYS
from gateway.pages.accounts.routes import ACCOUNT_ROUTES
from gateway.pages.accounts.sessions import PanelSessions
from gateway.pages.connect.routes import CONNECT_ROUTES
from gateway.settings import Settings
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
from gateway.storage.leases import LeaseRows
from gateway.storage.outbox import Outbox
from gateway.storage.outcomes import Outcomes
from gateway.storage.pauses import Pauses
from gateway.storage.stored_statements import StoredStatements
from gateway.storage.tenant_imports import TenantImports
from gateway.storage.tenant_keys import TenantKeys
from gateway.storage.tenants import Tenants
from gateway.storage.tokens import TokenRows
from gateway.storage.vault import Vault
from gateway.storage.vault_key import verify_key
from gateway.storage.webhooks import Webhooks
from gateway.tracing import exporting
from gateway.webhooks.addresses import Networks
from gateway.webhooks.announcements import Announcements
from gateway.webhooks.registry import Registry
from gateway.webhooks.sender import Sender

__all__ = ["ClosableLine", "Parts", "composed", "create_app", "opened"]

log = structlog.get_logger("gateway.banks")

UNSERVED = "http://127.0.0.1:8000"
"""Default address of `gateway serve`, for commands that serve nothing themselves."""

DESCRIPTION = """
One read-only statement endpoint in front of Brazilian banks.

Every answer that is not a success is an RFC 9457 problem with a stable `code`, who can mend it, and whether and when
trying again makes sense. Money is text with at least two decimals; days are days in Brasília; instants carry their
offset.
"""


TAGS = (
    "Statements",
    "Accounts",
    "Integrations",
    "Imports",
    "Webhooks",
    "Keys",
    "Audit",
    "Connect page",
    "Banks",
    "Help",
    "Operation",
)
"""Groups of operations in the OpenAPI document."""


class ClosableLine(Line, Protocol):
    """A line that is closed in the end."""

    async def aclose(self) -> None:
        """Close all connections."""
        ...


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


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    line: ClosableLine | None = None,
    clock: Clock | None = None,
    workers: int = 1,
    served_at: str = UNSERVED,
) -> AsyncIterator[Parts]:
    """The parts, opened in order and closed in reverse; a given line is closed by the caller.

    Args:
        settings: from `gateway.settings.load`.
        line: carries requests to banks; the real one unless another is given.
        clock: gives the present instant; the machine's, or the simulators', unless another is given.
        workers: processes of this command, of which this is one.
        served_at: the address that the gateway listens on.

    Raises:
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    for each in connectors.quarantined():
        log.warning("bank_quarantined", bank=each.slug, package=each.package, file=each.file, reason=each.reason)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(exporting())
        database = Database(settings.database_url)
        stack.push_async_callback(database.aclose)
        await database.migrate()
        # A file of this machine is shared only by processes of one command; see `docs/waits.md`.
        shared = workers > 1 or not database.embedded
        vault = Vault(settings.secret_keys.values)
        await verify_key(database, vault)
        if clock is None:
            clock = await _clock(settings, stack)
        if line is None:
            # Only here: a caller that brings its own line does not need ours.
            from gateway.line import open_line  # noqa: PLC0415
            from gateway.storage.holds import Holds  # noqa: PLC0415
            from gateway.storage.quotas import Quotas  # noqa: PLC0415

            # Where the banks' time is simulated, their limits are counted in it; else by the machine's clock.
            quotas = Quotas(database, vault, wall=clock if isinstance(clock, RemoteClock) else None)
            stack.push_async_callback(quotas.aclose)
            holds = None
            if shared:
                free = [bank for bank in connectors.banks() if not contracts.load(bank).limited]
                holds = await stack.enter_async_context(Holds(database, vault, quotas, free).watched())
            line = open_line(settings, clock, quotas, holds)
            stack.push_async_callback(line.aclose)
        tokens = Tokens(TokenRows(database, vault), clock)
        # Closed before the line: a renewal under way still needs it.
        stack.push_async_callback(tokens.aclose)
        parts = composed(
            database,
            vault,
            line,
            clock,
            tokens,
            public_url=settings.public_url or served_at,
            environment=settings.environment,
            page_size=settings.page_size,
            deadline=settings.statement_deadline,
            retention_days=settings.retention_days,
            leases=Leases(LeaseRows(database, vault)) if shared else None,
            webhook_networks=settings.webhook_networks,
            # A simulated clock jumps; what is spread over an hour of the machine's time would come too late for it.
            import_spread_seconds=0 if settings.clock_url else IMPORT_SPREAD_SECONDS,
        )
        stack.push_async_callback(parts.keys.aclose)
        # Closed before the tokens: a reading under way still needs them.
        stack.push_async_callback(parts.readings.aclose)
        # Closed before the readings, which they use.
        stack.push_async_callback(parts.connecting.aclose)
        await parts.renewals.tidy()
        await parts.operations.fill_names()
        await parts.readings.learn()
        yield parts


def create_app(
    settings: Settings,
    *,
    line: ClosableLine | None = None,
    clock: Clock | None = None,
    workers: int = 1,
    served_at: str = UNSERVED,
) -> Litestar:
    """The application; nothing is opened before its lifespan begins.

    Args:
        settings: from `gateway.settings.load`.
        line: carries requests to banks; the real one unless another is given.
        clock: gives the present instant; the machine's, or the simulators', unless another is given.
        workers: processes that serve at the same address, of which this is one.
        served_at: the address that the gateway listens on.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with opened(settings, line=line, clock=clock, workers=workers, served_at=served_at) as parts:
            app.state.update({name: getattr(parts, name) for name in parts.__struct_fields__})
            refresh = parts.clock.refresh if isinstance(parts.clock, RemoteClock) else None
            app.state["refresh_clock"] = refresh
            app.state["rates"] = rates_of(settings)
            app.state[PUBLIC_URL] = settings.public_url or ""

            async def each_hour() -> None:
                # Whatever becomes of the others, the last is done: tokens end that are not renewed.
                try:
                    await parts.announcements.announce_expiries(parts.clock.now())
                    await parts.stored.tidy(parts.clock.now())
                    await parts.all_actions.purge(SystemClock().now() - AUDIT_KEPT)
                    await parts.operations.purge_connect(SystemClock().now(), SystemClock().now() - CONNECT_KEPT)
                finally:
                    await parts.renewals.keep_alive()

            async with AsyncExitStack() as stack:
                await stack.enter_async_context(hourly(each_hour, parts.clock, refresh=refresh))
                await stack.enter_async_context(parts.sender.running())
                if settings.daily_import:
                    importer = importing(parts.imports, parts.clock, settings, refresh=refresh)
                    await stack.enter_async_context(importer)
                yield

    controllers = [
        StatementController,
        AccountController,
        HolderController,
        IntegrationController,
        BankController,
        WebhookController,
        KeyController,
        ImportController,
        AuditController,
        ConnectSessionController,
        ConnectSettingsController,
    ]
    app = Litestar(
        [
            Router("/v1", route_handlers=controllers, guards=[authenticated], security=[{"apiKey": []}]),
            authorization_callback,
            *HELP_ROUTES,
            *ACCOUNT_ROUTES,
            *CONNECT_ROUTES,
            live,
            ready,
            metrics_text,
        ],
        lifespan=[lifespan],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=_openapi(),
        request_max_body_size=settings.body_limit,
        # Our own lines are written by `Observed`, and exceptions by the handlers of problems.
        logging_config=None,
    )
    app.asgi_handler = Observed(app.asgi_handler)
    return app


def _openapi() -> OpenAPIConfig:
    scheme = SecurityScheme(
        type="http", scheme="bearer", description="An API key, as printed by `gateway keys create NAME`."
    )
    return OpenAPIConfig(
        title="extrato",
        version=__version__,
        description=DESCRIPTION.strip(),
        components=Components(security_schemes={"apiKey": scheme}),
        use_handler_docstrings=True,
        tags=[Tag(name=name) for name in TAGS],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_no_html),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


async def _no_html(response: Response[Any]) -> Response[Any]:
    """Litestar's page for unknown schema addresses is HTML; ours is a problem like any other."""
    if response.status_code == 404:
        raise NotFoundException
    return response


async def _clock(settings: Settings, stack: AsyncExitStack) -> Clock:
    if settings.clock_url is None:
        return SystemClock()
    verify = ssl.create_default_context(cafile=settings.ca_bundle)
    client = await stack.enter_async_context(httpx.AsyncClient(verify=verify, timeout=2.0, trust_env=False))
    clock = RemoteClock(settings.clock_url, client)
    stack.push_async_callback(clock.aclose)
    await clock.refresh()
    return clock
