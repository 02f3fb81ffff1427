"""The journal as pages show it: requests newest first, with their addresses and the rule that refused them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from simulators.journal.masks import Secrets
from simulators.journal.records import Record
from simulators.journal.shown import shown

__all__ = ["Chosen", "ShownRequest", "found_request", "is_refused", "shown_requests"]


class Chosen(Struct, frozen=True):
    """Which requests are wanted."""

    bank: str = ""
    account: str = ""
    only_refused: bool = False

    def means(self, record: Record) -> bool:
        """Whether a request is one of them."""
        return (
            (not self.bank or record.bank == self.bank)
            and (not self.account or record.account == self.account)
            and (not self.only_refused or is_refused(record))
        )


class ShownRequest(Struct, frozen=True):
    """One request as a page shows it, without secrets."""

    key: str
    """Names it in addresses."""
    at: datetime
    bank: str
    method: str
    path: str
    operation: str
    account: str
    outcome: str
    """The status, or in words what there is in its place."""
    under_way: bool
    refused: bool
    rule: str
    """By which it was refused, in English words; empty where it was not."""
    nearest: str
    request_id: str


def is_refused(record: Record) -> bool:
    """Whether the caller did not get what was asked for; some banks refuse with a success."""
    return bool(record.why) or record.write or _is_cut(record) or (record.status or 0) >= 400


def shown_requests(records: Sequence[Record], chosen: Chosen, secrets: Secrets, most: int) -> list[ShownRequest]:
    """The requests that are wanted, newest first.

    Args:
        records: all of them, newest last; not changed meanwhile.
        chosen: which are wanted.
        secrets: are masked.
        most: how many at most.
    """
    found: list[ShownRequest] = []
    for key, record in _newest_first(records):
        if len(found) == most:
            break
        if chosen.means(record):
            found.append(_shown(key, record, shown(record, secrets)))
    return found


def found_request(records: Sequence[Record], key: str, secrets: Secrets) -> tuple[ShownRequest, dict[str, Any]] | None:
    """A request, and all that its record may show by the name of each field; None where the journal has dropped it."""
    for each, record in _newest_first(records):
        if each == key:
            fields = shown(record, secrets, detail=True)
            return _shown(each, record, fields), fields
    return None


def _newest_first(records: Sequence[Record]) -> Iterator[tuple[str, Record]]:
    """The requests, each with its key: its instant, and how many came at that instant before it.

    A clock that stands still, or was put back, gives one instant to several.
    """
    at_once = Counter(record.at for record in records)
    for record in reversed(records):
        at_once[record.at] -= 1
        yield f"{int(record.at.timestamp() * 1_000_000)}-{at_once[record.at]}", record


def _shown(key: str, record: Record, fields: dict[str, Any]) -> ShownRequest:
    return ShownRequest(
        key=key,
        at=record.at,
        bank=record.bank,
        method=record.method,
        path=fields["path"] or record.host,
        operation=record.operation or "",
        account=record.account or "",
        outcome=_outcome(record),
        under_way=record.ended_at is None,
        refused=is_refused(record),
        rule=fields["why"],
        nearest=record.nearest,
        request_id=fields["request_id"] or "",
    )


def _outcome(record: Record) -> str:
    if record.handshake_refused:
        return "TLS recusado"
    if record.status is not None:
        return str(record.status)
    return "conexão cortada" if _is_cut(record) else "em curso"


def _is_cut(record: Record) -> bool:
    return record.status is None and record.ended_at is not None
