"""A bank's failure as it is remembered, and brought back later without asking the bank again."""

from datetime import datetime
from typing import Any

import msgspec

from gateway.errors import BankError, BankFailure, GatewayError

__all__ = ["RememberedError", "RememberedFailure", "StoredFailure", "Suspicion"]


class RememberedError(msgspec.Struct, frozen=True):
    """The bank's own words, already redacted."""

    status: int | None = None
    code: str | None = None
    message: str | None = None


class RememberedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a failure."""

    code: str
    """A code of the failure catalogue."""
    at: str
    """The step: `tls`, `token`, `statement`, `balance`, ..."""
    detail: str
    since: datetime
    """When it was met first."""
    bank_error: RememberedError | None = None

    @classmethod
    def of(cls, failure: GatewayError, now: datetime, *, at: str = "gateway") -> "RememberedFailure":
        """A failure that has just been met, or that was remembered before; `at` is the step of one that names none."""
        said = failure.bank_error if isinstance(failure, BankFailure) else None
        return cls(
            code=failure.code,
            at=failure.at if isinstance(failure, BankFailure) else at,
            detail=failure.detail,
            since=failure.since if isinstance(failure, StoredFailure) else now,
            bank_error=RememberedError(said.status, said.code, said.message) if said is not None else None,
        )

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "RememberedFailure":
        """What a JSON column holds."""
        return msgspec.convert(stored, cls)

    def to_json(self) -> dict[str, Any]:
        """The value of a JSON column."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built

    def revive(self, bank: str) -> "StoredFailure":
        """The failure, to be raised again for this bank."""
        return StoredFailure(self, bank)


class StoredFailure(BankFailure):
    """A failure that is answered from memory: asking the bank again could only make things worse."""

    def __init__(self, remembered: RememberedFailure, bank: str) -> None:
        said = remembered.bank_error
        super().__init__(
            remembered.code,
            bank=bank,
            at=remembered.at,
            detail=remembered.detail,
            bank_error=BankError(said.status, said.code, said.message) if said is not None else None,
        )
        self.since = remembered.since
        self.conclusive = True


class Suspicion(msgspec.Struct, frozen=True):
    """A refusal that has not stopped its integration yet."""

    code: str
    """A code of the failure catalogue."""
    since: datetime
    """When it was met first."""
    meetings: int = 1

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Suspicion":
        """What a JSON column holds."""
        return msgspec.convert(stored, cls)

    def to_json(self) -> dict[str, Any]:
        """The value of a JSON column."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built
