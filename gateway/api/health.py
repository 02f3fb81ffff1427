"""Liveness, readiness, metrics: without a key, for the machine that runs the gateway."""

from typing import Any, cast

from litestar import Request, Response, get
from msgspec import Struct

from gateway import metrics
from gateway.accounts.database import Database
from gateway.api.problems import PROBLEMS
from gateway.errors import GatewayError

__all__ = ["live", "metrics_text", "ready"]

NO_KEY: list[dict[str, list[str]]] = [{}]
TAGS = ["Operation"]


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
async def metrics_text() -> Response[bytes]:
    """Counts and durations in Prometheus' text format."""
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)
