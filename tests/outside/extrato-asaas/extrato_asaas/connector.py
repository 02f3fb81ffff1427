"""Asaas: the extract of the account of an API key, asked for from the oldest row on."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from gateway.completeness.counts import RowCount
from gateway.completeness.running_balance import BalanceLink, RunningBalance
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.tables import Kinds, Words
from gateway.flow import Flow, Page
from gateway.model import Account, BalanceAt, Balances, HeldAccount, Movement, Period, TransactionType

__all__ = ["Asaas"]

KINDS = Kinds(
    {
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("fee",),
        TransactionType.PIX: ("pix transaction",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("internal transfer",),
        TransactionType.CARTAO: ("asaas card", "card sale"),
        TransactionType.BOLETO: ("bill payment",),
        TransactionType.TED: ("transfer",),
    },
    by=Words,
)
"""By words of the bank's types. A charge that was paid (PAYMENT_RECEIVED) may be Pix, boleto or card: OUTROS."""

BLOCKS = ("BACEN_JUDICIAL_LOCK", "BACEN_JUDICIAL_UNLOCK", "PAYMENT_CUSTODY_BLOCK", "PAYMENT_SPLIT_DIVERGENCE_BLOCK")
"""How the types begin that block money or free it."""


class Row(Struct, frozen=True):
    """One financial transaction."""

    id: str
    value: Decimal
    balance: Decimal
    type: str
    date: str
    description: str | None = None
    paymentId: str | None = None
    splitId: str | None = None
    transferId: str | None = None
    anticipationId: str | None = None
    billId: str | None = None
    invoiceId: str | None = None
    paymentDunningId: str | None = None
    creditBureauReportId: str | None = None

    @property
    def reference(self) -> str | None:
        """What the transaction belongs to, by the bank's id of it."""
        return fields.first_text(
            *(self.paymentId, self.transferId, self.billId, self.splitId, self.anticipationId, self.invoiceId),
            *(self.paymentDunningId, self.creditBureauReportId),
        )


class StatementPage(Page, frozen=True):
    """A part of the list."""

    data: list[Row]
    totalCount: int


class Balance(Struct, frozen=True):
    """What is in the account now."""

    balance: Decimal


class Number(Struct, frozen=True):
    """Branch and number of the account."""

    agency: str | None = None
    account: str | None = None
    accountDigit: str | None = None


class Holder(Struct, frozen=True):
    """Whose the account is."""

    cpfCnpj: str | None = None


class Asaas(Connector[StatementPage]):
    """Reads an account of Asaas."""

    content_fields = ("id", "date", "type", "value", "description")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every page of the period."""
        running = RunningBalance(self.contract.slug)
        for row in (yield from self._rows(account, period)):
            running.add(BalanceLink(_day(row), row.value, row.balance, row))
        opening, closing = running.opening, running.closing
        if opening is None:
            opening = closing = yield from self._unmoved(account, period.last, today)
        return Balances(
            opening=BalanceAt(period.first - timedelta(days=1), fields.amount(opening)),
            closing=None if closing is None else BalanceAt(period.last, fields.amount(closing)),
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Branch, number and holder of the account of the key."""
        number = self.decode("number", (yield from self.ask("number", account)), Number)
        holder = self.decode("holder", (yield from self.ask("holder", account)), Holder)
        return HeldAccount(
            branch=number.agency or "",
            number=(number.account or "") + (number.accountDigit or ""),
            holder_tax_id=holder.cpfCnpj or "",
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement."""
        for row in page.data:
            yield Movement(
                date=_day(row),
                amount=fields.amount(row.value),
                content=self.content(row),
                type=KINDS.of(row.type),
                description=fields.optional_text(row.description) or row.type,
                document=row.reference,
                balance=fields.amount(row.balance),
                bank_id=row.id,
                blocked=row.type.startswith(BLOCKS),
            )

    def _unmoved(self, account: Account, day: date, today: date) -> Flow[Decimal]:
        """The balance after a period without rows: the one before the next row, or today's."""
        if day < today and (rows := (yield from self._rows(account, Period(day + timedelta(days=1), today)))):
            return rows[0].balance - rows[0].value
        return self.decode("balance", (yield from self.ask("balance", account)), Balance).balance

    def _rows(self, account: Account, period: Period) -> Flow[list[Row]]:
        """Hand over the pages of a period; give its rows."""
        rows: list[Row] = []
        row_count = RowCount(self.contract.slug)
        query = {"startDate": period.first.isoformat(), "finishDate": period.last.isoformat(), "order": "asc"}
        while True:
            query |= {"offset": str(row_count.rows), "limit": str(self.page_size)}
            response = yield from self.ask("statement", account, query=query)
            page = self.decode("statement", response, StatementPage)
            row_count.add((row.id for row in page.data), page.totalCount)
            if not all(_day(row) in period for row in page.data):
                raise self.unexpected("statement", "a row lies outside of what was asked for", response)
            rows += page.data
            yield page
            if not page.data or row_count.is_whole:
                break
        row_count.finish()
        return rows


def _day(row: Row) -> date:
    return fields.iso_date(row.date)
