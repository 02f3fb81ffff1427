"""Cora, Integração Direta: the statement (`bank-statement/statement`) of the one account a certificate belongs to.

Odd: integer centavos; instants in UTC with an offset of two digits; no total, the list ends with a short or an empty
page; the order is not promised; money that is blocked stands among the rows.

What is asked: one day more on each side, since it is unknown whether a day begins in Brasília or in UTC, but no day to
come. Rows beyond the period only carry the balances to its ends.

What proves that the list is whole: `aggregations` of the first page, and its balances at both ends. The list is put in
order and handed over only then.

Long because a list without a total and without a promised order needs both proofs, and because the account is told at
an address of its own.

Sources: contracts/banks/cora/NOTES.md.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import httpx
from msgspec import Struct

from contracts.schema import Contract
from gateway.auth.client_credentials import ClientCredentials
from gateway.connectors import fields, parties
from gateway.connectors.base import Connector
from gateway.errors import AnotherAccount, IncoherentPages
from gateway.flow import Flow, Page
from gateway.model import (
    BRASILIA,
    Account,
    BalanceAt,
    Balances,
    Counterparty,
    HeldAccount,
    Movement,
    Period,
    TransactionType,
)
from gateway.proof.overlap import Overlap
from gateway.proof.reckoning import Announced, Reckoning

__all__ = ["Cora"]

DAY = timedelta(days=1)
ROWS_AT_ONCE = 200
"""Rows asked for in one page: the bank allows 500, but large pages tend to time out."""

TYPES = {
    "PIX": (TransactionType.PIX, "Pix recebido", "Pix enviado"),
    "TRANSFER": (TransactionType.TED, "Transferência recebida", "Transferência enviada"),
    "BOLETO": (TransactionType.BOLETO, "Boleto recebido", "Boleto pago"),
    "BANK_SLIP": (TransactionType.BOLETO, "Boleto recebido", "Boleto pago"),
    "INVOICE": (TransactionType.BOLETO, "Boleto recebido", "Boleto pago"),
    "PAYMENT": (TransactionType.BOLETO, "Pagamento recebido", "Pagamento efetuado"),
    "FEE": (TransactionType.TARIFA_SERVICOS_AVULSOS, "Tarifa devolvida", "Tarifa"),
    "BLOCK": (TransactionType.OUTROS, "", "Bloqueio de saldo"),
    "UNBLOCK": (TransactionType.OUTROS, "Desbloqueio de saldo", ""),
}
"""By kind: type, and what a credit and a debit are called. An open list: what is not here is OUTROS."""

SIGNS = {"CREDIT": 1, "UNBLOCK": 1, "DEBIT": -1, "BLOCK": -1}
BLOCKS = frozenset({"BLOCK", "UNBLOCK"})

Centavos = int | str


class Row(Struct, frozen=True):
    """One row of `entries`."""

    type: str
    amount: Centavos
    createdAt: str
    id: str | None = None
    transaction: Any = None
    counterParty: Any = None

    @property
    def moved(self) -> Decimal:
        """Reais, negative for a debit."""
        if self.type not in SIGNS:
            raise ValueError("an entry is neither credit nor debit")
        value = _reais(self.amount)
        if value < 0:
            raise ValueError("an amount that should have no sign has one")
        return SIGNS[self.type] * value

    @property
    def has_time(self) -> bool:
        """Whether `createdAt` is an instant and not a plain date."""
        return len(self.createdAt.strip()) > len("2026-01-01")

    @property
    def moment(self) -> datetime:
        """The instant of booking in Brasília, told in UTC where it has no offset; of a plain date, its beginning."""
        if self.has_time:
            told = datetime.fromisoformat(self.createdAt.strip())
            return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(BRASILIA)
        return datetime.combine(date.fromisoformat(self.createdAt.strip()), time(), BRASILIA)


class Edge(Struct, frozen=True):
    """The balance at an end of the period."""

    balance: Centavos


class Aggregations(Struct, frozen=True):
    """Sums of what came in and of what went out; either may be left out."""

    creditTotal: Centavos | None = None
    debitTotal: Centavos | None = None

    @property
    def announced(self) -> Announced:
        """Both sums without a sign, as far as they are told."""
        credit, debit = (None if told is None else abs(_reais(told)) for told in (self.creditTotal, self.debitTotal))
        return Announced(credit, debit)


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    entries: list[Row] | None = None
    start: Edge | None = None
    end: Edge | None = None
    aggregations: Aggregations | None = None
    header: Any = None


class Read(Struct, frozen=True):
    """A row and what was read in it."""

    row: Row
    moment: datetime
    moved: Decimal


class Described(Struct, frozen=True):
    """The answer of `account`."""

    agency: Any = None
    accountNumber: Any = None
    accountDigit: Any = None


NOT_TOLD = (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)
"""Answers to who may read the statement and not the account."""


class Cora(Connector[StatementPage]):
    """Reads a Cora account."""

    content_fields = (
        "id",
        "createdAt",
        "type",
        "amount",
        "transaction.type",
        "transaction.description",
    )

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        super().__init__(contract, page_size or ROWS_AT_ONCE)

    def auth(self, account: Account) -> ClientCredentials:
        """The client id alone; the certificate stands in for a secret."""
        return ClientCredentials(self.contract, account.environment, {"client_id": account.credentials["client_id"]})

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page, then all rows in the order of time once they are known to be complete."""
        asked = Period(period.first - DAY, min(period.last + DAY, today))
        number = self.contract.paging.first
        page = yield from self._page(account, asked, number)
        self._check_holder(account, page)
        reckoning = self._reckoning(page)
        overlap = Overlap[Row](self.contract.slug)
        held: list[Read] = []
        while True:
            listed = page.entries or []
            # Rows that arrive meanwhile push known ones to the next page; the first page's sums do not know them.
            fresh = self._read(asked, overlap.add(listed, None))
            if listed and not fresh:
                raise IncoherentPages(self.contract.slug, f"page {number} holds nothing but known entries")
            reckoning.add((read.moved, read.row.type in BLOCKS) for read in fresh)
            held += fresh
            if not listed or (len(listed) < self.page_size and reckoning.settled):
                break
            number += 1
            page = yield from self._page(account, asked, number)
        overlap.finish()
        reckoning.conclude()
        yield StatementPage(
            entries=[
                read.row
                for read in _oldest_first(held)
                if reckoning.blocks_move or read.row.type not in BLOCKS or read.moment.date() in period
            ]
        )
        return Balances(
            # A day that begins in UTC begins on the evening before: rows from there on are counted.
            opening=BalanceAt(asked.first - 2 * DAY, reckoning.opening),
            closing=BalanceAt(asked.last, reckoning.closing),
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Branch and number of the one account of these credentials; each statement has its holder."""
        response = yield from self.ask("account", account, accept=NOT_TOLD)
        if response.status_code in NOT_TOLD:
            return HeldAccount()
        told = self.decode("account", response, Described)
        branch, number, digit = map(_code, (told.agency, told.accountNumber, told.accountDigit))
        return HeldAccount(branch=branch, number=number + digit if number else "")

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `type`."""
        for row in page.entries or []:
            moment, moved = row.moment, row.moved
            detail = _object(row.transaction)
            kind = fields.optional_text(detail.get("type")) or (row.type if row.type in BLOCKS else "")
            type_, credit_name, debit_name = TYPES.get(kind, (TransactionType.OUTROS, kind, kind))
            party = _counterparty(detail.get("counterParty")) or _counterparty(row.counterParty)
            called = (debit_name if SIGNS[row.type] < 0 else credit_name, party.name if party else None)
            yield Movement(
                date=moment.date(),
                amount=moved,
                content=self.content(row),
                type=type_,
                description=fields.optional_text(detail.get("description")) or " - ".join(filter(None, called)),
                booked_at=moment if row.has_time else None,
                bank_id=row.id or None,
                counterparty=party,
                blocked=row.type in BLOCKS or kind in BLOCKS,
            )

    def _page(self, account: Account, asked: Period, number: int) -> Flow[StatementPage]:
        response = yield from self.ask(
            "statement",
            account,
            query={
                "start": asked.first.isoformat(),
                "end": asked.last.isoformat(),
                "page": str(number),
                "perPage": str(self.page_size),
                "aggr": "true",
            },
        )
        return self.decode("statement", response, StatementPage)

    def _reckoning(self, first: StatementPage) -> Reckoning:
        if first.start is None or first.end is None:
            raise self.unexpected("statement", "the first page has no balances")
        try:
            return Reckoning(
                self.contract.slug,
                _reais(first.start.balance),
                _reais(first.end.balance),
                first.aggregations.announced if first.aggregations else None,
            )
        except (ValueError, ArithmeticError) as error:
            raise self.unexpected("statement", f"a sum cannot be read: {error}") from error

    def _read(self, asked: Period, rows: list[Row]) -> list[Read]:
        """Rows with their instants and amounts.

        Raises:
            BankFailure: one of them cannot be read.
            IncoherentPages: one of them lies outside of what was asked for.
        """
        try:
            found = [Read(row, row.moment, row.moved) for row in rows]
        except (ValueError, ArithmeticError) as error:
            raise self.unexpected("statement", f"an entry cannot be read: {error}") from error
        if not all(asked.first - DAY <= read.moment.date() <= asked.last for read in found):
            raise IncoherentPages(self.contract.slug, f"the answer from {asked.first} on holds entries of another time")
        return found

    def _check_holder(self, account: Account, page: StatementPage) -> None:
        """The call names no account, so that only its holder tells whose statement came.

        Raises:
            AnotherAccount: the credentials are those of another company.
        """
        told = _company(_object(page.header).get("businessDocument"))
        if told and told != _company(account.holder_tax_id):
            raise AnotherAccount(self.contract.slug, ["holder_tax_id"], at="statement")


def _code(value: Any) -> str:
    """A code that is a text or, as some clients have it, a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else fields.optional_text(value) or ""


def _reais(value: Centavos) -> Decimal:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,17}", value):
        raise ValueError("an amount is not a whole number of centavos")
    return fields.centavos(int(value))


def _oldest_first(held: list[Read]) -> list[Read]:
    """In the order of time; what is equal in that stays in the bank's order, whichever way it runs."""
    newest_first = bool(held) and held[0].moment >= held[-1].moment
    return sorted(reversed(held) if newest_first else held, key=lambda read: read.moment)


def _company(document: Any) -> str | None:
    """The eight digits that a company's CNPJs share, or a whole CPF; None for what is neither."""
    plain = parties.tax_id(document) or ""
    return {14: plain[:8], 11: plain}.get(len(plain))


def _counterparty(value: Any) -> Counterparty | None:
    party = _object(value)
    return parties.counterparty(name=party.get("name"), tax_ids=[party.get("identity")])


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
