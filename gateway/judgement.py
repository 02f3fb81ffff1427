"""Decides what counts as a failure of a bank, for the line, the connectors and the authentication.

Theory of operation. `judge` concludes from the outcome of one attempt everything that policies need. The line judges
each attempt once and attaches the judgement to the outcome; later code reads it (`judgement_of`, `failure_of`). Rules.
1. The first symptom of the contract that a refusal shows names the failure.
2. A status shows a symptom together with a body of the API's own form. An empty body, or words in a body of another
   form, show only a symptom that allows it (`empty`, `foreign`); 401, 429 and 5xx need no body.
3. A refusal that shows no symptom is a refused quota (429), a server error (5xx, 408, 425) or an unexpected answer.
4. A response with a success status may still be a failure: its content says so (`failure_within`), or it is not what
   was asked for (`decode`, `unexpected`). Only a body that is nothing but a refusal, and the visible text of a web
   page, are words of the bank: any other may hold texts of account holders, which name nothing and are not told.
5. A refusal that says that there are no entries names no period as its cause, and no account where the symptom is
   assumed: the words for them stand in it because they were asked about. Connectors take it for an empty answer.
6. A refusal that says that the bank's system is down for now is a server error, and one that says that a quota is used
   up is a refused quota, whatever the status, and in the visible text of a web page too: time mends both, whoever wrote
   it. Only a symptom with words of its own takes precedence; one of rule 5 only if it was observed.
7. A web server's own page that refuses the client certificate shows what an alert in the handshake shows, at a bank
   that wants one. Any other alert blames no certificate: a load balancer sends one when nobody behind it answers.
8. A success with status 206 is a server error: by the meaning of HTTP it is a part of the answer, and no part was asked
   for. Its body is no refusal, so that no words of it are told. A connector that knows what is missing accepts it.

Long because each rule stands beside the function that applies it.
"""

import re
import ssl
from functools import cache
from typing import Any, TypeAlias, TypeVar

import httpx
import msgspec
from msgspec import Struct

from contracts.schema import Contract, Evidence, MutualTLS, Symptom
from gateway import large_json
from gateway.causes import causes, why_unreached
from gateway.errors import BankError, BankFailure
from gateway.http.retry_headers import retry_after, wait_seconds
from gateway.refusal_words import CERTIFICATE_REFUSED, status_by_words
from gateway.responses import Form, found_nothing, in_utf8, page_error, read, refusal_within

__all__ = [
    "NOTHING_SENT",
    "Judgement",
    "Outcome",
    "UnusableBody",
    "UnusableCertificate",
    "attach",
    "check_success",
    "decode",
    "detach",
    "failure_of",
    "failure_within",
    "judge",
    "judgement_of",
    "missing_response",
    "unexpected",
]

T = TypeVar("T")


STANDS_ALONE = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS})
"""Statuses that, like the server errors, show a symptom with any body, because HTTP defines their meaning."""

PASSING = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY})
"""Statuses below 500 that blame no request. A proxy says 408 on a connection that it gives up, also to a request that
is sent there at that moment."""

