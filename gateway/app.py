"""The application: which addresses it answers, and what runs beside them while it is open."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response, Router

from gateway.api.accounts import AccountController
from gateway.api.audit import AuditController
from gateway.api.banks import BankController
from gateway.api.bodies import StrictBody
from gateway.api.connect import ConnectSessionController, ConnectSettingsController
from gateway.api.described import DescribedStructs
from gateway.api.document import openapi
from gateway.api.entrance import Entrance
from gateway.api.health import HEALTH_ROUTES
from gateway.api.holders import HolderController
from gateway.api.imports import ImportController
from gateway.api.integrations import IntegrationController
from gateway.api.keys import KeyController
from gateway.api.observing import Observed
from gateway.api.parameters import check_query, taken_by
from gateway.api.parts import PARTS
from gateway.api.problems import EXCEPTION_HANDLERS, PUBLIC_URL, offered_methods
from gateway.api.rates import rates_of
from gateway.api.requests import authenticated
from gateway.api.statements import StatementController
from gateway.api.webhooks import WebhookController
from gateway.clock import Clock, RemoteClock
from gateway.importing.working import importing
from gateway.limits import AUDIT_KEPT, CONNECT_KEPT, FORM_FIELDS, RENEWAL_ROUND
from gateway.pages.accounts.routes import ACCOUNT_ROUTES
from gateway.pages.connect.routes import CONNECT_ROUTES
from gateway.pages.consent import authorization_callback
from gateway.pages.help.routes import HELP_ROUTES
from gateway.parts import UNSERVED, Parts
from gateway.parts.opening import ClosableLine, opened
from gateway.settings import Settings
from gateway.webhooks.announcements import announce_expiries
from gateway.work.rounds import repeated

__all__ = ["create_app"]


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

    def lifespan(app: Litestar) -> AbstractAsyncContextManager[None]:
        return _lifespan(app, settings, opened(settings, line=line, clock=clock, workers=workers, served_at=served_at))

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
            Router(
                "/v1",
                route_handlers=controllers,
                guards=[authenticated],
                before_request=_without_other_parameters,
                dto=StrictBody,
                return_dto=None,
                security=[{"apiKey": []}],
            ),
            authorization_callback,
            *HELP_ROUTES,
            *ACCOUNT_ROUTES,
            *CONNECT_ROUTES,
            *HEALTH_ROUTES,
        ],
        lifespan=[lifespan],
        before_request=offered_methods,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi(),
        plugins=[DescribedStructs()],
        request_max_body_size=settings.body_limit,
        multipart_form_part_limit=FORM_FIELDS,
        # Our own lines are written by `Observed`, and exceptions by the handlers of problems.
        logging_config=None,
    )
    app.asgi_handler = Entrance(Observed(app.asgi_handler), app.state)
    return app


async def _without_other_parameters(request: Request[Any, Any, Any]) -> Response[None] | None:
    """A hook before each request: refuses query parameters that its handler does not take."""
    if (offered := await offered_methods(request)) is None:
        check_query(request, taken_by(request.route_handler))
    return offered


@asynccontextmanager
async def _lifespan(
    app: Litestar, settings: Settings, opening: AbstractAsyncContextManager[Parts]
) -> AsyncIterator[None]:
    """The application's parts, and what runs beside its answers, for as long as it is open."""
    async with opening as parts, AsyncExitStack() as stack:
        refresh = parts.clock.refresh if isinstance(parts.clock, RemoteClock) else None
        app.state[PARTS] = parts
        app.state["refresh_clock"] = refresh
        app.state["rates"] = rates_of(settings)
        app.state[PUBLIC_URL] = settings.public_url or ""
        hourly = partial(_each_hour, parts)
        rounds = repeated(hourly, parts.clock, RENEWAL_ROUND, failed="round_of_renewals_failed", refresh=refresh)
        await stack.enter_async_context(rounds)
        await stack.enter_async_context(parts.sender.running())
        if settings.daily_import:
            await stack.enter_async_context(importing(parts.imports, settings))
        yield


async def _each_hour(parts: Parts) -> None:
    """Announce what expires, remove what is kept no longer, and renew tokens."""
    now, wall = parts.clock.now(), parts.database.clock.now()
    # Whatever becomes of the others, the last is done: tokens end that are not renewed.
    try:
        await announce_expiries(parts.outbox, now, wall)
        await parts.stored.tidy(now)
        await parts.all_actions.purge(wall - AUDIT_KEPT)
        await parts.all_tenants.purge_connect(wall, wall - CONNECT_KEPT)
    finally:
        await parts.renewals.keep_alive()
