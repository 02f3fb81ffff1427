"""The composition root: everything is put together here, and nowhere else."""

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

from gateway import __version__, connectors
from gateway.accounts.consent import Journeys
from gateway.accounts.pauses import Pauses
from gateway.accounts.renewals import hourly
from gateway.accounts.restatements import DaySeals
from gateway.accounts.service import Service
from gateway.accounts.tokens import Tokens
from gateway.api.accounts import AccountController
from gateway.api.authorizations import authorization_callback
from gateway.api.banks import BankController
from gateway.api.health import live, metrics_text, ready
from gateway.api.integrations import IntegrationController
from gateway.api.problems import EXCEPTION_HANDLERS
from gateway.api.requests import Observed, authenticated
from gateway.api.statements import StatementController
from gateway.clock import Clock, RemoteClock, SystemClock
from gateway.settings import Settings
from gateway.statement import Line
from gateway.storage.api_keys import Keys
from gateway.storage.changes import Changes
from gateway.storage.database import Database
from gateway.storage.store import Store
from gateway.storage.tokens import TokenRows
from gateway.storage.vault import Vault
from gateway.storage.vault_key import verify_key

__all__ = ["ClosableLine", "Parts", "create_app", "opened"]

log = structlog.get_logger("gateway.banks")

UNSERVED = "http://127.0.0.1:8000"
"""Where `gateway serve` listens unless told otherwise, for commands that serve nothing themselves."""

DESCRIPTION = """
One read-only statement endpoint in front of Brazilian banks.

Every answer that is not a success is an RFC 9457 problem with a stable `code`, who can mend it, and whether and when
trying again makes sense. Money is text with at least two decimals; days are days in Brasília; instants carry their
offset.
"""


class ClosableLine(Line, Protocol):
    """A line that is closed in the end."""

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Parts(Struct, frozen=True):
    """What an application or a command works with."""

    database: Database
    keys: Keys
    service: Service
    clock: Clock
    vault: Vault


@asynccontextmanager
async def opened(
    settings: Settings, *, line: ClosableLine | None = None, clock: Clock | None = None
) -> AsyncIterator[Parts]:
    """The parts, opened in order and closed in reverse; a line that is given is left to its giver.

    Raises:
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    for each in connectors.quarantined():
        log.warning("bank_quarantined", bank=each.slug, package=each.package, file=each.file, reason=each.reason)
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url)
        stack.push_async_callback(database.aclose)
        await database.migrate()
        vault = Vault(settings.secret_keys.values)
        await verify_key(database, vault)
        if clock is None:
            clock = await _clock(settings, stack)
        if line is None:
            # Only here: whoever brings a line of their own does not need ours.
            from gateway.line import open_line  # noqa: PLC0415
            from gateway.storage.quotas import Quotas  # noqa: PLC0415

            quotas = Quotas(database, vault)
            stack.push_async_callback(quotas.aclose)
            line = open_line(settings, clock, quotas)
            stack.push_async_callback(line.aclose)
        rows = TokenRows(database, vault)
        tokens = Tokens(rows, clock)
        # Closed before the line: a renewal under way still needs it.
        stack.push_async_callback(tokens.aclose)
        service = Service(
            Store(database, vault),
            rows,
            tokens,
            Journeys(database, vault, settings.public_url or UNSERVED),
            Pauses(database),
            DaySeals(database),
            line,
            clock,
            changes=Changes(database),
            environment=settings.environment,
            page_size=settings.page_size,
            deadline=settings.statement_deadline,
        )
        # Closed before the tokens: a reading under way still needs them.
        stack.push_async_callback(service.aclose)
        await service.tidy()
        await service.start()
        yield Parts(database, Keys(database), service, clock, vault)


def create_app(settings: Settings, *, line: ClosableLine | None = None, clock: Clock | None = None) -> Litestar:
    """The application; nothing is opened before its lifespan begins.

    Args:
        settings: from `gateway.settings.load`.
        line: carries requests to banks; the real one unless another is given.
        clock: tells the time; the machine's, or the simulators', unless another is given.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with opened(settings, line=line, clock=clock) as parts:
            app.state.update(database=parts.database, vault=parts.vault, keys=parts.keys, service=parts.service)
            refresh = parts.clock.refresh if isinstance(parts.clock, RemoteClock) else None
            app.state["refresh_clock"] = refresh
            async with hourly(parts.service.keep_alive, parts.clock, refresh=refresh):
                yield

    controllers = [StatementController, AccountController, IntegrationController, BankController]
    app = Litestar(
        [
            Router("/v1", route_handlers=controllers, guards=[authenticated], security=[{"apiKey": []}]),
            authorization_callback,
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
        tags=[Tag(name=name) for name in ("Statements", "Accounts", "Integrations", "Banks", "Operation")],
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