CERTIFICATE_ALERT = re.compile(
    r"alert[ _].*?(?:certificate|unknown[ _]ca|handshake[ _]failure|access[ _]denied|decrypt[ _]error)", re.IGNORECASE
)
"""TLS alerts by which a client certificate is refused. Where a server wants one and gets none that it accepts, many say
no more than that the handshake failed."""

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors that are raised before any byte of a request has been sent."""

Outcome: TypeAlias = httpx.Response | httpx.TransportError
"""The result of one attempt: a response, or the error that was raised instead."""


class UnusableBody(httpx.TransportError):
    """The body of a response is too large or cannot be unpacked. A retry would not help."""


class UnusableCertificate(httpx.ConnectError):
    """Our client certificate cannot be used. A retry would not help."""


class Judgement(Struct, frozen=True, kw_only=True):
    """The meaning of the outcome of one attempt."""

    failure: BankFailure | None = None
    """The failure of the bank; None for a success."""
    is_passing: bool = False
    """Whether neither the request nor its sender is the cause, so that the same request may succeed later."""
    is_ours: bool = False
    """Whether our certificate or our limit of connections is the cause, which shows nothing about the bank."""
    nothing_sent: bool = False
    """Whether no byte of the request has been sent."""
    wait_seconds: float = 0.0
    """How long the bank asks all its clients to wait (503); 0 where it names no time."""
    closed_seconds: float | None = None
    """How long the bank refuses further calls of this client, whose quota is used up; None where it does not."""


def judge(contract: Contract, at: str, outcome: Outcome) -> Judgement:
    """Judge the outcome of one attempt.

    Args:
        at: the kind of the operation: `token`, `statement`, `balance`, ...
        outcome: the response, or the error that was raised instead.
    """
    if isinstance(outcome, httpx.TransportError):
        return _judge_missing(contract, at, outcome)
    if outcome.status_code == httpx.codes.PARTIAL_CONTENT:
        detail, said = f"{contract.name} answered the {at} request with a part only", BankError(outcome.status_code)
        return Judgement(
            failure=BankFailure("bank_server_error", bank=contract.slug, at=at, detail=detail, bank_error=said)
        )
    if outcome.is_success:
        return Judgement()
    failure, status = _refusal(contract, at, outcome), outcome.status_code
    return Judgement(
        failure=failure,
        # The catalogue decides, not the status alone: some banks refuse a wrong date with status 500.
        is_passing=_is_servers(status) and failure.entry.max_attempts > 1,
        wait_seconds=wait_seconds(contract, outcome, failure) if status == httpx.codes.SERVICE_UNAVAILABLE else 0.0,
        closed_seconds=float(failure.retry_after or 0) if failure.code == "rate_limited" else None,
    )


def attach(outcome: Outcome, judgement: Judgement) -> None:
    """Attach a judgement to the outcome that it is about."""
    _notes(outcome)["judgement"] = judgement


def judgement_of(outcome: Outcome) -> Judgement:
    """The judgement that the line has attached to an outcome.

    Raises:
        KeyError: the outcome has no judgement.
    """
    judgement: Judgement = _notes(outcome)["judgement"]
    return judgement


def detach(outcome: Outcome) -> Judgement:
    """Take its judgement from an outcome, which is no longer needed there.

    Raises:
        KeyError: the outcome has no judgement.
    """
    judgement: Judgement = _notes(outcome).pop("judgement")
    return judgement


def failure_of(contract: Contract, at: str, response: httpx.Response) -> BankFailure | None:
    """The failure of a response, or None for a success; judges it here if it has no judgement for `at` yet."""
    judgement: Judgement | None = _notes(response).get("judgement")
    if judgement is None or (judgement.failure is not None and judgement.failure.at != at):
        judgement = judge(contract, at, response)
    return judgement.failure


def check_success(contract: Contract, at: str, response: httpx.Response) -> None:
    """Raise the failure of a response.

    Raises:
        BankFailure: the response is no success.
    """
    failure = failure_of(contract, at, response)
    # Calls in the traceback of an error may not name what holds it: it would live until garbage is collected.
    _notes(response).pop("judgement", None)
    try:
        if failure is not None:
            raise failure
    finally:
        del failure


def missing_response(contract: Contract, at: str, error: httpx.TransportError) -> BankFailure:
    """The failure where an error was raised instead of a response."""
    if (alert := _certificate_alert(contract, error)) is not None:
        return _refused_certificate(contract, alert, BankError(None, None, alert))
    if isinstance(error, UnusableBody):
        return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=str(error))
    timed_out = isinstance(error, httpx.TimeoutException)
    if isinstance(error, UnusableCertificate):
        what = f"was not asked: {error}"
    else:
        what = "gave no answer in time" if timed_out else f"could not be reached: {why_unreached(error)}"
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
    """The failure of a response whose content is a refusal, whatever its status.

    Only symptoms that name the response's status count, and they are searched in the bank's message alone, because the
    rest of the content is texts of account holders. Without a symptom it is an unexpected answer.

    Args:
        at: the kind of the operation.
        response: the response.
        code: the bank's code of the refusal, if it gives one.
        message: the bank's message.
    """
    status = response.status_code
    named = (
        symptom for symptom in contract.symptoms if status in symptom.status and symptom.matches(at, status, message)
    )
    found = next(named, None)
    worded = status_by_words(message)
    unnamed = "unexpected_bank_response" if worded is None else _by_status(worded)
    return BankFailure(
        found.failure if found is not None else unnamed,
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} refused the {at} request in an answer with status {status}",
        bank_error=BankError(status, code, message),
        status_alone=found is not None and not found.body,
    )


def decode(contract: Contract, at: str, response: httpx.Response, kind: type[T]) -> T:
    """The body of a successful response as a struct; JSON numbers stay exact, and a byte order mark is passed over.

    Raises:
        BankFailure: `unexpected_bank_response` where the body is not that struct; where the body is only a refusal, the
            code that its words stand for.
    """
    names, nothing = _form(kind)  # type: ignore[arg-type] # a type is hashable
    try:
        found = large_json.decode(in_utf8(response), kind)
        refusal = refusal_within(response, names) if nothing is not None and found == nothing else None
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, RecursionError) as error:
        if (refusal := refusal_within(response, names)) is None:
            # Its text, because an error that a call of its own traceback names lives until garbage is collected.
            why = str(error) if response.content.strip() else "it is empty"
            raise unexpected(contract, at, f"the answer is not what was expected: {why}", response) from error
    if refusal is not None:
        raise failure_within(contract, at, response, refusal.code, refusal.message or "")
    return found


@cache
def _form(kind: Any) -> tuple[tuple[str, ...], Struct | None]:
    """The names of a struct's fields on the wire, and the struct without any of them, if all may be left out."""
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return (), None
    try:
        return kind.__struct_encode_fields__, kind()
    except TypeError:
        return kind.__struct_encode_fields__, None


