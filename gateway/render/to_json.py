"""A statement as JSON: the public shape of design section 6, with exactly its names and order.

Money is text, in plain notation with at least two decimals, so that no JSON parser reads it as a float.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, cast

import msgspec
from msgspec.structs import replace

import contracts
from gateway.concurrency.pacing import resting
from gateway.limits import ENTRIES_AT_ONCE
from gateway.model import (
    Counterparty,
    Direction,
    Entry,
    IdBasis,
    Stability,
    Statement,
    StatementWarning,
    TransactionType,
    Verdict,
)

__all__ = ["StatementBody", "body", "money", "render"]


if TYPE_CHECKING:
    WarningCode = str
else:
    WarningCode = StrEnum("WarningCode", {code.upper(): code for code in contracts.failures().warnings})
"""A code of the catalogue's warnings, which is the only list of them."""


class AccountPart(msgspec.Struct, frozen=True):
    """The account of a statement."""

    id: str
    bank: str
    compe: str
    branch: str
    number: str
    kind: Literal["PJ", "PF"]


class PeriodBody(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days, both included."""

    first: date
    last: date


class ProofPart(msgspec.Struct, frozen=True):
    """Whether opening balance + entries = closing balance: `proved`, `disproved` or `not_provable`."""

    verdict: Verdict
    difference: str | None
    reason: str | None


class CounterpartyPart(msgspec.Struct, frozen=True):
    """The other side of a movement, as far as the bank gives it."""

    name: str | None
    tax_id: str | None
    tax_id_masked: str | None
    bank: str | None
    ispb: str | None
    bank_name: str | None
    branch: str | None
    account: str | None


class EntryPart(msgspec.Struct, frozen=True):
    """One movement."""

    id: str
    id_basis: IdBasis
    stability: Stability
    date: date
    booked_at: datetime | None
    amount: str
    direction: Direction
    type: TransactionType
    description: str
    document: str | None
    balance: str | None
    bank_id: str | None
    end_to_end_id: str | None
    note: str | None
    counterparty: CounterpartyPart | None


class WarningPart(msgspec.Struct, frozen=True):
    """Something the ERP should know about a statement that is nevertheless whole."""

    code: WarningCode
    title: str
    """Portuguese, for the user."""
    detail: str
    remedy: str
    """Portuguese: what to do about it."""
    days: list[date]
    """The days that it concerns; empty when it concerns the whole statement."""


class StatementBody(msgspec.Struct, frozen=True):
    """The statement of a period, complete and checked."""

    account: AccountPart
    period: PeriodBody
    currency: Literal["BRL"]
    opening_balance: str | None
    closing_balance: str | None
    complete_through: date
    proof: ProofPart
    entries: list[EntryPart]
    id_version: int
    warnings: list[WarningPart]
    fetched_at: datetime


def money(amount: Decimal) -> str:
    """An amount in plain notation with at least two decimals, and as many more as it has; never a negative zero."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        # Zeros are appended rather than quantised: quantising fails beyond the context's precision.
        sign, digits, _ = amount.as_tuple()
        amount = Decimal((sign, digits + (0,) * (exponent + 2), -2))
    text = format(amount, "f")
    return text.removeprefix("-") if amount == 0 else text


def body(statement: Statement) -> StatementBody:
    """The statement in its public shape."""
    account = statement.account
    return StatementBody(
        account=AccountPart(
            id=account.id,
            bank=account.bank,
            compe=contracts.load(account.bank).compe,
            branch=account.branch,
            number=account.number,
            kind=cast("Literal['PJ', 'PF']", account.kind),
        ),
        period=PeriodBody(statement.period.first, statement.period.last),
        currency=cast("Literal['BRL']", statement.currency),
        opening_balance=_optional(statement.opening_balance),
        closing_balance=_optional(statement.closing_balance),
        complete_through=statement.complete_through,
        proof=ProofPart(statement.proof.verdict, _optional(statement.proof.difference), statement.proof.reason),
        entries=[_entry(entry) for entry in statement.entries],
        id_version=statement.id_version,
        warnings=[_warning(warning) for warning in statement.warnings],
        fetched_at=statement.fetched_at,
    )


def render(statement: Statement) -> bytes:
    """The statement as a JSON document.

    Entries are encoded `ENTRIES_AT_ONCE` at a time, because an encoder keeps the interpreter until it has ended.
    """
    frame = body(replace(statement, entries=[]))
    parts = [
        msgspec.json.encode([_entry(entry) for entry in resting(statement.entries[at : at + ENTRIES_AT_ONCE])])[1:-1]
        for at in range(0, len(statement.entries), ENTRIES_AT_ONCE)
    ]
    entries = msgspec.Raw(b"[" + b",".join(parts) + b"]")
    return msgspec.json.encode(replace(frame, entries=cast("list[EntryPart]", entries)))


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _warning(warning: StatementWarning) -> WarningPart:
    return WarningPart(warning.code, warning.title, warning.detail, warning.remedy, list(warning.days))


def _entry(entry: Entry) -> EntryPart:
    return EntryPart(
        id=entry.id,
        id_basis=entry.id_basis,
        stability=entry.stability,
        date=entry.date,
        booked_at=entry.booked_at,
        amount=money(entry.amount),
        direction=entry.direction,
        type=entry.type,
        description=entry.description,
        document=entry.document,
        balance=_optional(entry.balance),
        bank_id=entry.bank_id,
        end_to_end_id=entry.end_to_end_id,
        note=entry.note,
        counterparty=_counterparty(entry.counterparty),
    )


def _counterparty(other: Counterparty | None) -> CounterpartyPart | None:
    if other is None or other == Counterparty():
        return None
    return CounterpartyPart(
        name=other.name,
        tax_id=other.tax_id,
        tax_id_masked=other.tax_id_masked,
        bank=other.bank,
        ispb=other.ispb,
        bank_name=other.bank_name,
        branch=other.branch,
        account=other.account,
    )
