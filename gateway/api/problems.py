"""Every answer that is not a success, as an RFC 9457 problem with the fields of design section 6.

All texts are those of the catalogue or our own. The text of an unexpected exception is never part of an answer.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET, Meta, Struct, UnsetType
from structlog.typing import FilteringBoundLogger

import contracts
from gateway.accounts.states.pauses import PausedFailure
from gateway.api.attending import CallerGone, caller_gone
from gateway.api.invalid_bodies import invalid_value
from gateway.errors import BankFailure, BankNotInstalled, CallerError, ForbiddenRequest, GatewayError
from gateway.limits import PROBLEM_INSTANCE_CHARACTERS
from gateway.model import BRASILIA
from gateway.redaction.redact import redact
from gateway.storage.accounts.remembered import StoredFailure
from gateway.storage.engine.database import storage_trouble
from gateway.texts.wordings import MISSING

__all__ = [
    "EXCEPTION_HANDLERS",
    "FAILURE",
    "GONE",
    "HELP",
    "MEDIA_TYPE",
    "PUBLIC_URL",
    "Actor",
    "Code",
    "Problem",
    "answer",
    "failure_of",
    "note_failure",
    "offered_methods",
    "problem_of",
]

MEDIA_TYPE = "application/problem+json"

HELP = "/help"
"""Path below which each code has a page that says what to do."""
PUBLIC_URL = "public_url"
"""Key in the application's state: the address at which browsers reach this gateway; empty where nobody has set it."""

GONE = "gone"
"""Key in the state of a request whose caller went away before there was an answer."""

FAILURE = "failure"
"""Key in the state of a request that was answered with a failure: its code, and the bank that it is about or None."""

BY_STATUS = {
    400: "malformed_body",
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
}
"""Codes of the catalogue by status of the framework's errors; any other 4xx is `invalid_request`."""

DETAILS = {
    "malformed_body": "the request cannot be read",
    "not_found": "there is nothing at this address; GET /schema/openapi.json lists all",
    "method_not_allowed": "this address does not offer that method",
    "body_too_large": "the body is larger than this gateway accepts",
}


if TYPE_CHECKING:
    Code = str
else:
    Code = StrEnum("FailureCode", {code.upper(): code for code in contracts.failures().failures})
"""A code of the failure catalogue, which is the only list of them."""
Actor = Literal["user", "bank", "operator", "caller", "gateway", "nobody"]

log = structlog.get_logger("gateway.api")


class BankErrorPart(Struct, frozen=True):
    """The bank's own status, code and message, redacted and cut."""

    status: int | None
    """HTTP status."""
    code: str | None
    """The bank's own code."""
    message: str | None
    """The bank's own text, without secrets."""


