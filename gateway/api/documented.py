"""What the OpenAPI document says of failures: the codes of the catalogue, and which of them an operation can meet.

The catalogue is the only list of codes. A code of it that is not named here counts as one that a bank may cause, so
that it is documented wherever a bank is asked.
"""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Schema

import contracts
from contracts.catalogue import Failure
from gateway.api.problems import MEDIA_TYPE, Problem

__all__ = ["PageOperation", "PeriodOperation", "problems"]

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
"""Before and around every operation."""
KEYED = frozenset({"unauthenticated"})
CHECKED = frozenset({"invalid_request"})
BODY = frozenset({"body_too_large", "unsupported_media_type"})
NAMED = frozenset({"not_found", "unknown_account", "unknown_bank"})
FORMAT = frozenset({"not_acceptable"})
READINESS = frozenset({"not_ready"})
ROUTING = frozenset({"method_not_allowed"})
"""Where there is no operation."""
STORED = frozenset({"credentials_unreadable"})
"""Of what is kept about an account."""
REGISTERING = frozenset({"account_exists"})
APART = BODY | KEYED | CHECKED | NAMED | FORMAT | READINESS | ROUTING | REGISTERING


class _Answer(ResponseSpec):
    """A failure of an operation as it is documented; nobody changes it.

    Litestar copies each handler, with all that hangs on it, twice for each application. Copies of these texts and
    their types took half of the time in which an application is put together.
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
    readiness: bool = False,
) -> dict[int, ResponseSpec]:
    """The failures of an operation, by status.

    Args:
        keyed: it wants an API key.
        checked: it looks at what the caller gives.
        bank: it may ask a bank.
        body: it takes a body.
        named: its address names an account or a bank.
        stored: it reads what is kept about an account.
        registers: it puts credentials or an account into use.
        formats: it looks at `Accept`.
        readiness: it tells whether the gateway is ready.
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
        (readiness, READINESS),
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
    """An operation whose query parameters must all be given.

    Their handler has defaults, so that all that are missing are named at once.
    """

    def __post_init__(self) -> None:
        """Say so."""
        for parameter in self.parameters or ():
            told: Any = parameter
            told.required = True
            told.schema.default = None


@dataclass
class PageOperation(Operation):
    """An operation that shows a browser its failures as pages too."""

    def __post_init__(self) -> None:
        """Say so."""
        for status, response in (self.responses or {}).items():
            told: Any = response
            if int(status) >= 400 and told.content:
                told.content["text/html"] = OpenAPIMediaType(schema=Schema(type="string"))  # type: ignore[arg-type]


for _code in ALWAYS | APART | STORED:
    # A code that is misspelt should fail when the module is read.
    contracts.failures().failures[_code]
