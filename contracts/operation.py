"""The calls that the gateway may make at a bank: reads and token requests, and no others."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta

from contracts.fact import Evidence, Fact, NotNegative
from contracts.quota import CountedBy, Quota

__all__ = ["PLACE", "Operation", "OperationKind", "path_pattern", "segment_of"]

MINUTE_SECONDS = 60
SEGMENT = r"[A-Za-z0-9._~-]+"
"""A plain segment of a path: nothing in it needs encoding, or ends the path."""
VALUE = r"[A-Za-z0-9._~:+/=-]+"
"""A plain value in a body: in quotes or bare, it ends neither a text nor a number of JSON, and begins nothing new."""
PLACE = re.compile(r"\{(\w+)\}")
"""Where a template has a value, under its name."""
TEMPLATES = 1024
"""Templates whose patterns are kept; all contracts together have some hundred."""


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
    """The body of a read that the bank offers only as POST, as JSON; empty for every other operation. `{name}` stands
    for one value without blanks and quotes, such as a day: `{"day": "{day}", "size": {size}}`."""

    def __post_init__(self) -> None:
        """Check that the operation cannot be more than a read.

        Raises:
            ValueError: a read by POST has no body of JSON or is only assumed; or a GET or token request has a body.
        """
        if self.kind is OperationKind.TOKEN:
            if self.read_body:
                raise ValueError("a token request has no `read_body`; its form is the grant's")
        elif self.method == "GET":
            if self.read_body:
                raise ValueError("a read by GET has no body")
        elif not self.read_body or self.evidence is Evidence.ASSUMED:
            raise ValueError(
                f"a {self.kind.value} operation reads by GET; one that the bank offers as POST alone states its "
                "`read_body`, and is observed or documented"
            )
        elif not _is_json(PLACE.sub("0", self.read_body)):
            raise ValueError("`read_body` is JSON, in which `{name}` stands for one value")

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

    @property
    def places(self) -> frozenset[str]:
        """The names that path and body have values for."""
        return _places(self.path, self.read_body)

    def body_of(self, values: Mapping[str, str]) -> bytes:
        """The body that the operation is asked with, by the names of its places; empty where it has none.

        Raises:
            KeyError: a place has no value.
            ValueError: a value would make another body: days come from the caller, cursors from the bank.
        """
        return PLACE.sub(lambda place: _value(values[place[1]]), self.read_body).encode()

    def reads_with(self, content: bytes) -> bool:
        """Whether this is a body that the operation may be asked with."""
        return _pattern(self.read_body, VALUE).fullmatch(content.decode("utf-8", "replace")) is not None


def path_pattern(template: str, *, named: bool = False) -> re.Pattern[str]:
    """The pattern of a path template, in which each `{name}` matches exactly one plain segment.

    Args:
        template: a path with `{name}` in place of segments.
        named: whether each `{name}` becomes a group of that name.
    """
    return _pattern(template, SEGMENT, named=named)


@lru_cache(TEMPLATES)
def _pattern(template: str, value: str, *, named: bool = False) -> re.Pattern[str]:
    parts = PLACE.split(template)
    pieces = [
        (f"(?P<{part}>{value})" if named else value) if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))


@lru_cache(TEMPLATES)
def _places(*templates: str) -> frozenset[str]:
    return frozenset(name for template in templates for name in PLACE.findall(template))


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _value(value: str) -> str:
    if not re.fullmatch(VALUE, value):
        raise ValueError("a value cannot stand in the body of a read")
    return value


def segment_of(value: str) -> str:
    """A value as a segment of a path.

    Raises:
        ValueError: it would lead to another path.
    """
    if not re.fullmatch(SEGMENT, value) or value in {".", ".."}:
        raise ValueError("an id cannot stand in the path of an address")
    return value
