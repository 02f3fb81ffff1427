"""Liveness, readiness, metrics: without a key, for the machine that runs the gateway."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar import Request, Response, get, head
from msgspec import Struct
from prometheus_client import Gauge

from gateway import metrics
from gateway.accounts.states.bank_health import STATES
from gateway.api.documented import Doing, problems
from gateway.api.parts import parts_of
from gateway.api.requests import bank_health
from gateway.concurrency.single_flight import SingleFlight
from gateway.errors import GatewayError
from gateway.limits import READINESS_SECONDS
from gateway.storage.encryption.key_check import key_opens, probe
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import DATABASE_ERRORS, Database, storage_trouble

__all__ = ["HEALTH_ROUTES"]

PROBES: SingleFlight[int, None] = SingleFlight()
"""Concurrent callers share one probe, because it writes and needs no key."""

NO_KEY: list[dict[str, list[str]]] = [{}]
TAGS = ["Operation"]

BANK_HEALTH = Gauge(
    "gateway_bank_health",
    "How each bank last answered, as seen by this process, under the operator's pauses",
    ("bank", "gateway_bank_health"),
    registry=metrics.REGISTRY,
    multiprocess_mode="livemostrecent",
)


class ProcessHealthBody(Struct, frozen=True):
    """The status of a process that is well."""

    status: str


@get("/health/live", security=NO_KEY, tags=TAGS, summary="Liveness", responses=problems(keyed=False, checked=False))
async def live() -> ProcessHealthBody:
    """The process answers."""
    return ProcessHealthBody("live")


@head("/health/live", security=NO_KEY, include_in_schema=False)
async def live_without_body() -> None:
    """The same for monitors that ask for no body."""


@get(
    "/health/ready",
    security=NO_KEY,
    tags=TAGS,
    summary="Readiness",
    responses=problems(Doing.TELLS_READINESS, keyed=False, checked=False),
)
async def ready(request: Request[Any, Any, Any]) -> ProcessHealthBody:
    """The database can be written, and the vault keys are those of the database."""
    parts = parts_of(request)
    await PROBES.result(id(parts.database), lambda: _probe(parts.database, parts.vault))
    return ProcessHealthBody("ready")


@head("/health/ready", security=NO_KEY, include_in_schema=False)
async def ready_without_body(request: Request[Any, Any, Any]) -> None:
    """The same for monitors that ask for no body."""
    await ready.fn(request)


async def _probe(database: Database, vault: Vault) -> None:
    """Check the database and the keys.

    Raises:
        GatewayError: `not_ready`, with the reason.
    """
    try:
        async with asyncio.timeout(READINESS_SECONDS):
            await probe(database)
            opens = await key_opens(database, vault)
    except TimeoutError as error:
        raise GatewayError("not_ready", "the database does not take what is written to it in time") from error
    except DATABASE_ERRORS as error:
        if (trouble := storage_trouble(error)) is None:
            raise
        raise GatewayError("not_ready", trouble.detail) from error
    if not opens:
        raise GatewayError("not_ready", "the vault keys are not those with which the database's secrets were sealed")


@get(
    "/metrics",
    security=NO_KEY,
    tags=TAGS,
    summary="Metrics",
    media_type="text/plain",
    responses=problems(keyed=False, checked=False),
)
async def metrics_text(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counts, durations and the health of banks in Prometheus' text format."""
    # Without its database the gateway still gives the other metrics, and the last known health of banks.
    with suppress(*DATABASE_ERRORS):
        for bank, health in (await bank_health(request)).items():
            for state in STATES:
                BANK_HEALTH.labels(bank, state).set(state == health.state)
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)


HEALTH_ROUTES = (live, live_without_body, ready, ready_without_body, metrics_text)