class FieldErrorPart(Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    """The caller's name for it, such as `credentials.client_id`."""
    detail: str
    """Portuguese: what the field has to be; may be shown beside it."""


class Problem(Struct, frozen=True, kw_only=True):
    """RFC 9457 problem. `title` and `remedy` are Portuguese and may be shown to the user as they are."""

    type: Annotated[
        str,
        Meta(
            description="Address of a page that says what to do: absolute where the operator has set "
            "`GATEWAY_PUBLIC_URL`, else relative to that of the request. Compare `code`, which stays the same."
        ),
    ]
    title: str
    """Portuguese, for the user."""
    status: int
    """The HTTP status of the answer."""
    detail: str
    """English: what happened, for the developer."""
    instance: str
    """Path of the request."""
    code: Code
    """Of the catalogue: by this a program decides."""
    bank: str | None
    """Slug of the bank that it is about."""
    actor: Actor
    """Who can mend it: `user`, `bank`, `operator`, `caller`, `gateway` or `nobody`."""
    retryable: bool
    """Whether the same request may succeed later although nothing is mended."""
    retry_after: int | None
    """Seconds after which trying again makes sense."""
    remedy: str
    """Portuguese: what to do, for the user."""
    bank_error: BankErrorPart | None
    """What the bank itself said."""
    scenario: str | None
    """The simulators' scenario that reproduces it."""
    request_id: str
    """Of this request, also in the header `X-Request-Id`: name it to the operator."""
    field: str | UnsetType = UNSET
    """The part of the request that is wrong; the first of them, when there are several."""
    errors: list[FieldErrorPart] | UnsetType = UNSET
    """Every part of the request that is wrong."""
    account_id: str | UnsetType = UNSET
    """The registered account that the request meets: of `account_exists` and `credentials_in_use`."""
    at: str | UnsetType = UNSET
    """The step that failed at the bank: `tls`, `token`, `statement`, `balance`, ..."""
    since: datetime | UnsetType = UNSET
    """Time of the first occurrence of a failure that is answered without asking the bank."""


def problem_of(error: GatewayError, instance: str, request_id: str, *, public_url: str = "") -> Problem:
    """A failure in its public shape.

    Args:
        error: the failure to show.
        instance: path of the request.
        request_id: of the request.
        public_url: the address at which browsers reach this gateway; where it is not known, `type` is relative to that
            of the request (RFC 9457 section 3.1.1).
    """
    entry = error.entry
    bank = error if isinstance(error, BankFailure) else None
    bank_error = bank.bank_error if bank is not None else None
    return Problem(
        type=f"{public_url}{HELP}/{error.code}",
        title=entry.title,
        status=error.status,
        detail=redact(error.detail),
        instance=redact(instance[:PROBLEM_INSTANCE_CHARACTERS]),
        code=error.code,
        bank=error.bank if isinstance(error, BankFailure | BankNotInstalled | CallerError) else None,
        actor=cast("Actor", entry.actor),
        retryable=error.retryable,
        retry_after=error.retry_after,
        remedy=entry.remedy,
        bank_error=BankErrorPart(bank_error.status, bank_error.code, bank_error.message) if bank_error else None,
        scenario=entry.scenario or None,
        request_id=request_id,
        field=error.field if error.field is not None else UNSET,
        errors=[FieldErrorPart(each.field, redact(each.detail)) for each in error.errors] or UNSET,
        account_id=error.account_id if error.account_id is not None else UNSET,
        at=bank.at if bank is not None else UNSET,
        since=error.since.astimezone(BRASILIA) if isinstance(error, StoredFailure | PausedFailure) else UNSET,
    )


def answer(
    request: Request[Any, Any, Any], error: GatewayError, headers: Mapping[str, str] | None = None
) -> Response[Problem]:
    """The problem as a response, with the headers that belong to its status beside those that are given."""
    state = request.scope.get("state", {})
    problem = problem_of(
        error, request.scope["path"], state.get("request_id", ""), public_url=request.app.state.get(PUBLIC_URL, "")
    )
    sent = dict(headers or {})
    if problem.retry_after is not None:
        # With any status: programs that repeat requests by themselves know the header, and not the field.
        sent["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="extrato"'
    note_failure(request, problem.code, problem.bank)
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=sent)


def note_failure(request: Request[Any, Any, Any], code: str, bank: str | None = None) -> None:
    """Let the access log and the metrics name the failure that a request is answered with."""
    request.scope.get("state", {})[FAILURE] = (code, bank)


def failure_of(error: Exception, log: FilteringBoundLogger) -> GatewayError:
    """The failure that stands for a defect, or for an error of the database. Its text is only logged, redacted."""
    if (trouble := storage_trouble(error)) is not None:
        # Without a traceback: a driver may quote stored values.
        log.error("storage_unavailable", reason=trouble.detail)
        return trouble
    if isinstance(error, ForbiddenRequest):
        log.critical("forbidden_request_stopped", reason=str(error), exc_info=error)
    else:
        log.error("unexpected_error", exc_info=error)
    return GatewayError("internal_error", "the gateway met an unexpected error")


def _framework_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """The answer to an error that Litestar raises before or around a handler."""
    if isinstance(error, ValidationException):
        return answer(request, _validation(error))
    if error.status_code >= 500 and GONE in request.scope["state"]:
        # The answer is not read by anyone, and there is no error of the gateway to log.
        return answer(request, GatewayError("request_timeout", "the caller went away before the request's end"))
    if error.status_code >= 500:
        return _unexpected_error(request, error)
    code = BY_STATUS.get(error.status_code, "invalid_request")
    headers = {}
    if code == "method_not_allowed":
        headers["Allow"] = ", ".join(_methods_at(request))
    return answer(request, CallerError(code, DETAILS.get(code, "the request is not accepted")), headers)


def _validation(error: ValidationException) -> CallerError:
    """The error about a parameter or body that Litestar refused. Its own text may show the value and is not used."""
    wrong = {str(item["key"]): item for item in error.extra or () if isinstance(item, dict) and "key" in item}
    if "data" in wrong:
        return CallerError("malformed_body", "the body is empty")
    missing = re.match(r"Missing required \w+ parameter '([^']+)'", error.detail)
    if missing:
        return CallerError("invalid_request", f"`{missing[1]}` is missing", field=missing[1], portuguese=MISSING)
    for name, item in wrong.items():
        return invalid_value(name, str(item.get("message", "")))
    return CallerError("invalid_request", "a parameter does not have the documented form")


def _methods_at(request: Request[Any, Any, Any]) -> list[str]:
    """The methods that the address offers, asked of the router one by one."""
    router = request.app.asgi_router
    offered = []
    for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
        try:
            router.handle_routing(path=request.scope["path"], method=cast("Any", method))
        except HTTPException:
            continue
        offered.append(method)
    return offered


async def offered_methods(request: Request[Any, Any, Any]) -> Response[None] | None:
    """A hook before each request: the answer to `OPTIONS`. The framework's own one may lack methods of the address."""
    if request.method != "OPTIONS":
        return None
    return Response(None, status_code=204, headers={"Allow": ", ".join(_methods_at(request))})


def _unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    return answer(request, failure_of(error, log))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    GatewayError: answer,
    HTTPException: _framework_error,
    CallerGone: caller_gone,
    Exception: _unexpected_error,
}

# A misspelt code above fails when the module is imported, not when the error occurs.
for _code in BY_STATUS.values():
    contracts.failures().failures[_code]
