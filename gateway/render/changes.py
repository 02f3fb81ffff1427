"""What has changed in an account's entries, as JSON and as NDJSON.

As NDJSON each line says in `record` what it is: `changes` (all but the entries), `added`, `changed`, `removed`, and at
last `end` with the number of lines before it.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec.structs import asdict

from gateway.render.to_json import AccountPart, EntryPart, PeriodBody, entry_part
from gateway.storage.statements.kept_values import Page

__all__ = ["ChangesBody", "as_lines", "changes_body"]


class ChangesBody(msgspec.Struct, frozen=True, kw_only=True):
    """Final entries that were added, changed or removed since the cursor.

    To apply it, put `added` and `changed` in place of what is stored under the same ids, and take `removed` back.
    Doing so twice, or with an answer that was asked for twice, makes no difference. The order means nothing.
    """

    account: AccountPart
    """Whose entries they are."""
    period: PeriodBody | None
    """The days whose entries are kept; null before the first statement. The answers to an empty `after` take the place
    of what you have of the days from its first one on; what is older stays with you."""
    fetched_at: datetime | None
    """When the newest of them were fetched from the bank."""
    added: list[EntryPart]
    """Entries that were not known at the cursor."""
    changed: list[EntryPart]
    """Entries with other contents than at the cursor."""
    removed: list[str]
    """Ids of entries that the bank no longer has."""
    next: str
    """The cursor of the next question."""
    more: bool
    """Whether there are more changes now, to be asked for with `next`."""


class AddedRecord(EntryPart, frozen=True, gc=False, tag_field="record", tag="added"):
    """A line with an entry that is new."""


class ChangedRecord(EntryPart, frozen=True, gc=False, tag_field="record", tag="changed"):
    """A line with an entry that has other contents than before."""


class RemovedRecord(msgspec.Struct, frozen=True, tag_field="record", tag="removed"):
    """A line about an entry that the bank no longer has."""

    id: str


class EndRecord(msgspec.Struct, frozen=True, tag_field="record", tag="end"):
    """The last line."""

    changes: int


def changes_body(account: AccountPart, page: Page, cursor: str, fetched_at: datetime | None) -> ChangesBody:
    """A page of changes in its public shape."""
    days = page.kept.days if page.kept is not None else None
    return ChangesBody(
        account=account,
        period=PeriodBody(days.first, days.last) if days is not None else None,
        fetched_at=fetched_at,
        added=[entry_part(entry, EntryPart) for entry in page.added],
        changed=[entry_part(entry, EntryPart) for entry in page.changed],
        removed=page.removed,
        next=cursor,
        more=page.more,
    )


def as_lines(body: ChangesBody) -> Iterator[bytes]:
    """The same as lines of JSON."""
    encoder = msgspec.json.Encoder()
    fields = asdict(body)
    for name in ("added", "changed", "removed"):
        del fields[name]
    yield encoder.encode_lines([{"record": "changes", **fields}])
    yield encoder.encode_lines([AddedRecord(**asdict(entry)) for entry in body.added])
    yield encoder.encode_lines([ChangedRecord(**asdict(entry)) for entry in body.changed])
    yield encoder.encode_lines([RemovedRecord(entry_id) for entry_id in body.removed])
    yield encoder.encode_lines([EndRecord(len(body.added) + len(body.changed) + len(body.removed))])
