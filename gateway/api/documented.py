"""Failures in the OpenAPI document: which codes of the catalogue each operation can answer.

The catalogue is the only list of codes. A code that is not named here counts as one that a bank may cause, and is
documented wherever a bank is asked.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Schema

import contracts
from contracts.catalogue import Failure
from gateway.api.problems import MEDIA_TYPE, Problem
from gateway.render.formats import FORMATS

__all__ = ["BodilessOperation", "Doing", "HelpOperation", "PageOperation", "PeriodOperation", "problems"]

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
ROUTING = frozenset({"method_not_allowed"})
"""Codes at addresses without an operation."""


class Doing(Enum):
    """What an operation does, with the further codes that it can answer therefore."""

    ASKS_BANK = frozenset[str]()
    """It may ask a bank: all codes that stand nowhere else."""
    TAKES_BODY = frozenset({"body_too_large", "unsupported_media_type"})
    NAMES_ACCOUNT = frozenset({"not_found", "unknown_account", "unknown_bank"})
    """Its address or its body names an account or a bank."""
    READS_STORED = frozenset({"credentials_unreadable"})
    """It reads stored values of an account."""
    REGISTERS = frozenset({"account_exists", "too_many_refusals"})
    """It registers an account, enables credentials, or begins what does."""
    CHOOSES_FORMAT = frozenset({"not_acceptable", "format_unsuitable", "format_not_installed"})
    """It heeds `Accept`."""
    ANSWERS_FROM_STORE = frozenset({"cursor_too_old", "not_stored"})
    """It answers from what is stored of statements."""
    NAMES_WEBHOOK = frozenset({"unknown_webhook", "too_many_webhooks"})
    """It makes or names a webhook."""
    NAMES_KEY = frozenset({"not_found", "too_many_keys", "last_managing_key", "key_replaced"})
    """It makes or names an API key."""
    NAMES_CONNECT_SESSION = frozenset({"not_found", "unknown_account", "too_many_connect_sessions"})
    """It makes or names a session of the connect page."""
    TELLS_READINESS = frozenset({"not_ready"})
    NAMES_PAGE = frozenset({"not_found"})


APART = (KEYED | CHECKED | ROUTING).union(*(each.value for each in Doing if each is not Doing.READS_STORED))
"""Codes that no bank causes. One of stored values may be met wherever a bank is asked."""


class _Answer(ResponseSpec):
    """A documented failure of an operation. It is never changed, so that a copy is the object itself.

    Litestar copies each handler with its attributes twice for each application. Copies of these texts and their types
    took half of the time in which an application is composed.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Answer":
        return self


def problems(*does: Doing, keyed: bool = True, checked: bool = True) -> dict[int, ResponseSpec]:
    """The failures of an operation, by status.

    Args:
        does: what it does.
        keyed: whether it requires an API key.
        checked: whether it checks parameters or a body.
    """
    codes = ALWAYS.union(*(each.value for each in does))
    if keyed:
        codes |= KEYED
    if checked:
        codes |= CHECKED
    if Doing.ASKS_BANK in does:
        codes |= contracts.failures().failures.keys() - ALWAYS - APART
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


for _code in ALWAYS | APART | Doing.READS_STORED.value:
    # A misspelt code fails when the module is imported.
    contracts.failures().failures[_code]
