"""Records of the journal as they are shown: chosen, without secrets, with headers and bodies where asked for."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from simulators.clock import BRASILIA
from simulators.journal.masks import Secrets
from simulators.journal.records import MOST_RECORDS, Part, Record

__all__ = ["MOST_SHOWN", "Choice", "Status", "body_text", "selected", "shown"]

MOST_SHOWN = MOST_RECORDS
SHOWN_BODY = 4_096
"""Characters of a body."""
HIDDEN = frozenset({"started", "detail"})
PLAIN = ("path", "query", "why", "request_id")
"""Fields with texts of the caller."""


Status = Annotated[str, Meta(pattern=r"^[1-5]([0-9][0-9]|xx)$")]
"""A status as 401, or all of a hundred as 4xx."""


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records are meant."""

    bank: str | None = None
    number: str | None = None
    operation: str | None = None
    status: Status | None = None
    refused: bool = False
    """Only those that a rule refused."""
    since: datetime | None = None
    """The world's instant from which they begin; one without offset is Brasília's."""
    limit: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] = 1_000
    """The newest of them, so many at most."""


def selected(records: Iterable[Record], choice: Choice) -> list[Record]:
    """The records that are meant, newest last.

    Args:
        records: those to choose from, newest last; not changed meanwhile.
        choice: which ones.
    """
    since = choice.since
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=BRASILIA)
    fits = re.compile(choice.status.replace("x", "[0-9]")).fullmatch if choice.status else None
    meant = [
        record
        for record in records
        if choice.bank in {None, record.bank}
        and choice.number in {None, record.account}
        and choice.operation in {None, record.operation}
        and (fits is None or fits(str(record.status)))
        and (record.why or not choice.refused)
        and (since is None or record.at >= since)
    ]
    return meant[-choice.limit :]


def shown(record: Record, secrets: Secrets, *, detail: bool = False) -> dict[str, Any]:
    """A record as JSON values; with headers and bodies, where it still has them and they are asked for."""
    found: dict[str, Any] = {
        name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__ if name not in HIDDEN
    }
    for name in PLAIN:
        found[name] = secrets.masked(found[name]) if found[name] else found[name]
    kept = record.detail if detail else None
    if kept is not None:
        found |= _part("request", kept.request, secrets)
        found |= _part("answer", kept.answer, secrets) if kept.answer is not None else {}
    return found


def body_text(part: Part, secrets: Secrets) -> str:
    """The beginning of a body as text, without secrets; in words where it is none."""
    if part.body is None:
        return "(made while it travels)"
    headers = {name.lower(): value for name, value in part.headers}
    packed = headers.get(b"content-encoding", b"identity").lower()
    if packed != b"identity":
        return f"({part.length} bytes of {packed.decode('latin-1')})"
    text = secrets.masked(part.body.decode("utf-8", "replace"))
    return text if len(text) <= SHOWN_BODY and part.length <= len(part.body) else f"{text[:SHOWN_BODY]}…"


def header_list(part: Part, secrets: Secrets) -> list[tuple[str, str]]:
    """Headers as text, without secrets."""
    texts = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in part.headers)
    return [(name, secrets.header(name, value)) for name, value in texts]


def _part(name: str, part: Part, secrets: Secrets) -> dict[str, Any]:
    return {
        f"{name}_headers": header_list(part, secrets),
        f"{name}_body": body_text(part, secrets),
        f"{name}_bytes": part.length,
    }
