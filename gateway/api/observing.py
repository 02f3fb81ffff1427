"""The outermost layer of the application: each request has an id, a line in the access log, and is counted."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
import structlog
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from gateway import metrics
from gateway.actions import ACTING, Acting
from gateway.api.attending import CLIENT_GONE
from gateway.api.problems import FAILURE, GONE, MEDIA_TYPE, PUBLIC_URL, problem_of
from gateway.api.rates import Rate
from gateway.api.requests import ARRIVAL, BANK, RATE
from gateway.concurrency.shares import metered
from gateway.errors import GatewayError
from gateway.tracing import Span, span

__all__ = ["REQUEST_ID", "Observed"]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
"""What a caller may give as the id of a request."""

ACCOUNT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
"""The form of an account's id: the log has no other text of a path."""

log = structlog.get_logger("gateway.access")


class Observed:
    """The outermost layer: gives each request its id, and logs and counts it when it has ended.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        with span("request", serves=True, parent=Headers.from_scope(scope).get("traceparent", "")) as traced:
            await self._answer(scope, receive, send, traced)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send, traced: Span) -> None:
        given = Headers.from_scope(scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        state: dict[str, Any] = scope["state"]
        state["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                headers = MutableScopeHeaders.from_message(message)
                headers["X-Request-Id"] = request_id
                # What is about a tenant is not kept by caches on the way, unless the answer itself says how. One route
                # has several spellings, such as `//v1/accounts`: so this holds for all addresses.
                headers.setdefault("Cache-Control", "no-store")
                # No browser takes a text of a bank or of an address for a page.
                headers["X-Content-Type-Options"] = "nosniff"
                if RATE in state:
                    headers.update(cast("Rate", state[RATE]).headers)
            await send(message)

        async def receive_noting() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect" and not status:
                state[GONE] = True
            return message

        started = time.perf_counter()
        path = scope["path"]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        # What a request without a key does, such as the end of a consent flow, is done by the gateway itself.
        ACTING.set(Acting(request_id=request_id))
        metrics.IN_FLIGHT.inc()
        try:
            await metered(self._app(scope, receive_noting, send_with_id))
        except Exception as error:  # the last net: an error that the handlers of problems did not handle
            log.exception("answer_failed", exc_info=error)
            if not status:
                public_url = scope["litestar_app"].state.get(PUBLIC_URL, "")
                await _last_resort(send_with_id, path, request_id, public_url)
        finally:
            if ARRIVAL in state:
                state.pop(ARRIVAL).close()
            metrics.IN_FLIGHT.dec()
            status = CLIENT_GONE if GONE in state else status or CLIENT_GONE
            self._note(scope, state, status, time.perf_counter() - started, traced)

    def _note(self, scope: HTTPScope, state: dict[str, Any], status: int, seconds: float, traced: Span) -> None:
        # The route's template, never the path, which is the caller's text.
        route = scope.get("path_template") or "unmatched"
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        code, bank = state.get(FAILURE, (None, None))
        bank = bank or state.get(BANK)
        traced.rename(f"{method} {route}")
        traced.note(http__request__method=method, http__route=route, http__response__status_code=status)
        traced.note(request_id=state["request_id"], bank=bank)
        if code is not None:
            traced.failed(code)
        metrics.REQUESTS.labels(method, route, str(status)).inc()
        metrics.SECONDS.labels(method, route).observe(seconds)
        if code is not None:
            metrics.FAILURES.labels(code, bank or "").inc()
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            tenant=state.get("tenant"),
            code=code,
            bank=bank,
            account=_account_of(scope),
        )


def _account_of(scope: HTTPScope) -> str | None:
    """The id of the account that the address names; None where what stands there has not the form of one."""
    given = scope.get("path_params", {}).get("account_id")
    return given if isinstance(given, str) and ACCOUNT_ID.fullmatch(given) else None


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


async def _last_resort(send: Callable[[Any], Awaitable[None]], path: str, request_id: str, public_url: str) -> None:
    error = GatewayError("internal_error", "the gateway met an unexpected error")
    problem = problem_of(error, path, request_id, public_url=public_url)
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(problem), "more_body": False})
