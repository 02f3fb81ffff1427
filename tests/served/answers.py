"""The gateway's answers, checked from outside: is there one, is a failure named, is a statement the truth."""

import asyncio
import io
import json
import time
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

import contracts

__all__ = ["Answer", "Question", "Tally", "ask", "question", "request"]

PROBLEM = "application/problem+json"
CODES = frozenset(contracts.failures().failures)
LARGEST_PART = 1 << 20


class Answer(Struct, frozen=True):
    """An answer as it came; status 0 where none came."""

    status: int
    kind: str
    """The media type."""
    body: bytes
    seconds: float

    @property
    def code(self) -> str:
        """The code of the catalogue by which it names a failure; empty without one."""
        try:
            code = json.loads(self.body)["code"]
        except (ValueError, TypeError, KeyError):
            return ""
        return code if code in CODES else ""


class Row(Struct, frozen=True):
    """What of an entry is compared: the rest is worded by each bank in its own way."""

    date: str
    amount: str


class Ledger(Struct, frozen=True):
    """A statement, or the simulators' truth of it; amounts in decimal notation."""

    opening_balance: str | None
    closing_balance: str | None
    entries: list[Row]

    def agrees(self, truth: "Ledger") -> bool:
        """Whether it is the truth, as far as the bank gives balances."""
        return (
            self.entries == truth.entries
            and self.opening_balance in {None, truth.opening_balance}
            and self.closing_balance in {None, truth.closing_balance}
        )


class Question(Struct, frozen=True):
    """A statement that is asked for, and its truth; None where the bank itself tells another story."""

    path: str
    truth: Ledger | None


class Tally(Struct):
    """The results of many requests."""

    answered: dict[str, int]
    """Status and code, to count."""
    unanswered: int = 0
    wrong: int = 0
    """Statements that are not the truth."""
    unnamed: int = 0
    """Failures without a code of the catalogue."""
    unshaped: int = 0
    """Failures of the gateway's side, 5xx, that are no problem document."""

    @classmethod
    def empty(cls) -> "Tally":
        """Nothing yet."""
        return cls({})

    def look(self, answer: Answer, truth: Ledger | None = None) -> None:
        """Count an answer, and hold a statement against its truth."""
        if not answer.status:
            self.unanswered += 1
            return
        code = answer.code if answer.status >= 400 else ""
        self._count(f"{answer.status} {code}".strip())
        self.unnamed += answer.status >= 400 and not code
        self.unshaped += answer.status >= 500 and answer.kind != PROBLEM
        if answer.status == 200 and truth is not None:
            self.wrong += not msgspec.json.decode(answer.body, type=Ledger).agrees(truth)

    def add(self, other: "Tally") -> None:
        """Count what another has counted."""
        for what, count in other.answered.items():
            self._count(what, count)
        for name in ("unanswered", "wrong", "unnamed", "unshaped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def _count(self, what: str, count: int = 1) -> None:
        self.answered[what] = self.answered.get(what, 0) + count


def question(banks, listed: dict, account_id: str, first: str, last: str) -> Question:
    """A statement of a listed account that is registered under this id."""
    path = f"/v1/accounts/{account_id}/statement?from={first}&to={last}"
    return Question(path, msgspec.convert(banks.truth(listed, first, last), Ledger))


def request(url: str, path: str, key: str = "", body: bytes | None = None) -> bytes:
    """The bytes of a request after which the connection ends; a POST where there is a body."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"host: {urlsplit(url).netloc}"]
    if key:
        lines.append(f"authorization: Bearer {key}")
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + (body or b"")


async def ask(url: str, sent: bytes) -> Answer:
    """Send this over a connection of its own, and read until the connection ends."""
    address = urlsplit(url)
    began = time.perf_counter()
    came = bytearray()
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=LARGEST_PART)
        try:
            writer.write(sent)
            while part := await reader.read(LARGEST_PART):
                came += part
        finally:
            writer.close()
    except OSError:
        if not came:
            return Answer(0, "", b"", time.perf_counter() - began)
    return _parsed(bytes(came), time.perf_counter() - began)


def _parsed(came: bytes, seconds: float) -> Answer:
    none = Answer(0, "", b"", seconds)
    if b"\r\n\r\n" not in came:
        return none
    try:
        answer = HTTPResponse(_Received(came))
        answer.begin()
        if answer.length is None and not answer.chunked:
            # Nothing says where it ends, so that a short one would look whole.
            return none
        return Answer(answer.status, answer.headers.get("content-type", "").partition(";")[0], answer.read(), seconds)
    except HTTPException:
        return none


class _Received:
    """What came over a connection, as `HTTPResponse` reads it."""

    def __init__(self, came: bytes) -> None:
        self._came = came

    def makefile(self, _mode: str) -> io.BytesIO:
        """The bytes to be read."""
        return io.BytesIO(self._came)
