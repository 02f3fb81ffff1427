"""Whether the journal has the calls that a test expects, and what came close where it has not."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta, Struct

from contracts.schema import path_pattern
from simulators.journal.masks import Secrets
from simulators.journal.records import MOST_RECORDS, Record
from simulators.journal.shown import Choice, Status, selected, shown

__all__ = ["Expectation", "ExpectedCall", "verified"]

MOST_CALLS = 50
MOST_PARAMETERS = 20
MOST_NEAR = 5
"""Records that are told of each failure."""
SEGMENT = re.compile(r"[^{}]*|\{\w+\}")
Count = Annotated[int, Meta(ge=0, le=MOST_RECORDS)]
Text = Annotated[str, Meta(max_length=500)]


class ExpectedCall(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A call that is expected, and how often: at least once, where nothing else is said."""

    operation: Text | None = None
    """Name in the contract."""
    method: Text | None = None
    path: Text | None = None
    """May have placeholders, as `{id}`, for single segments."""
    status: Annotated[int, Meta(ge=100, le=599)] | Status | None = None
    query: Annotated[dict[Text, Text], Meta(max_length=MOST_PARAMETERS)] = {}
    """Parameters that it must have; it may have others."""
    times: Count | None = None
    at_least: Count | None = None
    at_most: Count | None = None
    never: bool = False

    def __post_init__(self) -> None:
        if self.operation is None and self.method is None and self.path is None:
            raise ValueError("operation, or method and path, must be given")
        if self.path is not None and not all(map(SEGMENT.fullmatch, self.path.split("/"))):
            # Several in one segment would make the work of a comparison grow with a power of its length.
            raise ValueError("path: a placeholder must be a whole segment, as in /accounts/{id}")
        if (self.times is not None or self.never) and (self.at_least is not None or self.at_most is not None):
            raise ValueError("times and never exclude at_least and at_most")
        if self.times is not None and self.never:
            raise ValueError("times and never exclude each other")

    def bounds(self) -> tuple[int, int | None]:
        """The least and the largest number of calls; None for no limit."""
        if self.never:
            return 0, 0
        if self.times is not None:
            return self.times, self.times
        least = self.at_least if self.at_least is not None else int(self.at_most is None)
        return least, self.at_most

    def wanted(self) -> str:
        """How often, in words."""
        least, most = self.bounds()
        if most is None:
            return f"at least {least}"
        return str(least) if least == most else f"{least} to {most}"


class Expectation(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the journal is expected to have."""

    bank: Text
    number: Text | None = None
    calls: Annotated[list[ExpectedCall], Meta(min_length=1, max_length=MOST_CALLS)]
    in_order: bool = False
    """Whether the calls must have come in this order; others may have come between them."""
    since: datetime | None = None
    """The world's instant from which records count."""


class Condition(Struct, frozen=True):
    """One thing that a record must be."""

    name: str
    wanted: str

    def of(self, record: Record) -> str:
        """What the record has there."""
        if self.name.startswith("query "):
            values = parse_qs(record.query, keep_blank_values=True).get(self.name.removeprefix("query "))
            return values[-1] if values else "nothing"
        return str(getattr(record, self.name))

    def holds(self, record: Record) -> bool:
        """Whether the record is so."""
        found = self.of(record)
        if self.name == "path":
            return path_pattern(self.wanted).fullmatch(found) is not None
        if self.name == "status":
            return re.fullmatch(self.wanted.replace("x", "[0-9]"), found) is not None
        return found.upper() == self.wanted.upper() if self.name == "method" else found == self.wanted


def verified(records: Sequence[Record], expected: Expectation, secrets: Secrets) -> dict[str, Any]:
    """Whether all expected calls are among the records, and each failure with the records that came close.

    Args:
        records: of the world, newest last; not changed meanwhile.
        expected: what is expected.
        secrets: hidden in the answer.
    """
    choice = Choice(bank=expected.bank, number=expected.number, since=expected.since, limit=MOST_RECORDS)
    meant = selected(records, choice)
    failures, begin, after = [], 0, ""
    for call in expected.calls:
        conditions = _conditions(call)
        places = [place for place, record in enumerate(meant) if all(each.holds(record) for each in conditions)]
        least, most = call.bounds()
        if not least <= len(places) <= (len(places) if most is None else most):
            failures.append(_failure(call, places, call.wanted(), _near(meant, conditions, places, secrets)))
        elif expected.in_order and least:
            later = [place for place in places if place >= begin]
            if len(later) < least:
                wanted = f"{call.wanted()} after {after}"
                early = [shown(meant[place], secrets) | {"differs": "it came earlier"} for place in places[-MOST_NEAR:]]
                failures.append(_failure(call, later, wanted, early))
            else:
                begin, after = later[least - 1] + 1, _named(call)
    return {"verified": not failures, "failures": failures}


def _failure(call: ExpectedCall, places: Sequence[int], wanted: str, near: list[dict[str, Any]]) -> dict[str, Any]:
    return {"call": msgspec.to_builtins(call), "found": len(places), "wanted": wanted, "near_misses": near}


def _named(call: ExpectedCall) -> str:
    return call.operation or f"{call.method or 'any method'} {call.path or 'any path'}"


def _conditions(call: ExpectedCall) -> list[Condition]:
    given = {"operation": call.operation, "method": call.method, "path": call.path, "status": call.status}
    plain = [Condition(name, str(value)) for name, value in given.items() if value is not None]
    return plain + [Condition(f"query {name}", value) for name, value in call.query.items()]


def _near(
    records: Sequence[Record], conditions: Sequence[Condition], places: Sequence[int], secrets: Secrets
) -> list[dict[str, Any]]:
    """The newest records that are all but one thing; where more calls came than may, those that came."""
    if places:
        return [shown(records[place], secrets) | {"differs": "nothing: it counts"} for place in places[-MOST_NEAR:]]
    near = []
    for record in reversed(records):
        wrong = [each for each in conditions if not each.holds(record)]
        if len(wrong) == 1 and len(conditions) > 1:
            found = secrets.masked(f"{wrong[0].name}: wanted {wrong[0].wanted}, got {wrong[0].of(record)}")
            near.append(shown(record, secrets) | {"differs": found})
        if len(near) >= MOST_NEAR:
            break
    return near[::-1]
