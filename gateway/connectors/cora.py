"""Cora, Integração Direta: the statement (`bank-statement/statement`) of the one account a certificate belongs to.

Odd: integer centavos; instants in UTC with an offset of two digits; no total, the list ends with a short or an empty
page; the order is not promised; money that is blocked stands among the rows.

What is asked: one day more on each side, since it is unknown whether a day begins in Brasília or in UTC, but no day to
come. Rows beyond the period only carry the balances to its ends.

What proves that the list is whole: its balances at both ends, and `aggregations` of the first page, which may speak
against it but withhold nothing, for what they add up is assumed. The list is put in order and handed over only then.

Long because its open lists are long: kinds in two languages, and all places where the bank says something of a row.

Sources: contracts/banks/cora/NOTES.md.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import httpx
from msgspec import Struct

from contracts.schema import Contract
from gateway.completeness.overlap import Overlap
from gateway.completeness.totals import AnnouncedTotals, Totals
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Beginnings, Sides
from gateway.errors import AnotherAccount
from gateway.flow import Flow, Page
from gateway.model import (
    BRASILIA,
    DAY,
    Account,
    BalanceAt,
    Balances,
    Counterparty,
    HeldAccount,
    Movement,
    Period,
    TransactionType,
)

__all__ = ["Cora"]

ROWS_AT_ONCE = 200
"""Rows asked for in one page: the bank allows 500, but large pages tend to time out."""

KINDS = Beginnings(
    (text, called)
    for called, *texts in (
        ((TransactionType.PIX, "Pix recebido", "Pix enviado"), "PIX"),
        ((TransactionType.TED, "Transferência recebida", "Transferência enviada"), "TRANSFER", "TED "),
        ((TransactionType.BOLETO, "Boleto recebido", "Boleto pago"), "BOLETO", "BANK_SLIP", "BANKSLIP", "INVOICE"),
        ((TransactionType.BOLETO, "Pagamento recebido", "Pagamento efetuado"), "PAYMENT", "PAGAMENTO "),
        ((TransactionType.TARIFA_SERVICOS_AVULSOS, "Tarifa devolvida", "Tarifa"), "FEE", "TARIFA"),
        ((TransactionType.CARTAO, "Crédito de cartão", "Compra com cartão"), "CARD", "DEBIT_CARD", "CREDIT_CARD"),
        ((TransactionType.SAQUE, "Saque devolvido", "Saque"), "WITHDRAW", "SAQUE"),
        ((TransactionType.DEPOSITO, "Depósito", "Depósito devolvido"), "DEPOSIT"),
        ((TransactionType.RENDIMENTO_APLIC_FINANCEIRA, "Rendimento", "Rendimento estornado"), "YIELD", "RENDIMENTO"),
        ((TransactionType.OUTROS, "Bloqueio de saldo devolvido", "Bloqueio de saldo"), "BLOCK"),
        ((TransactionType.OUTROS, "Desbloqueio de saldo", "Desbloqueio de saldo devolvido"), "UNBLOCK"),
    )
    for text in texts
)
"""By how the kind begins: type, and what a credit and a debit are called. An open list: the text of a kind that is not
here decides, and what that does not tell is OUTROS under its own name."""

SIDES = Sides(
    {"CREDIT", "CREDITO", "CR", "C", "ENTRADA", "UNBLOCK", "DESBLOQUEIO"},
    {"DEBIT", "DEBITO", "DB", "D", "SAIDA", "BLOCK", "BLOQUEIO"},
)
BLOCKS = frozenset({"BLOCK", "BLOQUEIO", "UNBLOCK", "DESBLOQUEIO"})
"""Words of `type`. Of any other the balances decide whether money came or went."""
PARTY = ("name", "identity")

NOT_TOLD = (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)
"""Answers to who may read the statement and not the account."""

NO_PAGE = (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY)
"""Answers that may mean that the list has no such page."""

Centavos = int | str


class Row(Struct, frozen=True):
    """One row of `entries`."""

    type: str
    amount: Centavos
    createdAt: str
    id: str | None = None
    transaction: Any = None
    counterParty: Any = None
    category: Any = None

    @property
    def size(self) -> Decimal:
        """Reais, without sign."""
        return fields.unsigned(_reais(self.amount))

    @property
    def sign(self) -> int | None:
        """1 for a credit, -1 for a debit; None where `type` does not tell."""
        return SIDES.sign(self.type)

    @property
    def blocks(self) -> bool:
        """Whether the row only blocks money, or frees it."""
        return self.word in BLOCKS

    @property
    def word(self) -> str:
        """`type` for comparing."""
        return fields.fold(self.type)

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
    def announced(self) -> AnnouncedTotals:
        """Both sums without a sign, as far as they are told."""
        credit, debit = (None if told is None else abs(_reais(told)) for told in (self.creditTotal, self.debitTotal))
        return AnnouncedTotals(credit, debit)


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    entries: list[Row] | None = None
    start: Edge | None = None
    end: Edge | None = None
    aggregations: Aggregations | None = None
    header: Any = None


class Signed(Page, frozen=True):
    """Rows in order, with the signs of those whose `type` tells none."""

    rows: list[Row]
    signs: Mapping[str, int]
    """By `type`, for comparing; 0 for what moved nothing."""


class Read(Struct, frozen=True):
    """A row and what was read in it."""

    row: Row
    moment: datetime
    size: Decimal


class Described(Struct, frozen=True):
    """The answer of `account`."""

    agency: Any = None
    accountNumber: Any = None
    accountDigit: Any = None


class Cora(Connector[StatementPage | Signed]):
    """Reads a Cora account."""

    content_fields = ("id", "createdAt", "type", "amount", "transaction.type", "transaction.description")

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        super().__init__(contract, page_size or ROWS_AT_ONCE)

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page, then all rows in the order of time once they are known to be complete."""
        asked = Period(period.first - DAY, min(period.last + DAY, today))
        number = self.contract.paging.first
        page = yield from self._first_page(account, asked)
        self._check_holder(account, page)
        totals = self._totals(page)
        overlap = Overlap[Row](self.contract.slug)
        held: list[Read] = []
        ended, full = True, False
        while True:
            listed = page.entries or []
            # Rows that arrive meanwhile push known ones to the next page; the first page's sums do not know them.
            fresh = self._read(asked, overlap.add(listed, None))
            totals.add(
                ((read.row.sign * read.size, read.row.blocks) for read in fresh if read.row.sign),
                ((read.row.word, read.size) for read in fresh if read.row.sign is None),
            )
            held += fresh
            full |= len(listed) >= self.page_size
            short = totals.agrees and len(listed) < self.page_size
            if listed and not fresh and not totals.agrees:
                raise self.incoherent(f"page {number} holds nothing but known entries")
            if not listed or (totals.agrees and not fresh) or (short and (full or totals.totals_are_met)):
                break
            number += 1
            # Balances alone do not show that a short page is the last: what cancels out may follow where the bank
            # gives fewer rows than it is asked for. That it refuses such a page leaves open whether there is one.
            beyond = yield from self._page(account, asked, number, optional=short)
            if beyond is None:
                ended = False
                break
            page = beyond
        signs = self._signs(totals)
        totals.apply_signs(signs)
        against = (totals.finish(), overlap.doubt)
        yield Signed(
            [
                read.row
                for read in _oldest_first(held)
                if totals.blocks_move or not read.row.blocks or read.moment.date() in period
            ],
            signs,
        )
        return Balances(
            # A day that begins in UTC begins on the evening before: rows from there on are counted.
            opening=BalanceAt(asked.first - 2 * DAY, totals.opening),
            closing=BalanceAt(asked.last, totals.closing),
            complete_through=None if ended else period.first - DAY,
            contradictions=tuple(self.doubt(detail, "aggregations") for detail in against if detail),
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Branch and number of the one account of these credentials; each statement has its holder."""
        response = yield from self.ask("account", account, accept=NOT_TOLD)
        if response.status_code in NOT_TOLD:
            return HeldAccount()
        told = self.decode("account", response, Described)
        branch, number, digit = map(fields.word, (told.agency, told.accountNumber, told.accountDigit))
        return HeldAccount(branch=branch, number=number + digit if number else "")

    def normalise(self, page: StatementPage | Signed) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `type`, or from the balances where that tells none."""
        rows, signs = (page.rows, page.signs) if isinstance(page, Signed) else (page.entries or [], {})
        for row in rows:
            sign = signs.get(row.word) if row.sign is None else row.sign
            if sign is None:
                raise ValueError(f"the type {row.type!r} is neither credit nor debit")
            if not sign:
                continue
            moment, detail = row.moment, fields.mapping(row.transaction)
            kind, description = _said(row, detail, credit=sign > 0)
            yield Movement(
                date=moment.date(),
                amount=sign * row.size,
                content=self.content(row),
                type=kind,
                description=description,
                booked_at=moment if row.has_time else None,
                bank_id=row.id or None,
                end_to_end_id=wording.end_to_end_id(*wording.texts_within(detail)),
                counterparty=_counterparty(detail, row),
                blocked=row.blocks or fields.fold(detail.get("type")) in BLOCKS,
            )

    def _signs(self, totals: Totals) -> dict[str, int]:
        """The signs of rows whose `type` tells none, as the balances decide them.

        Raises:
            BankFailure: the balances do not decide it.
        """
        signs = totals.solved_signs()
        if signs is None:
            words = ", ".join(sorted(totals.unsigned))
            raise self.unexpected("statement", f"neither type nor balances tell the sign of {words!r}")
        return signs

    def _first_page(self, account: Account, asked: Period) -> Flow[StatementPage]:
        return self.decode(
            "statement", (yield from self._answer(account, asked, self.contract.paging.first)), StatementPage
        )

    def _page(self, account: Account, asked: Period, number: int, *, optional: bool) -> Flow[StatementPage | None]:
        """A later page; None where it may be left out and the bank refuses it as one that is not there."""
        response = yield from self._answer(account, asked, number, accept=NO_PAGE if optional else ())
        return None if response.is_error else self.decode("statement", response, StatementPage)

    def _answer(
        self, account: Account, asked: Period, number: int, accept: tuple[int, ...] = ()
    ) -> Flow[httpx.Response]:
        return (
            yield from self.ask(
                "statement",
                account,
                query={
                    "start": asked.first.isoformat(),
                    "end": asked.last.isoformat(),
                    "page": str(number),
                    "perPage": str(self.page_size),
                    "aggr": "true",
                },
                accept=accept,
            )
        )

    def _totals(self, first: StatementPage) -> Totals:
        if first.start is None or first.end is None:
            raise self.unexpected("statement", "the first page has no balances")
        return Totals(
            self.contract.slug,
            _reais(first.start.balance),
            _reais(first.end.balance),
            first.aggregations.announced if first.aggregations else None,
        )

    def _read(self, asked: Period, rows: list[Row]) -> list[Read]:
        """Rows with their instants and amounts.

        Raises:
            BankFailure: one of them cannot be read.
            IncoherentPages: one of them lies outside of what was asked for.
        """
        found = [Read(row, row.moment, row.size) for row in rows]
        if not all(asked.first - DAY <= read.moment.date() <= asked.last for read in found):
            raise self.incoherent(f"the answer from {asked.first} on holds entries of another time")
        return found

    def _check_holder(self, account: Account, page: StatementPage) -> None:
        """The call names no account, so that only its holder tells whose statement came.

        Raises:
            AnotherAccount: the credentials are those of another company.
        """
        told = _company(fields.mapping(page.header).get("businessDocument"))
        if told and told != _company(account.holder_tax_id):
            raise AnotherAccount(self.contract.slug, ["holder_tax_id"], at="statement")


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


def _said(row: Row, detail: dict[str, Any], *, credit: bool) -> tuple[TransactionType, str]:
    """The type and the description: the bank's own text, or else kind and party, and then all else that it says."""
    kind = fields.optional_text(detail.get("type")) or ("" if row.sign and not row.blocks else row.type)
    own = fields.optional_text(detail.get("description")) or ""
    outer, inner = fields.mapping(row.counterParty), fields.mapping(detail.get("counterParty"))
    known = KINDS.find(kind)
    type_, received, sent = known or (wording.kind_of(own), kind, kind)
    party = fields.first_text(inner.get("name"), outer.get("name"))
    told = [own] if own else [received if credit else sent, party]
    rest = (
        "" if known else kind,
        "" if row.sign else row.type,
        *wording.texts_within(detail, without=("id", "type", "description", "counterParty")),
        *wording.texts_within(row.category),
        *wording.texts_within(inner, without=PARTY),
        *wording.texts_within(outer, without=PARTY),
    )
    more = (text for text in rest if wording.end_to_end_id(text) is None)
    other = fields.optional_text(outer.get("name"))
    identities = inner.get("identity"), outer.get("identity")
    unshown = parties.unshown(_counterparty(detail, row), *identities)
    return type_, wording.composed(*told, *more, "" if other == party else other, *unshown)


def _counterparty(detail: dict[str, Any], row: Row) -> Counterparty | None:
    """The other party as `transaction` names it, or what stands beside that."""
    named = [fields.mapping(detail.get("counterParty")), fields.mapping(row.counterParty)]
    return parties.counterparty(
        name=fields.first_text(*(party.get("name") for party in named)),
        tax_ids=[party.get("identity") for party in named],
    )
