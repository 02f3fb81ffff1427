"""Failures in the OpenAPI document: which codes of the catalogue each operation can answer.

The catalogue is the only list of codes. A code that is not named here counts as one that a bank may cause, and is
documented wherever a bank is asked.
"""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Schema

import contracts
from contracts.catalogue import Failure
from gateway.api.problems import MEDIA_TYPE, Problem
from gateway.render.formats import FORMATS

__all__ = ["BodilessOperation", "HelpOperation", "PageOperation", "PeriodOperation", "problems"]

ALWAYS = frozenset(
    {
        "malformed_body",
        "headers_too_large",
        "request_timeout",
        "gateway_busy",
        "storage_unavailable",
        "internal_error",
    }
)
"""Codes of every operation."""
KEYED = frozenset({"unauthenticated", "scope_missing", "too_many_requests"})
CHECKED = frozenset({"invalid_request"})
BODY = frozenset({"body_too_large", "unsupported_media_type"})
NAMED = frozenset({"not_found", "unknown_account", "unknown_bank"})
FORMAT = frozenset({"not_acceptable", "format_unsuitable", "format_not_installed"})
CHANGES = frozenset({"cursor_too_old", "not_stored"})
WEBHOOKS = frozenset({"unknown_webhook", "too_many_webhooks"})
CONNECT = frozenset({"not_found", "unknown_account", "too_many_connect_sessions"})
KEYS = frozenset({"not_found", "too_many_keys", "last_managing_key", "key_replaced"})
READINESS = frozenset({"not_ready"})
PAGES = frozenset({"not_found"})
ROUTING = frozenset({"method_not_allowed"})
"""Codes at addresses without an operation."""
STORED = frozenset({"credentials_unreadable"})
"""Codes of stored values of an account."""
REGISTERING = frozenset({"account_exists"})
APART = (
    BODY | KEYED | CHECKED | NAMED | FORMAT | CHANGES | WEBHOOKS | KEYS | CONNECT | READINESS | ROUTING | REGISTERING
)


class _Answer(ResponseSpec):
    """A documented failure of an operation. It is never changed, so that a copy is the object itself.

    Litestar copies each handler with its attributes twice for each application. Copies of these texts and their types
    took half of the time in which an application is composed.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Answer":
        return self


def problems(
    *,
    keyed: bool = True,
    checked: bool = True,
    bank: bool = False,
    body: bool = False,
    named: bool = False,
    stored: bool = False,
    registers: bool = False,
    formats: bool = False,
    changes: bool = False,
    webhooks: bool = False,
    keys: bool = False,
    connect: bool = False,
    readiness: bool = False,
    pages: bool = False,
) -> dict[int, ResponseSpec]:
    """The failures of an operation, by status.

    Args:
        keyed: it requires an API key.
        checked: it checks parameters or a body.
        bank: it may ask a bank.
        body: it takes a body.
        named: its address names an account or a bank.
        stored: it reads stored values of an account.
        registers: it registers an account or enables credentials.
        formats: it checks `Accept`.
        changes: it answers from what is stored of statements.
        webhooks: it makes or names a webhook.
        keys: it makes or names an API key.
        connect: it makes or names a session of the connect page.
        readiness: it answers whether the gateway is ready.
        pages: its address names a page.
    """
    chosen = (
        (keyed, KEYED),
        (checked, CHECKED),
        (bank, contracts.failures().failures.keys() - ALWAYS - APART),
        (body, BODY),
        (named, NAMED),
        (stored, STORED),
        (registers, REGISTERING),
        (formats, FORMAT),
        (changes, CHANGES),
        (webhooks, WEBHOOKS),
        (keys, KEYS),
        (connect, CONNECT),
        (readiness, READINESS),
        (pages, PAGES),
    )
    codes = ALWAYS.union(*(group for wanted, group in chosen if wanted))
    by_status: dict[int, list[str]] = {}
    for code, failure in contracts.failures().failures.items():
        if code in codes:
            for status in _statuses(failure):
                by_status.setdefault(status, []).append(f"`{code}`: {failure.title}")
    return {
        status: _Answer(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="\n\n".join(meanings))
        for status, meanings in sorted(by_status.items())
    }


def _statuses(failure: Failure) -> set[int]:
    return {failure.status} | ({failure.status_on_timeout} if failure.status_on_timeout is not None else set())


@dataclass
class PeriodOperation(Operation):
    """An operation about a period, which answers in the formats of a statement.

    The handler has defaults for the days, so that its error can name all missing ones at once.
    """

    def __post_init__(self) -> None:
        """Hide these defaults, and add the formats other than JSON."""
        for each in self.parameters or ():
            parameter: Any = each
            if parameter.schema.default == "":
                parameter.schema.default = None
        success: Any = (self.responses or {})["200"]
        for form in FORMATS:
            schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY if form.is_binary else None)
            success.content.setdefault(form.media_type, OpenAPIMediaType(schema=schema))


@dataclass
class PageOperation(Operation):
    """An operation that also answers a browser with pages when it fails."""

    def __post_init__(self) -> None:
        """Add HTML to the failures."""
        for status, each in (self.responses or {}).items():
            response: Any = each
            if int(status) >= 400 and response.content:
                response.content["text/html"] = OpenAPIMediaType(schema=Schema(type="string"))  # type: ignore[arg-type]


@dataclass
class HelpOperation(PageOperation):
    """An operation that answers a browser with pages, and a program with the same as JSON."""

    def __post_init__(self) -> None:
        """Add HTML to the success too."""
        super().__post_init__()
        success: Any = (self.responses or {})["200"]
        success.content["text/html"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@dataclass
class BodilessOperation(Operation):
    """An operation whose body may be left out."""

    def __post_init__(self) -> None:
        """Require no body."""
        body: Any = self.request_body
        body.required = False


for _code in ALWAYS | APART | STORED:
    # A misspelt code fails when the module is imported.
    contracts.failures().failures[_code]