def unexpected(contract: Contract, at: str, detail: str, response: httpx.Response | None = None) -> BankFailure:
    """The failure of an answer that is not what was asked for; `detail` says why.

    Its code is `unexpected_bank_response`, or the one that the words of a web page stand for (rule 6).
    """
    error = page_error(response) if response is not None else None
    worded = status_by_words(error.message or "") if error is not None else None
    code = "unexpected_bank_response" if worded is None else _by_status(worded)
    return BankFailure(code, bank=contract.slug, at=at, detail=detail, bank_error=error)


def _notes(outcome: Outcome) -> dict[str, Any]:
    return outcome.extensions if isinstance(outcome, httpx.Response) else vars(outcome)


def _refusal(contract: Contract, at: str, response: httpx.Response) -> BankFailure:
    """The failure of a response without a success status, by the contract's symptoms."""
    status, body = response.status_code, read(response)
    text = body.plain
    is_page = status == httpx.codes.BAD_REQUEST and body.form is Form.FOREIGN
    refused = CERTIFICATE_REFUSED.search(text) if is_page else None
    if refused is not None and contract.authentication.mutual_tls is not MutualTLS.NONE:
        return _refused_certificate(contract, refused[0], body.error(status))
    symptoms = [each for each in contract.symptoms if _may_name(each, status, body.form)]
    if at == "statement" and found_nothing(response):
        symptoms = [each for each in symptoms if not each.is_asked_about]
    words = text if body.form is Form.OWN else body.error(status).message or ""
    worded = status_by_words(words) if status not in STANDS_ALONE else None
    if worded is not None:
        observed = Evidence.OBSERVED
        symptoms = [each for each in symptoms if each.body and (not each.is_asked_about or each.evidence is observed)]
    named = (each for each in symptoms if each.matches(at, status, text))
    symptom = next(named, None)
    code = symptom.failure if symptom else _by_status(worded or status)
    return BankFailure(
        code,
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} answered the {at} request with status {status}",
        bank_error=body.error(status),
        retry_after=retry_after(contract, response) if status in {429, 503} or code == "rate_limited" else None,
        status_alone=symptom is not None and not symptom.body,
    )


def _may_name(symptom: Symptom, status: int, form: Form) -> bool:
    """Whether a response of this status and form can show the symptom (rule 2)."""
    if form is Form.OWN:
        return True
    if symptom.body:
        return symptom.foreign
    if status in STANDS_ALONE or _is_servers(status):
        return True
    return form is Form.EMPTY and symptom.empty


def _by_status(status: int) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "rate_limited"
    return "bank_server_error" if _is_servers(status) else "unexpected_bank_response"


def _is_servers(status: int) -> bool:
    """Whether a status says that the cause lies with the server, and neither with the request nor with its sender."""
    return status >= httpx.codes.INTERNAL_SERVER_ERROR or status in PASSING


def _refused_certificate(contract: Contract, words: str, error: BankError) -> BankFailure:
    """The failure of a client certificate that was refused in the handshake or, with a status, in a page."""
    return BankFailure(
        next((each.failure for each in contract.symptoms if each.matches("tls", 0, words)), "bank_unavailable"),
        bank=contract.slug,
        at="tls",
        detail=f"{contract.name} refused the client certificate",
        bank_error=error,
        nothing_sent=error.status is None,
    )


def _judge_missing(contract: Contract, at: str, error: httpx.TransportError) -> Judgement:
    ours = _certificate_alert(contract, error) is not None or isinstance(error, UnusableCertificate)
    return Judgement(
        failure=missing_response(contract, at, error),
        is_passing=not ours and not isinstance(error, UnusableBody),
        is_ours=ours or isinstance(error, httpx.PoolTimeout),
        nothing_sent=isinstance(error, NOTHING_SENT),
    )


def _certificate_alert(contract: Contract, error: BaseException) -> str | None:
    """The TLS alert with which the bank refused our certificate; None where there was none."""
    cause = next((each for each in causes(error) if isinstance(each, ssl.SSLError)), None)
    if cause is None or isinstance(cause, ssl.SSLCertVerificationError):
        return None
    wants_one = contract.authentication.mutual_tls is not MutualTLS.NONE
    return str(cause) if wants_one and CERTIFICATE_ALERT.search(str(cause)) else None
