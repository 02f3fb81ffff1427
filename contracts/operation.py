"""The calls that the gateway may make at a bank: reads and requests for a token, and nothing else."""

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.fact import Evidence, Fact, NotNegative
from contracts.quota import CountedBy, Quota

__all__ = ["Operation", "OperationKind", "path_pattern"]

MINUTE_SECONDS = 60


class OperationKind(StrEnum):
    """What an operation is for. Every listed operation is a read or a request for a token."""

    TOKEN = "token"  # noqa: S105 - the kind of an operation, not a password
    STATEMENT = "statement"
    BALANCE = "balance"
    ACCOUNTS = "accounts"


class Operation(Fact, frozen=True, kw_only=True):
    """One call the gateway may make. What is not listed cannot be reached."""

    kind: OperationKind
    method: Annotated[str, Meta(pattern=r"^(GET|POST)$")]
    host: str = "api"
    """The role of the host in `Environment.hosts`."""
    path: Annotated[str, Meta(pattern=r"^/")]
    """Path template; `{name}` stands for one path segment."""
    scope: str = ""
    per_minute: NotNegative = 0
    """Documented limit of this operation's calls per minute and client, the short form of the commonest quota; 0 when
    none is documented. What counts for a call, `Contract.quotas_of` says."""
    read_body: str = ""
    """The one body with which a read goes out that the bank offers as POST alone; empty for every other operation."""

    def __post_init__(self) -> None:
        """Refuse what could be more than a read.

        Raises:
            ValueError: a read by another method than GET without a documented, fixed body; a body where none belongs.
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
        """Whether this method and concrete path are this operation."""
        return method == self.method and path_pattern(self.path).fullmatch(path) is not None


def path_pattern(template: str, *, named: bool = False) -> re.Pattern[str]:
    """A path template as a pattern in which each `{name}` stands for exactly one plain segment.

    Args:
        template: the path with its `{name}` places.
        named: whether the segments are groups of those names.
    """
    segment = r"[A-Za-z0-9._~-]+"
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        (f"(?P<{part}>{segment})" if named else segment) if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))
