"""Decides what is a failure of a bank, in one place for the line, the connectors and the authentication.

`judge` concludes from the outcome of one attempt everything that its users need. The line calls it once for each
attempt and attaches the judgement to the outcome; later users read it there (`judgement_of`, `failure_of`).

A status names a cause together with a body of the API's own form. With an empty body, or with a text in a body of
another form, it does so where the contract says that this was observed; 401, 429 and 5xx need no body. A response that
no symptom of the contract names is a server error (5xx), a refused quota (429) or an unexpected answer. A response with
a success status may still be a failure: its content says so (`failure_within`), or it is not what was expected
(`decode`, `unexpected`).
"""

import email.utils
import ssl
from typing import Any, TypeAlias, TypeVar

import httpx
import msgspec
from msgspec import Struct

from contracts.schema import Contract, Symptom
from gateway import large_json
from gateway.errors import BankError, BankFailure
from gateway.limits import BANK_RETRY_AFTER_SECONDS
from gateway.responses import Form, read

__all__ = [
    "NOTHING_SENT",
    "Judgement",
    "Outcome",
    "UnusableBody",
    "UnusableCertificate",
    "attach",
    "decode",
    "failure_of",
    "failure_within",
    "judge",
    "judgement_of",
    "missing_response",
    "unexpected",
]

T = TypeVar("T")


STANDS_ALONE = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS})
"""Statuses whose meaning HTTP itself fixes, beside the server errors: they name a cause with any body."""

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors that are raised before any byte of a request has left."""

Outcome: TypeAlias = httpx.Response | httpx.TransportError
"""The result of an attempt: a response, or the error raised in its place."""


class UnusableBody(httpx.TransportError):
    """The bank answered, but with a body that is too large or cannot be unpacked. Asking again would not help."""


class UnusableCertificate(httpx.ConnectError):
    """Our own client certificate cannot be used. Trying again would not help."""


class Judgement(Struct, frozen=True, kw_only=True):
    """The meaning of the outcome of one attempt."""

    failure: BankFailure | None = None
    """None for a success."""
    is_passing: bool = False
    """Whether the cause lies neither in the request nor in its sender, so that it may pass by itself."""
    is_no_evidence: bool = False
    """Whether the outcome is no evidence about the bank: the cause is our certificate or our limit of connections."""
    nothing_sent: bool = False
    """Whether no byte of the request has left."""
    wait_seconds: float = 0.0
    """Time that the bank asks all clients to wait (503)."""
    closed_seconds: float | None = None
    """Time for which the bank refuses further calls of this client, whose quota is used up; None when it is not."""


def judge(contract: Contract, at: str, outcome: Outcome) -> Judgement:
    """Judge the outcome of one attempt.

    Args:
        contract: the bank's contract.
        at: kind of the operation that was asked: `token`, `statement`, `balance`, ...
        outcome: a response, or the error raised in its place.
    """
    if isinstance(outcome, httpx.TransportError):
        return _judge_missing(contract, at, outcome)
    if outcome.is_success:
        return Judgement()
    failure, status = _refusal(contract, at, outcome), outcome.status_code
    return Judgement(
        failure=failure,
        # The contract decides: some banks refuse a wrong date with status 500.
        is_passing=status >= httpx.codes.INTERNAL_SERVER_ERROR and failure.entry.max_attempts > 1,
        wait_seconds=_seconds_to_wait(contract, outcome, failure) if status == httpx.codes.SERVICE_UNAVAILABLE else 0.0,
        closed_seconds=float(failure.retry_after or 0) if failure.code == "rate_limited" else None,
    )


def attach(outcome: Outcome, judgement: Judgement) -> None:
    """Attach a judgement to the outcome that it is about."""
    _notes(outcome)["judgement"] = judgement


def judgement_of(outcome: Outcome) -> Judgement:
    """The judgement that the line has attached to an outcome.

    Raises:
        KeyError: none is attached.
    """
    judgement: Judgement = _notes(outcome)["judgement"]
    return judgement


def failure_of(contract: Contract, at: str, response: httpx.Response) -> BankFailure | None:
    """The failure that a response means, None for a success; judged here if no judgement is attached yet."""
    judgement: Judgement | None = _notes(response).get("judgement")
    if judgement is None or (judgement.failure is not None and judgement.failure.at != at):
        judgement = judge(contract, at, response)
    return judgement.failure


def missing_response(contract: Contract, at: str, error: httpx.TransportError) -> BankFailure:
    """The failure of an attempt without a response."""
    if (alert := _certificate_alert(error)) is not None:
        return BankFailure(
            next((each.failure for each in contract.symptoms if each.matches("tls", 0, alert)), "bank_unavailable"),
            bank=contract.slug,
            at="tls",
            detail=f"{contract.name} refused the client certificate",
            bank_error=BankError(None, None, alert),
            nothing_sent=True,
        )
    if isinstance(error, UnusableBody):
        return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=str(error))
    timed_out = isinstance(error, httpx.TimeoutException)
    what = "gave no answer in time" if timed_out else f"could not be reached: {type(error).__name__}"
    return BankFailure(
        "bank_unavailable",
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} {what}",
        timed_out=timed_out,
        nothing_sent=isinstance(error, NOTHING_SENT),
    )


def failure_within(
    contract: Contract, at: str, response: httpx.Response, code: str | None, message: str
) -> BankFailure:
    """The failure that a response names in its content, although its status is a success.

    Only symptoms that name the response's status are searched, and only in the bank's message: the rest of the content
    are the account holder's own texts. A message that no symptom names is an unexpected answer.
    """
    status = response.status_code
    named = (
        symptom for symptom in contract.symptoms if status in symptom.status and symptom.matches(at, status, message)
    )
    found = next(named, None)
    return BankFailure(
        found.failure if found is not None else "unexpected_bank_response",
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} refused the {at} request in an answer with status {status}",
        bank_error=BankError(status, code, message),
        status_alone=found is not None and not found.body,
    )


def decode(contract: Contract, at: str, response: httpx.Response, kind: type[T]) -> T:
    """The body of a successful response as a struct; JSON numbers stay exact.

    Raises:
        BankFailure: `unexpected_bank_response` when the body is not that struct.
    """
    try:
        return large_json.decode(response.content, kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise unexpected(contract, at, f"the answer is not what was expected: {error}", response) from error


def unexpected(contract: Contract, at: str, detail: str, response: httpx.Response | None = None) -> BankFailure:
    """The failure `unexpected_bank_response` of a response that has a success status but an unusable content."""
    error = BankError(response.status_code) if response is not None else None
    return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=detail, bank_error=error)


def _notes(outcome: Outcome) -> dict[str, Any]:
    return outcome.extensions if isinstance(outcome, httpx.Response) else vars(outcome)


def _refusal(contract: Contract, at: str, response: httpx.Response) -> BankFailure:
    """The failure of a response without a success status, by the contract's symptoms."""
    status, body = response.status_code, read(response)
    text = body.plain
    named = (
        symptom
        for symptom in contract.symptoms
        if _may_name(symptom, status, body.form) and symptom.matches(at, status, text)
    )
    symptom = next(named, None)
    return BankFailure(
        symptom.failure if symptom else _by_status(status),
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} answered the {at} request with status {status}",
        bank_error=body.error(status),
        retry_after=_retry_after(contract, response) if status in {429, 503} else None,
        status_alone=symptom is not None and not symptom.body,
    )


