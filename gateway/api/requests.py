"""What is common to requests: the key with which each comes, and what is noted of it for others to find."""

from typing import Any, cast

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway.accounts.banks import contract_of
from gateway.accounts.keys.api_keys import prefix_of
from gateway.accounts.states.bank_health import BankHealth
from gateway.actions import ACTING, Acting, about
from gateway.api.parameters import refuse_controls
from gateway.api.parts import parts_of
from gateway.api.rates import Rates, TooManyRequests
from gateway.concurrency.shares import SHARES, TENANT
from gateway.errors import CallerError
from gateway.storage.accounts.filters import Filter
from gateway.storage.accounts.records import AccountRecord, Integration
from gateway.storage.management.api_keys import LivingKey
from gateway.storage.management.api_keys import Scope as KeyScope

__all__ = [
    "ARRIVAL",
    "BANK",
    "MANAGES",
    "OPERATES",
    "RATE",
    "READS",
    "SCOPE",
    "SEES",
    "asked_account",
    "authenticated",
    "bank_health",
    "check_bank",
    "enter",
    "key_of",
    "note_bank",
    "note_tenant",
    "require",
    "tenant_of",
    "up_to_date",
]

BANK = "bank"
"""Key in the state of a request that is about one bank: its slug."""
ARRIVAL = "arrival"
"""Option of a handler that gives statements, and key of the caller's arrival in the state of such a request."""
KEY = "key"
"""Key in the state of a request whose API key is known: that key."""
RATE = "rate"
"""Key in the state of a request whose key is known: what the key has left."""
SCOPE = "scope"
"""Option of every handler that needs a key: the key must have one of these scopes."""
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
    parts = parts_of(connection)
    if handler.opt.get(ARRIVAL):
        # Recorded before everything that takes time, so that callers that come at the same moment share one reading.
        connection.scope["state"][ARRIVAL] = parts.readings.arrival()
    refuse_controls(connection)
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    presented = key.strip()
    TENANT.set(tenant_id := parts.keys.seen(presented))
    # Before everything that takes time: a crowd waits here, where it has cost nothing yet.
    await SHARES.turn()
    is_bearer = scheme.lower() == "bearer"
    if tenant_id and is_bearer:
        _check_share(connection, prefix_of(presented), tenant_id)
    await up_to_date(connection)
    living = await parts.keys.living(presented, parts.clock.now()) if is_bearer else None
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
    connection.scope["state"][KEY] = living
    note_tenant(connection, living.tenant_id)
    ACTING.set(Acting(actor=about("key", living.prefix), request_id=connection.scope["state"]["request_id"]))
    # Only now that the key is known: strangers cannot use up the share of anyone.
    rates = _rates_of(connection)
    if rates is not None:
        connection.scope["state"][RATE] = rate = rates.spend(living.prefix)
        if not rate.allowed:
            raise TooManyRequests(rate.limit, rate.seconds)


def _check_share(connection: ASGIConnection[Any, Any, Any, Any], prefix: str, tenant_id: str) -> None:
    """Check that a key that was seen here has something left of its share: a flood is refused before it is looked up.

    Raises:
        TooManyRequests: the key has used up its share.
    """
    rates = _rates_of(connection)
    if rates is not None and not (rate := rates.look(prefix)).allowed:
        connection.scope["state"][RATE] = rate
        note_tenant(connection, tenant_id)
        raise TooManyRequests(rate.limit, rate.seconds)


def _rates_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Rates | None:
    return cast("Rates | None", connection.app.state.get("rates"))


def note_tenant(connection: ASGIConnection[Any, Any, Any, Any], tenant_id: str) -> None:
    """Note whose request it is, for the log and for the tenant's share."""
    connection.scope["state"]["tenant"] = tenant_id
    structlog.contextvars.bind_contextvars(tenant=tenant_id)
    TENANT.set(tenant_id)


def require(living: LivingKey, needed: tuple[KeyScope, ...]) -> None:
    """Check that a key has one of the scopes that are needed.

    Raises:
        CallerError: `scope_missing`.
    """
    if living.scopes.isdisjoint(needed):
        names = " or ".join(f"`{scope}`" for scope in needed)
        raise CallerError("scope_missing", f"the request needs a key with the scope {names}")


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


async def bank_health(request: Request[Any, Any, Any]) -> dict[str, BankHealth]:
    """The health of each bank in this process, with the operator's pauses, by slug."""
    parts = parts_of(request)
    return await parts.health.all(parts.clock.now())


async def check_bank(request: Request[Any, Any, Any], bank: str) -> None:
    """Check that a bank that a list is chosen by is one, or that the tenant has accounts at it from former times.

    Raises:
        CallerError: it is neither.
    """
    _, count, _ = await parts_of(request).registered.page(tenant_of(request), 1, 0, None, Filter(bank=bank))
    if not count:
        contract_of(bank)


def note_bank(request: Request[Any, Any, Any], bank: str) -> None:
    """Let the access log name the bank that the request is about."""
    request.scope["state"][BANK] = bank


async def asked_account(request: Request[Any, Any, Any], account_id: str) -> tuple[AccountRecord, Integration]:
    """An account of the tenant, and its integration; the access log names its bank.

    Raises:
        CallerError: there is no such account.
    """
    registered = parts_of(request).registered
    record = await registered.account(tenant_of(request), account_id)
    note_bank(request, record.bank)
    return record, await registered.integration(record)
