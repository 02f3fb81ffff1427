"""One reading of a real account over the gateway's own line, every call kept: what recorded exchanges are made of.

The guard lets through what the contract lists and nothing else; time limits, quotas and retries are those of the
gateway, as is the way in which it is pointed at the simulated banks: `GATEWAY_CONNECT_TO`, `GATEWAY_CA_BUNDLE`,
`GATEWAY_CLOCK_URL`, `GATEWAY_ENVIRONMENT` and `GATEWAY_PAGE_SIZE`.
"""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from cryptography.fernet import Fernet
from msgspec import Struct

import contracts
from gateway.accounts.enrolment.details import checked
from gateway.clock import Clock, RemoteClock, SystemClock
from gateway.errors import CallerError, GatewayError
from gateway.line import build_line
from gateway.line.tls import CertificatePool
from gateway.logs import redact_values, without_values
from gateway.model import Account, Period, Statement
from gateway.settings import Settings, load
from gateway.statement import Line, StatementReader
from gateway.storage.accounts.records import NewAccount
from simulators.certify.harnesses.line import OneToken

__all__ = ["LiveReading", "RecordedCall", "read_live"]

CLOCK_SECONDS = 2.0
"""For the simulators to say what time it is."""
USUAL_DAYS = 7
NOBODY = str(UUID(int=0))
"""The tenant: there is no other."""


class RecordedCall(Struct, frozen=True):
    """One request and its response, as the bank has sent it but for its packing."""

    at: datetime
    request: httpx.Request
    response: httpx.Response


class LiveReading(Struct, frozen=True, kw_only=True):
    """What a reading brought."""

    calls: list[RecordedCall]
    """The last attempt of each, in order."""
    period: tuple[date, date]
    page_size: int
    people: frozenset[str]
    """The names and tax ids of the other parties."""
    failure: str
    """The code with which it ended; empty where it ended with a statement."""


async def read_live(
    account: Mapping[str, Any],
    period: tuple[date | None, date | None],
    environ: Mapping[str, str],
    store_refresh_token: Callable[[str], None],
) -> LiveReading:
    """Read the statement of an account at its bank.

    Args:
        account: the body of `POST /v1/accounts`.
        period: first and last day; None for a week that ends yesterday.
        environ: variables of the environment.
        store_refresh_token: keeps the successor of a refresh token that is spent.

    Raises:
        ValueError: account, credentials, period or a variable cannot be used; the text shows no value of them.
        OSError: the successor of a refresh token cannot be kept.
    """
    # Nothing is stored, so that whatever a gateway here stores into is left alone.
    nowhere = {"GATEWAY_DATABASE_URL": "sqlite://", "GATEWAY_SECRET_KEYS": Fernet.generate_key().decode()}
    settings = load({**environ, **nowhere})
    async with AsyncExitStack() as stack:
        stack.enter_context(_few_lines_in_the_log())
        clock = await _clock(settings, stack)
        held = _account(account, settings, clock.now())
        yesterday = clock.now().date() - timedelta(days=1)
        last = period[1] or yesterday
        days = Period(period[0] or last - timedelta(days=USUAL_DAYS - 1), last)
        pool = CertificatePool(settings.ca_bundle, settings.connect_to)
        line = build_line(pool, clock, close=pool.aclose)
        stack.push_async_callback(line.aclose)
        kept = _Recording(line, clock)
        reader = StatementReader(
            kept,
            OneToken(clock, store_refresh_token),
            clock,
            page_size=settings.page_size,
            deadline=settings.statement_deadline,
        )
        failure, people = "", frozenset[str]()
        try:
            people = _people(await reader.read(held, days))
        except CallerError as error:
            raise ValueError(error.detail) from error
        except GatewayError as error:
            # The code alone: a detail may quote the bank.
            failure = error.code
    found = (days.first, days.last)
    return LiveReading(calls=kept.calls, period=found, page_size=settings.page_size, people=people, failure=failure)


def _people(statement: Statement) -> frozenset[str]:
    parties = [entry.counterparty for entry in statement.entries if entry.counterparty is not None]
    return frozenset(text for each in parties for text in (each.name, each.tax_id) if text)


@contextmanager
def _few_lines_in_the_log() -> Iterator[None]:
    """Meanwhile nothing is logged but warnings, as the gateway writes them: without a secret."""
    before = structlog.get_config()
    warnings = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=warnings, processors=[without_values, redact_values, *before["processors"]])
    try:
        yield
    finally:
        structlog.configure(**before)


async def _clock(settings: Settings, stack: AsyncExitStack) -> Clock:
    if settings.clock_url is None:
        return SystemClock()
    verify = ssl.create_default_context(cafile=settings.ca_bundle)
    client = await stack.enter_async_context(httpx.AsyncClient(verify=verify, timeout=CLOCK_SECONDS, trust_env=False))
    clock = RemoteClock(settings.clock_url, client)
    stack.push_async_callback(clock.aclose)
    await clock.refresh()
    return clock


def _account(typed: Mapping[str, Any], settings: Settings, now: datetime) -> Account:
    """The account as the gateway would have registered it.

    Raises:
        ValueError: something of it cannot be used.
    """
    try:
        record, form = checked(NOBODY, NewAccount(**typed), now)
    except GatewayError as error:
        # `from None`: the errors below it may hold what was typed.
        raise ValueError(error.detail) from None
    if form is None:
        raise ValueError("the account comes without credentials")
    contract = contracts.load(record.bank)
    if settings.environment not in contract.environments:
        known = ", ".join(contract.environments)
        raise ValueError(f"{contract.name} has no environment {settings.environment}; there is {known}")
    return Account(
        id=record.id,
        bank=record.bank,
        kind=record.kind,
        branch=record.branch,
        number=record.number,
        holder_tax_id=record.holder_tax_id,
        credentials=form[0],
        environment=settings.environment,
    )


class _Recording:
    """A line that keeps each call.

    Args:
        line: carries the requests.
        clock: tells when they were answered.
    """

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self.calls: list[RecordedCall] = []

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer; errors are those of the line."""
        response = await self._line.send(request, account=account, certificate=certificate)
        self.calls.append(RecordedCall(self._clock.now(), request, response))
        return response
