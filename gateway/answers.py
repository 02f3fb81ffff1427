"""Reading a bank's answer: which failure it is, or the struct it holds. Decoding trusts nothing."""

import email.utils
import html
import re
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec

from contracts.schema import Contract, Symptom
from gateway import large_json
from gateway.errors import BankError, BankFailure

__all__ = ["bank_error", "decode", "failure_of", "failure_within", "own_or_empty", "text_of", "unexpected"]

T = TypeVar("T")

LONGEST_WAIT = 24 * 3600
"""A bank that asks us to wait longer than a day, in seconds, is taken to say a day."""

PHRASES = frozenset(status.phrase.lower() for status in HTTPStatus)
"""What a status is called says nothing that the status does not say."""
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")

LARGEST_ERROR = 64 * 1024
"""Bytes of a refusal that are read; a longer one is no answer of an API."""

LONGEST_WORDS = 4096
"""Signs of a refusal's text that are looked at for the bank's words."""

MOST_WORDS = 5
"""Texts of a list that are taken for the bank's words."""

DEEPEST = 16
"""Levels of a refusal that are searched."""

STANDS_ALONE = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS})
"""Statuses whose meaning HTTP itself fixes, beside the server errors: they name a cause with any body."""

CODE_KEYS = ("code", "error", "errortitle", "codigo", "type", "typeerror", "tag", "errorcode", "codigoerro")
MESSAGE_KEYS = (
    "errordescription",
    "detail",
    "message",
    "mensagem",
    "descricao",
    "description",
    "title",
    "reason",
    "details",
    "faultstring",
    "messages",
    "mensagens",
    "errors",
    "erros",
)
"""Names without capitals and punctuation, the most telling first."""


class Form(Enum):
    """What a body looks like."""

    OWN = auto()
    """A JSON object or array, as all of these APIs send."""
    EMPTY = auto()
    FOREIGN = auto()
    """A web page or another text: somebody on the way may have written it."""


def own_or_empty(response: httpx.Response) -> bool:
    """Whether an answer has the API's own form or no body; a web page is neither, whatever its status."""
    return _read(response)[0] is not Form.FOREIGN


def failure_of(contract: Contract, at: str, response: httpx.Response) -> BankFailure | None:
    """The failure an answer shows by the contract's symptoms, or None for a success.

    A status names a cause together with a body of the API's own form. Without a body, or with words in
    a body of another form, it does where the contract says that this was seen; 401, 429 and 5xx stand alone. An
    answer that no symptom names is a server error (5xx), a refused quota (429) or an unexpected answer.
    """
    if response.is_success:
        return None
    status = response.status_code
    form, text, _ = _read(response)
    body = _plain(text)
    named = (
        symptom
        for symptom in contract.symptoms
        if _may_name(symptom, status, form) and symptom.matches(at, status, body)
    )
    symptom = next(named, None)
    code = symptom.failure if symptom else _by_status(status)
    return BankFailure(
        code,
        bank=contract.slug,
        at=at,
        detail=f"{contract.name} answered the {at} request with status {status}",
        bank_error=bank_error(response),
        retry_after=_retry_after(response) if status in {429, 503} else None,
        status_alone=symptom is not None and not symptom.body,
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
        return large_json.decode(response.content, kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise unexpected(contract, at, f"the answer is not what was expected: {error}", response) from error


def unexpected(contract: Contract, at: str, detail: str, response: httpx.Response | None = None) -> BankFailure:
    """A success that is none: `unexpected_bank_response` with what was wrong about it."""
    error = BankError(response.status_code) if response is not None else None
    return BankFailure("unexpected_bank_response", bank=contract.slug, at=at, detail=detail, bank_error=error)


def bank_error(response: httpx.Response) -> BankError:
    """The bank's own code and message, in whichever of the usual shapes it sent them."""
    form, text, body = _read(response)
    if form is not Form.OWN:
        words = body if isinstance(body, str) else "" if body is not None else text
        return BankError(response.status_code, None, _visible(words[:LONGEST_WORDS]) or None)
    code = _find(body, CODE_KEYS)
    message = _find(body, MESSAGE_KEYS, but=PHRASES) or _find(body, MESSAGE_KEYS)
    return BankError(response.status_code, code, message or _any_words(body, but=code))


def text_of(response: httpx.Response) -> str:
    """The text of an answer, as much of it as is looked at. What it says of its character set is not relied on."""
    content = response.content[:LARGEST_ERROR]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = len(response.content) > LARGEST_ERROR and error.start >= len(content) - 3
        return content[: error.start].decode("utf-8-sig") if cut else content.decode("latin-1")


def _read(response: httpx.Response) -> tuple[Form, str, Any]:
    """The form of an answer, its text, and what the text holds when it has the API's own form."""
    text = text_of(response)
    if not text.strip():
        return Form.EMPTY, "", None
    if len(response.content) > LARGEST_ERROR:
        return Form.FOREIGN, text, None
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Form.FOREIGN, text, None
    return (Form.OWN if isinstance(body, dict | list) else Form.FOREIGN), text, body


def _may_name(symptom: Symptom, status: int, form: Form) -> bool:
    """Whether an answer of that form can show this symptom at all."""
    if form is Form.OWN:
        return True
    if symptom.body:
        return symptom.foreign
    if status in STANDS_ALONE or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return True
    return form is Form.EMPTY and symptom.empty


def _find(body: Any, keys: tuple[str, ...], depth: int = 0, *, but: frozenset[str] = frozenset()) -> str | None:
    """The first of these keys that holds a text or some, here or deeper; texts in `but`, in small letters, are none."""
    if depth > DEEPEST:
        return None
    if isinstance(body, list):
        return next((found for item in body[:MOST_WORDS] if (found := _find(item, keys, depth + 1, but=but))), None)
    if not isinstance(body, dict):
        return None
    named = {"".join(filter(str.isalnum, name)).lower(): value for name, value in body.items()}
    for key in keys:
        told = named.get(key)
        if isinstance(told, list) and all(isinstance(text, str) for text in told):
            told = " ".join(told[:MOST_WORDS])
        if isinstance(told, str | int) and told != "" and str(told).strip().lower() not in but:
            return str(told)
    return next((found for value in body.values() if (found := _find(value, keys, depth + 1, but=but))), None)


def _any_words(body: Any, *, but: str | None) -> str | None:
    """The first texts of several words, under whatever name they stand; None when there is none."""
    found: list[str] = []

    def search(value: Any, depth: int) -> None:
        if len(found) >= MOST_WORDS or depth > DEEPEST:
            return
        if isinstance(value, str) and " " in value.strip() and value != but:
            found.append(value.strip())
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                search(item, depth + 1)

    search(body, 0)
    return " ".join(found) or None


def _visible(text: str) -> str:
    """What a reader sees of a text that may be a web page."""
    if "<" not in text:
        return text.strip()
    before, *tags = text.split("<")
    shown, within = [before], ""
    for tag in tags:
        name, _, after = tag.partition(">")
        name = name.split(None, 1)[0].lower() if name.strip() else ""
        if within:
            within = "" if name == f"/{within}" else within
        elif name in {"script", "style"}:
            within = name
        if not within:
            shown.append(after)
    return " ".join(html.unescape(" ".join(shown)).split())


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
