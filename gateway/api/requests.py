"""Common handling of every request: its key, its query parameters, and the parts of the application that it needs."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar, cast

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway.accounts.bank_health import BankHealth, BankHealths
from gateway.accounts.keys import Keys
from gateway.accounts.readings import Readings
from gateway.accounts.service import Service
from gateway.actions import ACTING, Acting, about
from gateway.api.bodies import iso_day
from gateway.api.rates import Rates, TooManyRequests
from gateway.clock import Clock
from gateway.concurrency.shares import SHARES, TENANT
from gateway.controls import has_control
from gateway.errors import CallerError, FieldErrors
from gateway.model import Period
from gateway.storage.api_keys import LivingKey
from gateway.storage.api_keys import Scope as KeyScope

__all__ = [
    "ARRIVAL",
    "BANK",
    "MANAGES",
    "OPERATES",
    "RATE",
    "READS",
    "SCOPE",
    "SEES",
    "authenticated",
    "bank_health",
    "enter",
    "key_of",
    "note_bank",
    "one_of",
    "period_of",
    "readings_of",
    "refuse_controls",
    "require",
    "service_of",
    "strict_query",
    "tenant_of",
    "up_to_date",
]

E = TypeVar("E", bound=StrEnum)

BANK = "bank"
"""Key in the state of a request that is about one bank: its slug."""
ARRIVAL = "arrival"
"""Option of a handler that gives statements, and key of the caller's arrival in the state of such a request."""
KEY = "key"
"""Key in the state of a request whose API key is known: that key."""
RATE = "rate"
"""Key in the state of a request whose key is known: what the key has left."""
SCOPE = "scope"
"""Option of every handler that needs a key: the scopes of which the key must have one."""
READS = {SCOPE: (KeyScope.READ,)}
MANAGES = {SCOPE: (KeyScope.MANAGE,)}
OPERATES = {SCOPE: (KeyScope.OPERATE,)}
SEES = {SCOPE: (KeyScope.READ, KeyScope.OPERATE)}


