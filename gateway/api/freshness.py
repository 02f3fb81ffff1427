"""Conditional requests and the age of answers about statements (RFC 9110 section 13, RFC 9111).

The gateway is the origin of a statement and not a cache, so that it says itself when a stored one is fresh: `max-age`
is the greatest age that a caller accepts, and without it the rule of `gateway.accounts.recording.stored` holds.

The entity tag is weak: two answers with the same one differ at most in when they were fetched, which is part of each.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from litestar import Request
from msgspec.structs import replace

from gateway import __version__
from gateway.accounts.recording.stored import Answer, Wanted
from gateway.http.dates import http_date
from gateway.limits import CACHE_SECONDS
from gateway.model import Statement
from gateway.render.formats import Format
from gateway.render.to_json import frame

__all__ = ["entity_tag", "freshness_of", "is_unchanged", "names_tag", "wanted_of"]

ASKS_BANK = frozenset({"no-cache", "no-store"})
ONLY_STORED = "only-if-cached"
TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
ANYTHING = "*"
NEVER_FETCHED = datetime(1970, 1, 1, tzinfo=UTC)


def wanted_of(request: Request[Any, Any, Any]) -> Wanted:
    """Which answers a caller accepts, by its header `Cache-Control`. What cannot be read asks the bank."""
    wanted = Wanted()
    for name, value in _directives(",".join(request.headers.getall("cache-control", []))):
        if name in ASKS_BANK:
            wanted = replace(wanted, stored=False)
        elif name == ONLY_STORED:
            wanted = replace(wanted, asks_bank=False)
        elif name == "max-age":
            seconds = min(int(value), CACHE_SECONDS) if re.fullmatch("[0-9]{1,20}", value, re.ASCII) else 0
            most = seconds if wanted.most_seconds is None else min(seconds, wanted.most_seconds)
            # Nothing stored is so young: the bank is asked, also where it was read in this very moment.
            wanted = replace(wanted, most_seconds=most, stored=wanted.stored and most > 0)
    return wanted


def entity_tag(form: Format, statement: Statement) -> str:
    """The entity tag of a statement in a format, as this version of the gateway writes it."""
    digest = hashlib.sha256(f"{form.name} {__version__}".encode())
    available = statement.available_balance
    if available is not None:
        # The instant tells when the bank was asked, as `fetched_at` does.
        available = replace(available, at=NEVER_FETCHED)
    without_times = replace(statement, fetched_at=NEVER_FETCHED, available_balance=available)
    digest.update(msgspec.json.encode(frame(without_times)))
    digest.update(msgspec.json.encode(list(statement.entries)))
    return f'W/"{digest.hexdigest()[:32]}"'


def freshness_of(answer: Answer, tag: str | None, now: datetime) -> dict[str, str]:
    """Headers of an answer that say how old it is, and by what to ask whether it has changed.

    Args:
        answer: the statement that is given, and whether it was stored.
        tag: its entity tag; None where it has none.
    """
    fetched_at = answer.statement.fetched_at
    # Whether an answer is still fresh only the gateway knows, so that private caches ask.
    fetched = format_datetime(fetched_at.astimezone(UTC), usegmt=True)
    headers = {"Cache-Control": "private, no-cache", "Last-Modified": fetched}
    if tag is not None:
        headers["ETag"] = tag
    if answer.is_stored:
        headers["Age"] = str(max(0, int((now - fetched_at).total_seconds())))
    return headers


def is_unchanged(request: Request[Any, Any, Any], tag: str | None, answer: Answer) -> bool:
    """Whether the caller has this answer already, by `If-None-Match`, or without that by `If-Modified-Since`.

    A date has whole seconds: it does not tell what was just fetched from what was fetched earlier in the same second,
    so that it counts only for answers from the store.
    """
    if "if-none-match" in request.headers:
        return tag is not None and names_tag(request, tag)
    since = http_date(request.headers.get("if-modified-since", ""))
    if since is None or since.tzinfo is None:
        return False
    fetched_at = answer.statement.fetched_at.replace(microsecond=0)
    return answer.is_stored and fetched_at <= since


def names_tag(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the caller has what an entity tag stands for, by `If-None-Match`."""
    named = ",".join(request.headers.getall("if-none-match", []))
    return named.strip() == ANYTHING or TAG.fullmatch(tag)[1] in TAG.findall(named)  # type: ignore[index]


def _directives(header: str) -> Iterable[tuple[str, str]]:
    """The directives of `Cache-Control`, in lower case, each with its value."""
    for directive in header.split(","):
        name, _, value = directive.partition("=")
        yield name.strip().lower(), value.strip().strip('"')
