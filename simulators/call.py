"""The calls of a simulated bank, its refusals and its answers."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
from msgspec import Struct, field

from contracts.schema import Evidence, Operation, OperationKind
from simulators.faults import ActiveFault
from simulators.journal.records import Record
from simulators.reasons import because, shown
from simulators.world import SimulatedAccount

__all__ = [
    "FORM",
    "Answered",
    "Call",
    "Refusal",
    "Write",
    "authorization",
    "authorization_wrong",
    "basic_credentials",
    "form_of",
    "json_answer",
    "media_type_of",
    "other_read",
    "pairs",
]

FORM = "application/x-www-form-urlencoded"
"""Media type of a form (RFC 6749 appendix B); no bank reads a token request in another one."""
ENCODER = msgspec.json.Encoder(decimal_format="number")


class Answered(Exception):
    """Ends a handler early with an answer.

    Args:
        response: the answer.
        why: the rule that refuses, in words for the journal; empty where the answer carries it already.
    """

    def __init__(self, response: httpx.Response, why: str = "") -> None:
        super().__init__(response.status_code)
        self.response = because(response, why)


class Refusal(Struct, frozen=True):
    """One refusal of a bank."""

    at: str
    """Kind of operation: `token`, `statement`, `balance`."""
    status: int
    body: Any = None
    """JSON value, or a text that is sent as it is."""
    headers: dict[str, str] = {}

    def response(self, why: str = "") -> httpx.Response:
        """The answer; `why` says for the journal which rule refused."""
        if isinstance(self.body, str):
            return because(httpx.Response(self.status, headers=self.headers, text=self.body), why)
        if self.body is None:
            return because(httpx.Response(self.status, headers=self.headers), why)
        return because(json_answer(self.body, self.status, self.headers), why)


class Write(Struct, frozen=True):
    """A write operation of the real bank: answered like the bank, recorded as a failure of the caller."""

    method: str
    path: str
    status: int = 200
    body: Any = None


def other_read(
    kind: OperationKind,
    path: str,
    source: str,
    *,
    method: str = "GET",
    host: str = "api",
    scope: str = "",
    evidence: Evidence = Evidence.DOCUMENTED,
) -> Operation:
    """A read or token request of the real bank that the gateway does not make: one of `Bank.other_reads`."""
    return Operation(kind=kind, method=method, host=host, path=path, scope=scope, evidence=evidence, source=source)


class Call(Struct, kw_only=True):
    """One request as a handler sees it."""

    request: httpx.Request
    operation: str
    kind: OperationKind
    environment: str
    segments: dict[str, str]
    record: Record
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    account: SimulatedAccount | None = None
    faults: tuple[ActiveFault, ...] = ()
    """Faults that apply to this call."""


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A JSON answer; decimals are written as numbers, exactly."""
    content = ENCODER.encode(body)
    return httpx.Response(status, headers={"content-type": "application/json", **(headers or {})}, content=content)


def pairs(encoded: str) -> dict[str, str]:
    """The parameters of a query or a form; the last value of one that is given twice."""
    return dict(parse_qsl(encoded, keep_blank_values=True))


def media_type_of(request: httpx.Request) -> str:
    """What a request says that its body is, without parameters; empty where it says nothing."""
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def form_of(request: httpx.Request) -> dict[str, str]:
    """The fields of a form; none where the request carries something else."""
    if media_type_of(request) == FORM:
        return pairs(request.content.decode("utf-8", "replace"))
    return {}


def authorization(request: httpx.Request) -> tuple[str, str]:
    """Scheme, in small letters, and credentials of a request; between them stand one or more blanks (RFC 9110 11.4)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), value.strip(" ")


def authorization_wrong(request: httpx.Request, scheme: str = "Bearer") -> str:
    """Why the header `authorization` carries no credentials of a scheme that can be read; it tells none of them."""
    wanted = "a Bearer token" if scheme == "Bearer" else f"{scheme} credentials"
    given = request.headers.get_list("authorization")
    if len(given) != 1:
        return f"header authorization {'stands twice' if given else 'missing'}: it must carry {wanted}"
    named, value = authorization(request)
    if value and named != scheme.lower():
        came = f"the scheme {shown(named)}"
    elif value:
        came = "some that cannot be read"
    else:
        came = "the scheme alone" if named == scheme.lower() else "a value without a scheme"
    return f"header authorization: it must carry {wanted}, got {came}"


def basic_credentials(request: httpx.Request) -> dict[str, str]:
    """The client id and secret of a Basic header (RFC 6749 section 2.3.1), by their names in a form; or none."""
    scheme, value = authorization(request)
    if scheme != "basic" or not value:
        return {}
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}
