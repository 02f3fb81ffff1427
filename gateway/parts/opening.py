"""Opens the parts over a database and a line to the banks, and closes them in reverse."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import httpx
import structlog

import contracts
from gateway import connectors
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.reading.leases import Leases
from gateway.clock import Clock, RemoteClock, SystemClock
from gateway.limits import IMPORT_SPREAD_SECONDS
from gateway.parts import UNSERVED, Options, Parts, Resources, composed
from gateway.settings import Settings, SettingsError
from gateway.statement import Line
from gateway.storage.encryption.key_check import verify_key
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.leases import LeaseRows
from gateway.storage.shared.tokens import TokenRows
from gateway.tracing import exporting

__all__ = ["ClosableLine", "check_environment", "opened"]

log = structlog.get_logger("gateway.banks")


class ClosableLine(Line, Protocol):
    """A line that is closed in the end."""

    async def aclose(self) -> None:
        """Close all connections."""
        ...


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
        SettingsError: no bank has the environment that is to be called.
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    check_environment(settings)
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
            line = await _line(settings, database, vault, clock, stack, shared=shared)
        tokens = Tokens(TokenRows(database, vault), clock)
        # Closed before the line: a renewal under way still needs it.
        stack.push_async_callback(tokens.aclose)
        leases = Leases(LeaseRows(database, vault)) if shared else None
        options = Options(
            public_url=settings.public_url or served_at,
            environment=settings.environment,
            page_size=settings.page_size,
            deadline=settings.statement_deadline,
            retention_days=settings.retention_days,
            webhook_networks=settings.webhook_networks,
            # A simulated clock jumps; what is spread over an hour of the machine's time would come too late for it.
            import_spread_seconds=0 if settings.clock_url else IMPORT_SPREAD_SECONDS,
        )
        parts = composed(Resources(database, vault, line, clock, tokens, leases), options)
        stack.push_async_callback(parts.keys.aclose)
        # Closed before the tokens: a reading under way still needs them.
        stack.push_async_callback(parts.readings.aclose)
        # Closed before the readings, which they use.
        stack.push_async_callback(parts.enabling.aclose)
        await parts.all_tenants.fill_in()
        await parts.readings.learn()
        yield parts


def check_environment(settings: Settings) -> None:
    """Refuse an environment that no bank has: every account would be answered as if its bank were paused.

    Raises:
        SettingsError: the text has the names that there are.
    """
    known = {name for slug in contracts.banks() for name in contracts.load(slug).environments}
    if known and settings.environment not in known:
        raise SettingsError(f"GATEWAY_ENVIRONMENT must be one of {', '.join(sorted(known))}")


async def _clock(settings: Settings, stack: AsyncExitStack) -> Clock:
    if settings.clock_url is None:
        return SystemClock()
    verify = ssl.create_default_context(cafile=settings.ca_bundle)
    client = await stack.enter_async_context(httpx.AsyncClient(verify=verify, timeout=2.0, trust_env=False))
    clock = RemoteClock(settings.clock_url, client)
    stack.push_async_callback(clock.aclose)
    await clock.refresh()
    return clock


async def _line(
    settings: Settings, database: Database, vault: Vault, clock: Clock, stack: AsyncExitStack, *, shared: bool
) -> ClosableLine:
    """The line to the banks, which is closed with the stack; `shared` is whether other processes use the database."""
    # Only here: a caller that brings its own line does not need ours.
    from gateway.line import open_line  # noqa: PLC0415
    from gateway.storage.shared.holds import Holds  # noqa: PLC0415
    from gateway.storage.shared.quotas import Quotas  # noqa: PLC0415

    # Where the banks' time is simulated, their limits are counted in it; else by the database's clock.
    quotas = Quotas(database, vault, wall=clock if isinstance(clock, RemoteClock) else None)
    stack.push_async_callback(quotas.aclose)
    holds = None
    if shared:
        free = [bank for bank in connectors.banks() if not contracts.load(bank).limited]
        holds = await stack.enter_async_context(Holds(database, vault, quotas, free).watched())
    line = open_line(settings, clock, quotas, holds)
    stack.push_async_callback(line.aclose)
    return line
