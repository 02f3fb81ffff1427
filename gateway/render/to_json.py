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
from gateway.concurrency.pacing import batches
from gateway.model import (
    AvailableBalance,
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
    """The account's id here."""
    bank: str
    """Slug of the bank."""
    compe: str
    """The bank's COMPE code, three digits."""
    branch: str
    """Empty where the bank has no branches."""
    number: str
    """With check digit, in the one spelling of the bank."""
    kind: Literal["PJ", "PF"]
    """PJ (company) or PF (person)."""


class PeriodBody(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days, both included."""

    first: date
    """First day."""
    last: date
    """Last day."""


class ProofPart(msgspec.Struct, frozen=True):
    """Whether opening balance + entries = closing balance: `proved`, `disproved` or `not_provable`.

    The entries of days that are over count. Some of them may be provisional still: the bank sends their days again, or
    they only block money.
    """

    verdict: Verdict
    """Nothing of a `disproved` statement may be posted."""
    difference: str | None
    """What the entries miss of the closing balance; null where a balance is missing."""
    reason: str | None
    """English: why it is not proved; null where it is."""


class AvailablePart(msgspec.Struct, frozen=True):
    """The present available balance of the account (`availableAmount` of Open Finance Brasil), not of the period."""

    amount: str
    """Exact decimal; negative where the account is overdrawn. What is blocked is not in it."""
    at: datetime
    """When the bank was asked."""


class CounterpartyPart(msgspec.Struct, frozen=True):
    """The other side of a movement, as far as the bank gives it; the public shape of `gateway.model.Counterparty`."""

    name: str | None
    """As the bank writes it."""
    tax_id: str | None
    """A whole CPF or CNPJ with right check digits, without punctuation."""
    tax_id_masked: str | None
    """A CPF or CNPJ with hidden digits, as the bank writes it."""
    bank: str | None
    """COMPE code, three digits."""
    ispb: str | None
    """ISPB code, eight digits."""
    bank_name: str | None
    """Name of the bank."""
    branch: str | None
    """Branch at that bank."""
    account: str | None
    """Number of the account at that bank."""


class EntryPart(msgspec.Struct, frozen=True, gc=False):
    """One movement."""

    id: str
    """Identifies the movement for ever, whatever period is asked for: the key against posting twice."""
    id_basis: IdBasis
    """`bank`: made of an id that the bank keeps; `derived`: made of the contents."""
    stability: Stability
    """Post what is `final`; what is `provisional` may change, and comes again under the same id."""
    date: date
    """The accounting day in Brasília."""
    booked_at: datetime | None
    """The instant, where the bank gives one."""
    amount: str
    """Exact decimal, two places or more; negative is a debit. Never read it as a float."""
    direction: Direction
    """As the sign of the amount says."""
    type: TransactionType
    """A type of Open Finance Brasil; `OUTROS` where none is known."""
    description: str
    """The bank's own text."""
    document: str | None
    """The bank's number of a document."""
    balance: str | None
    """The balance after the entry, where the bank gives it."""
    bank_id: str | None
    """The bank's own id, where it keeps one for ever and never gives it twice."""
    end_to_end_id: str | None
    """The end-to-end id of a Pix."""
    note: str | None
    """The message of the payer to the payee."""
    counterparty: CounterpartyPart | None
    """The other party; null where the bank gives nothing of it."""


P = TypeVar("P", bound=EntryPart)


class WarningPart(msgspec.Struct, frozen=True):
    """Something the ERP should know about a statement that is nevertheless whole."""

    code: WarningCode
    """Of the catalogue; `/help/{code}` explains it."""
    title: str
    """Portuguese, for the user."""
    detail: str
    """English."""
    remedy: str
    """Portuguese: what to do about it."""
    days: list[date]
    """The days that it concerns; empty when it concerns the whole statement."""


class StatementBody(msgspec.Struct, frozen=True):
    """The statement of a period, complete and checked."""

    account: AccountPart
    """Whose statement it is."""
    period: PeriodBody
    """The days that were asked for."""
    currency: Literal["BRL"]
    """Always BRL."""
    opening_balance: str | None
    """Before the first entry; null where the bank gives no balances."""
    closing_balance: str | None
    """The bank's own at the end of the period; null where it gives no balances.

    The opening balance and the final entries come to it where every entry of the statement is final; else what is
    posted may not.
    """
    available_balance: AvailablePart | None
    """What can be spent now, at banks that give no balance of a day; null elsewhere, and where the bank says none."""
    complete_through: date
    """The last day through which nothing is missing."""
    proof: ProofPart
    """Whether the entries lead from the opening to the closing balance."""
    entries: list[EntryPart]
    """By day, within a day in the bank's order."""
    id_version: int
    """The rule of the ids; another one than before means that the account has to be imported anew."""
    warnings: list[WarningPart]
    """What is to be known although the statement is whole."""
    fetched_at: datetime
    """When the bank was asked."""


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
        currency=statement.currency,
        opening_balance=_optional(statement.opening_balance),
        closing_balance=_optional(statement.closing_balance),
        available_balance=_available(statement.available_balance),
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


def _available(balance: AvailableBalance | None) -> AvailablePart | None:
    return None if balance is None else AvailablePart(money(balance.amount), balance.at)


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _warning(warning: StatementWarning) -> WarningPart:
    return WarningPart(warning.code, warning.title, warning.detail, warning.remedy, list(warning.days))
