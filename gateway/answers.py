"""Reading a bank's answer: which failure it is, or the struct it holds. Decoding trusts nothing."""

import email.utils
import re
from typing import Any, TypeVar

import httpx
import msgspec

from contracts.schema import Contract
from gateway.errors import BankError, BankFailure

__all__ = ["bank_error", "decode", "failure_of", "failure_within", "unexpected"]

T = TypeVar("T")

LONGEST_WAIT = 24 * 3600
"""A bank that asks us to wait longer than a day, in seconds, is taken to say a day."""

ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")

CODE_KEYS = (
    "code",
    "error",
    "error_title",
    "codigo",
    "type",
    "typeError",
    "tag",
    "_errorCode",
    "errorCode",
    "errorcode",
    "codigoErro",
)
MESSAGE_KEYS = (
    "error_description",
    "detail",
    "message",
    "mensagem",
    "descricao",
    "description",
    "title",
    "reason",
    "_details",
    "_message",
    "details",
    "faultstring",
)


def failure_of(contract: Contract, at: str, response: httpx.Response) -> BankFailure | None:
    """The failure an answer shows by the contract's symptoms, or None for a success.

    An answer that no symptom names is a server error (5xx), a refused quota (429) or an unexpected answer.
    """
    if response.is_success:
        return None
    status = response.status_code
    error = bank_error(response)
    body = _plain(response.text)
    status_alone = False
    for symptom in contract.symptoms:
        if symptom.matches(at, status, body):
            code, status_alone = symptom.failure, not symptom.body
            break
    else:
        code = _by_status(status)
    return BankFailure(
        code,
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} answered the {at} request with status {status}",
        bank_error=error,
        retry_after=_retry_after(response) if status in {429, 503} else None,
        status_alone=status_alone,
    )


def failure_within(
    contract: Contract, at: str, response: httpx.Response, code: str | None, message: str
) -> BankFailure:
    """The failure of an answer that says in its content that it is none, whatever its status says.

    Only symptoms that name the answer's status are looked at, and only in the bank's message: what else stands in the
    content are the account holder's own texts. What no symptom names is an unexpected answer.
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
    """The body of a successful answer as a struct; JSON numbers stay exact.

    Raises:
        BankFailure: `unexpected_bank_response` when the body is not that struct.
    """
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise unexpected(contract, at, f"the answer is not what was expected: {error}", response) from error


def unexpected(contract: Contract, at: str, detail: str, response: httpx.Response | None = None) -> BankFailure:
    """A success that is none: `unexpected_bank_response` with what was wrong about it."""
    error = BankError(response.status_code) if response is not None else None
    return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=detail, bank_error=error)


def bank_error(response: httpx.Response) -> BankError:
    """The bank's own code and message, in whichever of the usual shapes it sent them."""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        plain = "" if "html" in response.headers.get("content-type", "") else response.text.strip()
        return BankError(response.status_code, None, None if plain.startswith("<") else plain)
    return BankError(response.status_code, _find(body, CODE_KEYS), _find(body, MESSAGE_KEYS))


def _find(body: Any, keys: tuple[str, ...]) -> str | None:
    """The first of these keys that holds a text or some, here or one level deeper."""
    if isinstance(body, list):
        return next((found for item in body[:5] if (found := _find(item, keys))), None)
    if not isinstance(body, dict):
        return None
    for key in keys:
        told = body.get(key)
        if isinstance(told, list) and all(isinstance(text, str) for text in told):
            told = " ".join(told[:5])
        if isinstance(told, str | int) and told != "":
            return str(told)
    return next(
        (found for value in body.values() if isinstance(value, dict | list) and (found := _find(value, keys))), None
    )


def _plain(text: str) -> str:
    """The text of an answer with signs that JSON has escaped by their number, so that words are found in both forms."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _by_status(status: int) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "rate_limited"
    return "bank_server_error" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "unexpected_bank_response"


def _retry_after(response: httpx.Response) -> int | None:
    """Seconds of the Retry-After header (RFC 9110 section 10.2.3), at most a day; None when absent or unreadable."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(int(value[:9]), LONGEST_WAIT) or None
    try:
        wait = email.utils.parsedate_to_datetime(value) - email.utils.parsedate_to_datetime(response.headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0, min(int(wait.total_seconds()), LONGEST_WAIT)) or None