async def authenticated(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: checks the API key, and stores it and its tenant in the request's state.

    Raises:
        CallerError: `unauthenticated`, or `scope_missing` when the key is not for what the route does.
        TooManyRequests: the key has used up its share.
    """
    if handler.opt.get(ARRIVAL):
        # Recorded before everything that takes time, so that callers that come at the same moment share one reading.
        connection.scope["state"][ARRIVAL] = cast("Readings", connection.app.state["readings"]).arrival()
    refuse_controls(connection)
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    keys = cast("Keys", connection.app.state["keys"])
    TENANT.set(keys.seen(key.strip()))
    # Before everything that takes time: a crowd waits here, where it has cost nothing yet.
    await SHARES.turn()
    await up_to_date(connection)
    clock = cast("Clock", connection.app.state["clock"])
    living = await keys.living(key.strip(), clock.now()) if scheme.lower() == "bearer" else None
    if living is None:
        # An expired key gets the same text: strangers do not learn that there was one.
        raise CallerError("unauthenticated", "the request needs a valid API key in its Authorization header")
    await enter(connection, living)
    # Which methods an address has is told to every key; no route declares a scope for it.
    if connection.scope.get("method") != "OPTIONS":
        require(living, handler.opt[SCOPE])


async def enter(connection: ASGIConnection[Any, Any, Any, Any], living: LivingKey) -> None:
    """From now on the request is one of a key: it acts for its tenant, and uses the key's share.

    Raises:
        TooManyRequests: the key has used up its share.
    """
    tenant_id = living.tenant_id
    connection.scope["state"].update({KEY: living, "tenant": tenant_id})
    structlog.contextvars.bind_contextvars(tenant=tenant_id)
    TENANT.set(tenant_id)
    ACTING.set(Acting(actor=about("key", living.prefix), request_id=connection.scope["state"]["request_id"]))
    # Only now that the key is known: strangers cannot use up the share of anyone.
    rates = cast("Rates | None", connection.app.state.get("rates"))
    if rates is not None:
        connection.scope["state"][RATE] = rate = await rates.spend(living.prefix)
        if not rate.allowed:
            raise TooManyRequests(rate.limit, rate.seconds)


def require(living: LivingKey, needed: tuple[KeyScope, ...]) -> None:
    """Check that a key has one of the scopes that are needed.

    Raises:
        CallerError: `scope_missing`.
    """
    if living.scopes.isdisjoint(needed):
        names = " or ".join(f"`{scope}`" for scope in needed)
        raise CallerError("scope_missing", f"the request needs a key with the scope {names}")


def refuse_controls(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse control characters in the address; those in the body are refused where it is decoded.

    Raises:
        CallerError: `invalid_request` with the parameter's name.
    """
    given = [*connection.path_params.items(), *connection.query_params.multi_items()]
    for name, value in given:
        if has_control(name) or has_control(str(value)):
            shown = name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "?"
            raise CallerError("invalid_request", f"`{shown}` has a control character in it", field=shown)


async def up_to_date(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Update the clock, where it is the simulators'."""
    if (refresh := connection.app.state.get("refresh_clock")) is not None:
        await refresh()


def tenant_of(request: Request[Any, Any, Any]) -> str:
    """The id of the tenant whose key came with the request."""
    return cast("str", request.scope["state"]["tenant"])


def key_of(request: Request[Any, Any, Any]) -> LivingKey:
    """The key that came with the request."""
    return cast("LivingKey", request.scope["state"][KEY])


def service_of(request: Request[Any, Any, Any]) -> Service:
    """The application's service for accounts."""
    return cast("Service", request.app.state["service"])


def readings_of(request: Request[Any, Any, Any]) -> Readings:
    """The application's reader of statements."""
    return cast("Readings", request.app.state["readings"])


async def bank_health(request: Request[Any, Any, Any]) -> dict[str, BankHealth]:
    """The health of each bank in this process, with the operator's pauses, by slug."""
    health, clock = cast("BankHealths", request.app.state["health"]), cast("Clock", request.app.state["clock"])
    return await health.all(clock.now())


def note_bank(request: Request[Any, Any, Any], bank: str) -> None:
    """Let the access log name the bank that the request is about."""
    request.scope["state"][BANK] = bank


def strict_query(*known: str) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """A hook that refuses query parameters that are not known, or that come twice.

    If a misspelt parameter were ignored, the caller would get the answer to another request.
    """

    async def check(request: Request[Any, Any, Any]) -> None:
        seen: set[str] = set()
        for name, _ in request.query_params.multi_items():
            shown = name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "?"
            if name not in known:
                raise CallerError("invalid_request", f"`{shown}` is not a parameter of this address", field=shown)
            if name in seen:
                raise CallerError("invalid_request", f"`{shown}` is given more than once", field=shown)
            seen.add(name)

    return check


def one_of(kind: type[E], given: str | None, parameter: str) -> E | None:
    """The value of a query parameter that takes names of a kind; None where it is not given.

    Raises:
        CallerError: there is no such name.
    """
    try:
        return kind(given) if given is not None else None
    except ValueError as error:
        detail = f"`{parameter}` must be one of {', '.join(kind)}"
        raise CallerError("invalid_request", detail, field=parameter) from error


def period_of(first: str, last: str) -> Period:
    """The period of two ISO dates.

    Raises:
        CallerError: one is no date, or they are the wrong way round.
    """
    days: list[date] = []
    errors = FieldErrors()
    for name, value in (("from", first), ("to", last)):
        with errors.collected():
            if not value:
                raise CallerError("invalid_request", f"`{name}` is missing", field=name)
            try:
                days.append(iso_day(value))
            except ValueError as error:
                raise CallerError("invalid_request", f"`{name}` is not a date YYYY-MM-DD", field=name) from error
    errors.check()
    if days[0] > days[1]:
        raise CallerError("invalid_request", f"`from` is {days[0]}, after `to`, {days[1]}", field="from")
    return Period(days[0], days[1])
