"""A bank's failure as it is stored, and raised again later without asking the bank."""

from datetime import datetime
from typing import Any, Self

import msgspec

from gateway.errors import BankError, BankFailure, GatewayError

__all__ = ["RememberedError", "RememberedFailure", "StoredFailure", "Suspicion"]


class _JsonValue(msgspec.Struct, frozen=True):
    """A value of a JSON column."""

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """The struct from the value."""
        return msgspec.convert(stored, cls)

    def to_json(self) -> dict[str, Any]:
        """The value."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class RememberedError(msgspec.Struct, frozen=True):
    """The bank's own status, code and message, already redacted."""

    status: int | None = None
    code: str | None = None
    message: str | None = None


class RememberedFailure(_JsonValue, frozen=True, kw_only=True):
    """The stored part of a failure."""

    code: str
    """A code of the failure catalogue."""
    at: str
    """The step: `tls`, `token`, `statement`, `balance`, ..."""
    detail: str
    since: datetime
    """Time of the first occurrence."""
    bank_error: RememberedError | None = None

    @classmethod
    def of(cls, failure: GatewayError, now: datetime, *, at: str = "gateway") -> "RememberedFailure":
        """A new failure, or one that was stored before; `at` is the step of a failure that names none."""
        bank_error = failure.bank_error if isinstance(failure, BankFailure) else None
        return cls(
            code=failure.code,
            at=failure.at if isinstance(failure, BankFailure) else at,
            detail=failure.detail,
            since=failure.since if isinstance(failure, StoredFailure) else now,
            bank_error=(
                RememberedError(bank_error.status, bank_error.code, bank_error.message)
                if bank_error is not None
                else None
            ),
        )

    def revive(self, bank: str) -> "StoredFailure":
        """The failure as an exception for this bank."""
        return StoredFailure(self, bank)


class StoredFailure(BankFailure):
    """A stored failure that is raised again, because asking the bank again could only make things worse."""

    def __init__(self, remembered: RememberedFailure, bank: str) -> None:
        bank_error = remembered.bank_error
        super().__init__(
            remembered.code,
            bank=bank,
            at=remembered.at,
            detail=remembered.detail,
            bank_error=(
                BankError(bank_error.status, bank_error.code, bank_error.message) if bank_error is not None else None
            ),
        )
        self.since = remembered.since
        self.conclusive = True


class Suspicion(_JsonValue, frozen=True):
    """A refusal that has not stopped its integration yet."""

    code: str
    """A code of the failure catalogue."""
    since: datetime
    """Time of the first occurrence."""
    meetings: int = 1
    """Occurrences."""
    by_clock: bool = False
    """Whether our clock, by which the request was signed, differed from the bank's: that explains the refusal, which is
    then no evidence against the credentials."""
