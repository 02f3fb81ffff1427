"""The journal of a simulation: every request to a bank, newest last.

Records have what came as it came; who shows them hides the secrets in them (see `simulators.journal.shown`). The
newest have headers and bodies too, as many as fit into a bound, so that memory stays flat.
"""

import time
from collections import deque
from datetime import datetime

import httpx
from msgspec import Struct

from simulators.faults.delivery import body_of
from simulators.journal.masks import Secrets

__all__ = ["MOST_DETAIL_BYTES", "MOST_RECORDS", "Acted", "Detail", "Journal", "Part", "Record"]

MOST_RECORDS = 20_000
"""Older ones are dropped."""
MOST_DETAIL_BYTES = 16 * 1024 * 1024
"""Of headers and bodies; older records keep none."""
KEPT_BODY_BYTES = 8_192
"""Twice what is shown of a body, so that no secret is cut where it could not be recognised any more."""
KEPT_HEADERS, KEPT_HEADER_BYTES = 100, 4_096
LONGEST_TEXT = 2_000
"""Of a path or a query."""
LONGEST_ID = 200

RawHeaders = list[tuple[bytes, bytes]]


class Part(Struct, frozen=True):
    """Headers and body of a request or an answer."""

    headers: RawHeaders
    body: bytes | None
    """Its beginning; None for one that is made while it travels."""
    length: int
    """Bytes of the whole body."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.body or b"")


class Detail(Struct, kw_only=True):
    """Headers and bodies of a call."""

    request: Part
    answer: Part | None = None


class Acted(Struct, frozen=True):
    """A fault that met a call."""

    id: str
    name: str
    changed: bool
    """Whether it changed what the caller gets; an answer may have nothing in it to change."""


class Record(Struct, kw_only=True, gc=False):
    """One request and what became of it. A handshake that was refused before a request came has no method and path."""

    at: datetime
    bank: str
    method: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    operation: str | None = None
    """Name in the contract; None for a path that the contract does not list."""
    ended_at: datetime | None = None
    """When the answer was delivered, or given up; None while the call is under way."""
    milliseconds: float | None = None
    """How long that took in real time, whatever the clock of the world says."""
    account: str | None = None
    """Account number, once the bank knows who is calling."""
    status: int | None = None
    """Status answered; None when the connection was cut."""
    token: str | None = None
    """The last four characters of the access token used or issued."""
    fault: str | None = None
    """The fault that changed the answer last; where none did, the last that was applied."""
    faults: tuple[Acted, ...] = ()
    """Every fault that met the call, in the order in which they acted."""
    why: str = ""
    """The rule by which it was refused, in words; empty where it was not."""
    nearest: str = ""
    """The operation that was meant most likely, where the path is not quite that of one."""
    request_id: str | None = None
    """The caller's own name for the request: its header `x-request-id`."""
    write: bool = False
    """Whether it called a write operation of the real bank, which no client may."""
    by_holder: bool = False
    """Whether it is a page on which an account's holder decides: a person's browser asked for it, and no client."""
    handshake_refused: bool = False
    """Whether TLS ended it, so that the bank read no request."""
    started: float = 0.0
    """By the process's stopwatch, in seconds; never shown."""
    detail: Detail | None = None
    """Headers and bodies, while the record is among the newest."""


class Journal:
    """The requests to all banks of a world."""

    def __init__(self) -> None:
        self.records: deque[Record] = deque(maxlen=MOST_RECORDS)
        self.secrets = Secrets()
        self._detailed: deque[tuple[Record, int]] = deque()
        self._detail_bytes = 0

    def begin(self, request: httpx.Request, now: datetime, bank: str, operation: str | None) -> Record:
        """Record a request that comes in; its record is completed as it is answered."""
        content = request.content
        given = request.headers.get("x-request-id")
        record = Record(
            at=now,
            bank=bank,
            method=request.method,
            host=request.url.host,
            path=request.url.path[:LONGEST_TEXT],
            query=request.url.query.decode("ascii", "replace")[:LONGEST_TEXT],
            operation=operation,
            request_id=given[:LONGEST_ID] if given else None,
            started=time.perf_counter(),
            detail=Detail(request=Part(_kept(request.headers), content[:KEPT_BODY_BYTES], len(content))),
        )
        self.records.append(record)
        return record

    def answered(self, record: Record, response: httpx.Response) -> None:
        """Keep an answer with its record."""
        if record.detail is None:
            return
        body = body_of(response)
        kept = None if body is None else body[:KEPT_BODY_BYTES]
        record.detail.answer = Part(_kept(response.headers), kept, len(body or b""))
        self._keep(record, record.detail)

    def end(self, record: Record, now: datetime) -> None:
        """The call is under way no more."""
        record.ended_at = now
        record.milliseconds = round((time.perf_counter() - record.started) * 1000, 3)

    def refuse_handshake(self, record: Record, why: str, now: datetime) -> None:
        """A request that came in process is refused as TLS would have refused it."""
        record.handshake_refused, record.why = True, f"handshake refused: {why}"
        if record.detail is not None:
            self._keep(record, record.detail)
        self.end(record, now)

    def handshake_refused(self, bank: str, host: str, why: str, now: datetime) -> None:
        """Record a handshake that TLS has refused; no request has been read."""
        words = f"handshake refused: {why}"
        self.records.append(Record(at=now, ended_at=now, bank=bank, host=host, why=words, handshake_refused=True))

    def unread(self, bank: str, host: str, target: str, status: int, why: str, now: datetime) -> None:
        """Record a request that was refused before the bank could read it.

        Args:
            bank: whose host or slug it named.
            host: the host.
            target: method and address as far as they are known, such as `GET /path?query`.
            status: what it was answered with.
            why: the rule, in words.
            now: when.
        """
        method, _, address = target.partition(" ")
        path, _, query = address.partition("?")
        path, query = path[:LONGEST_TEXT], query[:LONGEST_TEXT]
        record = Record(at=now, ended_at=now, bank=bank, host=host, method=method, path=path, query=query)
        record.status, record.why = status, f"request not read: {why}"
        self.records.append(record)

    def of(self, bank: str | None = None, account: str | None = None) -> list[Record]:
        """The records of a bank and an account, or of all."""
        return [
            record
            for record in list(self.records)  # another thread may add one meanwhile
            if (bank is None or record.bank == bank) and (account is None or record.account == account)
        ]

    def _keep(self, record: Record, detail: Detail) -> None:
        """Let the newest details that fit into the bound be kept, and no others."""
        size = detail.request.size + (detail.answer.size if detail.answer is not None else 0)
        self._detailed.append((record, size))
        self._detail_bytes += size
        while self._detail_bytes > MOST_DETAIL_BYTES:
            oldest, size = self._detailed.popleft()
            oldest.detail = None
            self._detail_bytes -= size
        while self._detailed and len(self._detailed) > MOST_RECORDS:
            self._detail_bytes -= self._detailed.popleft()[1]


def _kept(headers: httpx.Headers) -> RawHeaders:
    return [(name[:KEPT_HEADER_BYTES], value[:KEPT_HEADER_BYTES]) for name, value in headers.raw[:KEPT_HEADERS]]
