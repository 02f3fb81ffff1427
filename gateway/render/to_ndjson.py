"""A statement as NDJSON: one JSON object in each line, for readers that do not want to hold a long statement.

Each line says in `record` what it is. The first line, `statement`, has all that the JSON document has except the
entries; each line after it, `entry`, has one entry in the same shape; the last, `end`, has the number of entries and
their total. A text without that last line, or with another number of entries, is not whole.
"""

from collections.abc import Iterator

import msgspec
from msgspec.structs import asdict

from gateway.concurrency.pacing import batches
from gateway.model import ZERO, Statement
from gateway.render.amounts import money
from gateway.render.to_json import EntryPart, entry_part, frame

__all__ = ["render"]


class EntryRecord(EntryPart, frozen=True, gc=False, tag_field="record", tag="entry"):
    """A line with one entry."""


class EndRecord(msgspec.Struct, frozen=True, tag_field="record", tag="end"):
    """The last line."""

    entries: int
    total: str
    """The sum of their amounts."""


def render(statement: Statement) -> Iterator[bytes]:
    """The statement as lines of JSON, in parts of whole lines."""
    encoder = msgspec.json.Encoder()
    fields = asdict(frame(statement))
    del fields["entries"]
    yield encoder.encode_lines([{"record": "statement", **fields}])
    count, total = 0, ZERO
    for batch in batches(statement.entries):
        yield encoder.encode_lines([entry_part(entry, EntryRecord) for entry in batch])
        count += len(batch)
        total = sum((entry.amount for entry in batch), total)
    yield encoder.encode_lines([EndRecord(count, money(total))])
