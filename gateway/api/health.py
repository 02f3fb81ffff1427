"""Liveness, readiness, metrics: without a key, for the machine that runs the gateway."""

from contextlib import suppress
from typing import Any, cast

from litestar import Request, Response, get
from msgspec import Struct
from prometheus_client import Enum
from sqlalchemy.exc import SQLAlchemyError

from gateway import metrics
from gateway.accounts.database import Database
from gateway.accounts.outcomes import STATES
from gateway.api.problems import PROBLEMS
from gateway.api.requests import service_of
from gateway.errors import GatewayError

__all__ = ["live", "metrics_text", "ready"]

NO_KEY: list[dict[str, list[str]]] = [{}]
TAGS = ["Operation"]

BANK_HEALTH = Enum(
    "gateway_bank_health",
    "How each bank last answered, as seen by this process, under the operator's pauses",
    ("bank",),
    states=list(STATES),
    registry=metrics.REGISTRY,
)


class HealthBody(Struct, frozen=True):
    """That all is well."""

    status: str


@get("/health/live", security=NO_KEY, tags=TAGS, summary="Liveness", responses={500: PROBLEMS[500]})
async def live() -> HealthBody:
    """The process answers."""
    return HealthBody("live")


@get(
    "/health/ready",
    security=NO_KEY,
    tags=TAGS,
    summary="Readiness",
    responses={500: PROBLEMS[500], 503: PROBLEMS[503]},
)
async def ready(request: Request[Any, Any, Any]) -> HealthBody:
    """The database answers too."""
    database = cast("Database", request.app.state["database"])
    if not await database.ping():
        raise GatewayError("not_ready", "the database does not answer")
    return HealthBody("ready")


@get(
    "/metrics",
    security=NO_KEY,
    tags=TAGS,
    summary="Metrics",
    media_type="text/plain",
    responses={500: PROBLEMS[500]},
)
async def metrics_text(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counts, durations and the health of banks in Prometheus' text format."""
    # Without its database the gateway still tells the rest, and of banks what it told last.
    with suppress(SQLAlchemyError, OSError):
        for bank, health in (await service_of(request).health()).items():
            BANK_HEALTH.labels(bank).state(health.state)
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)