def _may_name(symptom: Symptom, status: int, form: Form) -> bool:
    """Whether a response of that form can show this symptom at all."""
    if form is Form.OWN:
        return True
    if symptom.body:
        return symptom.foreign
    if status in STANDS_ALONE or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return True
    return form is Form.EMPTY and symptom.empty


def _by_status(status: int) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "rate_limited"
    return "bank_server_error" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "unexpected_bank_response"


def _wait_of(contract: Contract, response: httpx.Response) -> str:
    """The value of the first header that says when to ask again; empty when none does."""
    names = (*(contract.limits.wait_headers if contract.limits is not None else ()), "retry-after")
    return next((value for name in names if (value := response.headers.get(name, "").strip())), "")


def _retry_after(contract: Contract, response: httpx.Response) -> int | None:
    """Seconds the bank asks to wait, as RFC 9110 section 10.2.3 writes it, at most a day; None when absent or
    unreadable.
    """
    value = _wait_of(contract, response)
    if value.isdecimal():
        return min(int(value[:9]), BANK_RETRY_AFTER_SECONDS) or None
    try:
        wait = email.utils.parsedate_to_datetime(value) - email.utils.parsedate_to_datetime(response.headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0, min(int(wait.total_seconds()), BANK_RETRY_AFTER_SECONDS)) or None


def _seconds_to_wait(contract: Contract, response: httpx.Response, failure: BankFailure) -> float:
    """Seconds the bank asks to wait; 0 when it does not.

    A date that cannot be read counts as the catalogue's wait, which is too long to be waited for on the line.
    """
    value = _wait_of(contract, response)
    if not value or value.isdecimal():
        return float(value[:9] or 0)
    return float(failure.retry_after or 0)


def _judge_missing(contract: Contract, at: str, error: httpx.TransportError) -> Judgement:
    ours = _certificate_alert(error) is not None or isinstance(error, UnusableCertificate)
    return Judgement(
        failure=missing_response(contract, at, error),
        is_passing=not ours and not isinstance(error, UnusableBody),
        is_no_evidence=ours or isinstance(error, httpx.PoolTimeout),
        nothing_sent=isinstance(error, NOTHING_SENT),
    )


def _certificate_alert(error: BaseException) -> str | None:
    """The TLS alert with which the bank refused our certificate; None when it did not."""
    cause = _tls_error(error)
    if cause is None or isinstance(cause, ssl.SSLCertVerificationError) or "ALERT" not in str(cause).upper():
        return None
    return str(cause)


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS error behind an error, if there is one; a chain of causes may lead back to itself."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLError):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None
