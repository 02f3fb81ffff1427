"""The journal of a simulation: every request to a bank, newest last, without secrets."""

from collections import deque
from datetime import datetime

from msgspec import Struct

__all__ = ["Journal", "Record"]

MOST_RECORDS = 20_000
"""Older ones are dropped."""


class Record(Struct, kw_only=True, gc=False):
    """One request and what became of it."""

    at: datetime
    bank: str
    method: str
    path: str
    operation: str | None = None
    """Name in the contract; None for a path that the contract does not list."""
    ended_at: datetime | None = None
    """When the answer was delivered, or given up; None while the call is under way."""
    account: str | None = None
    """Account number, once the bank knows who is calling."""
    status: int | None = None
    """Status answered; None when the connection was cut."""
    token: str | None = None
    """The last four signs of the access token used or issued."""
    fault: str | None = None
    why: str = ""
    """The rule by which it was refused, in words; empty where it was not."""
    nearest: str = ""
    """The operation that was meant most likely, where the path is not quite that of one."""
    request_id: str | None = None
    """The caller's own name for the request: its header `x-request-id`."""
    write: bool = False
    """Whether it called a write operation of the real bank, which no client may."""

    def end(self, now: datetime) -> None:
        """The call is under way no more."""
        self.ended_at = now


class Journal:
    """The requests to all banks."""

    def __init__(self) -> None:
        self.records: deque[Record] = deque(maxlen=MOST_RECORDS)

    def add(self, record: Record) -> Record:
        """Record one request; the record may be completed later."""
        self.records.append(record)
        return record

    def of(self, bank: str | None = None, account: str | None = None) -> list[Record]:
        """The records of a bank and an account, or of all."""
        return [
            record
            for record in list(self.records)  # another thread may add one meanwhile
            if (bank is None or record.bank == bank) and (account is None or record.account == account)
        ]
