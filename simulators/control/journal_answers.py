"""What the control API answers about the journal, in the shapes that its OpenAPI document describes."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from simulators.journal.records import Acted
from simulators.journal.verify import ExpectedCall

__all__ = ["Archive", "NearMiss", "ShownRecord", "Unmet", "Verdict"]


class ShownRecord(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One request and what became of it, without secrets."""

    at: datetime
    """Instant of the world at which it came."""
    bank: str
    method: str
    host: str
    """Host name that was asked."""
    path: str
    query: str
    """Of the address, as it was sent."""
    operation: str | None
    """Name in the contract; null for a path that the contract does not list."""
    ended_at: datetime | None
    """When the answer was delivered, or given up; null while the call is under way."""
    milliseconds: float | None
    """How long that took in real time."""
    account: str | None
    """Account number, once the bank knows who is calling."""
    status: int | None
    """Status answered; null when the connection was cut."""
    token: str | None
    """The last four characters of the access token used or issued."""
    fault: str | None
    """Name of the fault that changed the answer last; where none did, of the last that met the call."""
    faults: list[Acted]
    """Every fault that met the call, in the order in which they acted."""
    why: str
    """The rule by which it was refused, in words; empty where it was not."""
    nearest: str
    """The operation that was meant most likely, where the path is not quite that of one."""
    request_id: str | None
    """The caller's own name for the request: its header `x-request-id`."""
    write: bool
    """Whether it called a write operation of the real bank, which no client may."""
    by_holder: bool
    """Whether it is a page on which an account's holder decides: a person's browser asked for it, and no client."""
    handshake_refused: bool
    """Whether TLS ended it, so that the bank read no request."""
    request_headers: list[tuple[str, str]] | None = None
    """With `detail=true`, while they are kept."""
    request_body: str | None = None
    """Its beginning, with `detail=true`, while it is kept."""
    request_bytes: int | None = None
    """Length of the whole body."""
    answer_headers: list[tuple[str, str]] | None = None
    """With `detail=true`, while they are kept."""
    answer_body: str | None = None
    """Its beginning, with `detail=true`, while it is kept."""
    answer_bytes: int | None = None
    """Length of the whole body."""


class NearMiss(ShownRecord, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A record that is what was expected but for one thing."""

    differs: str
    """That thing, in words."""


class Unmet(Struct, kw_only=True, forbid_unknown_fields=True):
    """A call that was expected and did not come, or not as often."""

    call: ExpectedCall
    """What was expected."""
    found: int
    """How often it came."""
    wanted: str
    """How often it should have come, in words."""
    near_misses: list[NearMiss]
    """Records that came close."""


class Verdict(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether the journal has the calls that were expected."""

    verified: bool
    """Whether it has all of them."""
    failures: list[Unmet]
    """Those that it has not."""


class Archive(Struct, kw_only=True, forbid_unknown_fields=True):
    """The journal in the form of HTTP Archive 1.2."""

    log: dict[str, Any]
    """As HAR has it."""
