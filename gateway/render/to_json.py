"""A statement as JSON: the public shape of design section 6, with exactly its names and order.

Money is text, in plain notation with at least two decimals, so that no JSON parser reads it as a float.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, cast

import msgspec

import contracts
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
from gateway.render.amounts import money
from gateway.render.batches import batches

__all__ = ["EntryPart", "StatementBody", "account_part", "entry_part", "frame", "render"]

NOBODY = Counterparty()


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
    """The other side of a movement, as far as the bank gives it; the public shape of `gateway.model.Counterparty`."""

    name: str | None
    tax_id: str | None
    tax_id_masked: str | None
    bank: str | None
    ispb: str | None
    bank_name: str | None
    branch: str | None
    account: str | None


class EntryPart(msgspec.Struct, frozen=True, gc=False):
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


P = TypeVar("P", bound=EntryPart)


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


def render(statement: Statement) -> Iterator[bytes]:
    """The statement as a JSON document, in parts."""
    # A quote within a text is escaped, so that no text of the frame can look like the place of the entries.
    before, place, after = msgspec.json.encode(frame(statement)).partition(b'"entries":[]')
    yield before + place[:-1]
    separator = b""
    for batch in batches(statement.entries):
        yield separator + msgspec.json.encode([entry_part(entry, EntryPart) for entry in batch])[1:-1]
        separator = b","
    yield place[-1:] + after


class Described(Protocol):
    """An account, as far as a statement describes it."""

    @property
    def id(self) -> str: ...
    @property
    def bank(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def kind(self) -> str: ...


def account_part(account: Described) -> AccountPart:
    """An account in its public shape."""
    return AccountPart(
        id=account.id,
        bank=account.bank,
        compe=contracts.load(account.bank).compe,
        branch=account.branch,
        number=account.number,
        kind=cast("Literal['PJ', 'PF']", account.kind),
    )


def frame(statement: Statement) -> StatementBody:
    """The statement in its public shape, without its entries."""
    return StatementBody(
        account=account_part(statement.account),
        period=PeriodBody(statement.period.first, statement.period.last),
        currency=cast("Literal['BRL']", statement.currency),
        opening_balance=_optional(statement.opening_balance),
        closing_balance=_optional(statement.closing_balance),
        complete_through=statement.complete_through,
        proof=ProofPart(statement.proof.verdict, _optional(statement.proof.difference), statement.proof.reason),
        entries=[],
        id_version=statement.id_version,
        warnings=[_warning(warning) for warning in statement.warnings],
        fetched_at=statement.fetched_at,
    )


def entry_part(entry: Entry, shape: type[P]) -> P:
    """An entry in its public shape, which is `EntryPart` or one made of it."""
    balance, other = entry.balance, entry.counterparty
    # In order of the fields: names would take as long as all the rest.
    return shape(
        entry.id,
        entry.id_basis,
        entry.stability,
        entry.date,
        entry.booked_at,
        money(entry.amount),
        entry.direction,
        entry.type,
        entry.description,
        entry.document,
        None if balance is None else money(balance),
        entry.bank_id,
        entry.end_to_end_id,
        entry.note,
        # Encoded as it is: it has the fields of the public shape in their order, and a copy takes half a microsecond.
        None if other is None or other == NOBODY else cast("CounterpartyPart", other),
    )


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _warning(warning: StatementWarning) -> WarningPart:
    return WarningPart(warning.code, warning.title, warning.detail, warning.remedy, list(warning.days))
