"""The calls that the gateway may make at a bank: reads and token requests, and no others."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from contracts.fact import Evidence, Fact, NotNegative
from contracts.quota import CountedBy, Quota

__all__ = ["Operation", "OperationKind", "path_pattern", "segment_of"]

MINUTE_SECONDS = 60
SEGMENT = r"[A-Za-z0-9._~-]+"
"""A plain segment of a path: nothing in it needs encoding, or ends the path."""
TEMPLATES = 1024
"""Path templates whose patterns are kept; all contracts together have some hundred."""


class OperationKind(StrEnum):
    """What an operation asks for. Every operation is a read or a token request."""

    TOKEN = "token"  # noqa: S105 - the kind of an operation, not a password
    STATEMENT = "statement"
    BALANCE = "balance"
    ACCOUNTS = "accounts"


class Operation(Fact, frozen=True, kw_only=True):
    """One call that the gateway may make. Calls that the contract does not list are refused."""

    kind: OperationKind
    method: Annotated[str, Meta(pattern=r"^(GET|POST)$")]
    host: str = "api"
    """The role of the host in `Environment.hosts`."""
    path: Annotated[str, Meta(pattern=r"^/")]
    """Path template; `{name}` stands for one path segment."""
    scope: str = ""
    """The scope that the call needs; empty where it needs none."""
    per_minute: NotNegative = 0
    """Documented limit of this operation's calls per minute and client, the short form of the commonest quota; 0 when
    none is documented. `Contract.quotas_of` gives all quotas that count a call."""
    read_body: str = ""
    """The fixed body of a read that the bank offers only as POST; empty for every other operation."""

    def __post_init__(self) -> None:
        """Check that the operation cannot be more than a read.

        Raises:
            ValueError: a read by POST has no fixed body or is only assumed; or a GET or token request has a body.
        """
        if self.kind is OperationKind.TOKEN:
            if self.read_body:
                raise ValueError("a token request has no `read_body`; its form is the grant's")
        elif self.method == "GET":
            if self.read_body:
                raise ValueError("a read by GET has no body")
        elif not self.read_body or self.evidence is Evidence.ASSUMED:
            raise ValueError(
                f"a {self.kind.value} operation reads by GET; one that the bank offers as POST alone states its fixed "
                "`read_body`, and is observed or documented"
            )

    def quota(self, name: str) -> Quota | None:
        """The quota that `per_minute` is, under this name of the operation; None where none is documented."""
        if not self.per_minute:
            return None
        return Quota(
            calls=self.per_minute,
            seconds=MINUTE_SECONDS,
            by=CountedBy.CLIENT,
            operations=(name,),
            evidence=self.evidence,
            source=self.source,
        )

    def matches(self, method: str, path: str) -> bool:
        """Whether a request with this method and path is this operation."""
        return method == self.method and path_pattern(self.path).fullmatch(path) is not None


@lru_cache(TEMPLATES)
def path_pattern(template: str, *, named: bool = False) -> re.Pattern[str]:
    """The pattern of a path template, in which each `{name}` matches exactly one plain segment.

    Args:
        template: a path with `{name}` in place of segments.
        named: whether each `{name}` becomes a group of that name.
    """
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        (f"(?P<{part}>{SEGMENT})" if named else SEGMENT) if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))


def segment_of(value: str) -> str:
    """A value as a segment of a path.

    Raises:
        ValueError: it would lead to another path.
    """
    if not re.fullmatch(SEGMENT, value) or value in {".", ".."}:
        raise ValueError("an id cannot stand in the path of an address")
    return value
