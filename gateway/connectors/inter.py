"""Banco Inter, API Banking v2: the enriched statement (`extrato/completo`) over mutual TLS.

Odd: page numbers from 0; amounts are texts with one or two decimals and no sign; the statement has no balances, so
they are asked from `saldo`, which on a day without banking answers for the last business day instead. The window is
then widened until both its ends lie on days for which the bank gives a balance.

Sources: contracts/banks/inter/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from gateway.auth.client_credentials import ClientCredentials
from gateway.connectors import fields, parties
from gateway.connectors.base import Connector
from gateway.errors import IncoherentPages
from gateway.flow import Flow, Page
from gateway.model import Account, BalanceAt, Balances, Counterparty, Movement, Period, TransactionType
from gateway.proof.coverage import Coverage

__all__ = ["Inter"]

TYPES = {
    "PIX": TransactionType.PIX,
    "TRANSFERENCIA": TransactionType.TED,
    "PAGAMENTO": TransactionType.BOLETO,
    "BOLETO_COBRANCA": TransactionType.BOLETO,
    "DEPOSITO_BOLETO": TransactionType.BOLETO,
    "TARIFA": TransactionType.TARIFA_SERVICOS_AVULSOS,
    "SAQUE": TransactionType.SAQUE,
    "CHEQUE": TransactionType.DEPOSITO,
    "COMPRA_DEBITO": TransactionType.CARTAO,
    "DOMICILIO_CARTAO": TransactionType.CARTAO,
    "ANTECIPACAO_RECEBIVEIS_CARTAO": TransactionType.CARTAO,
    "MAQUININHA_GRANITO": TransactionType.CARTAO,
    "INTERPAG": TransactionType.CARTAO,
    "DEBITO_AUTOMATICO": TransactionType.CONVENIO_ARRECADACAO,
    "IMPOSTO": TransactionType.CONVENIO_ARRECADACAO,
    "FINANCIAMENTO": TransactionType.OPERACAO_CREDITO,
    "ANTECIPACAO_RECEBIVEIS": TransactionType.OPERACAO_CREDITO,
    "JUROS": TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL,
    "PROVENTOS": TransactionType.RENDIMENTO_APLIC_FINANCEIRA,
}
"""The bank's 26 documented kinds are an open list; what is not here is OUTROS."""

CREDIT, DEBIT = frozenset({"C", "CREDITO"}), frozenset({"D", "DEBITO"})
PAYER = ("nomePagador", "nome")
PAYER_TAX_ID = ("cpfCnpjPagador",)
PAYEE = ("nomeRecebedor", "nomeDestinatario", "empresaEmissora", "estabelecimento")
PAYEE_TAX_ID = ("cpfCnpjRecebedor",)
LATEST = timedelta(days=31)
"""A balance is that of the day asked for or of one near it; another would have us ask for days that have not come."""
LONGEST_HOLIDAY = 6
"""Days without banking in a row after which a balance is no longer looked for."""


class Row(Struct, frozen=True):
    """One row of `transacoes`."""

    valor: str
    tipoOperacao: str
    dataTransacao: str | None = None
    dataEntrada: str | None = None
    dataInclusao: str | None = None
    idTransacao: str | None = None
    tipoTransacao: str | None = None
    titulo: str | None = None
    descricao: str | None = None
    numeroDocumento: str | None = None
    detalhes: Any = None


class StatementPage(Page, frozen=True):
    """One page of the enriched statement."""

    transacoes: list[Row]
    totalElementos: int | None = None
    totalPaginas: int | None = None
    ultimaPagina: bool | None = None

    def ends_at(self, number: int) -> bool:
        """Whether nothing follows this page, by the strongest sign the bank gives."""
        if not self.transacoes:
            return True
        if self.ultimaPagina is not None:
            return self.ultimaPagina
        return self.totalPaginas is not None and number + 1 >= self.totalPaginas


class Balance(Struct, frozen=True):
    """The answer of `saldo`."""

    disponivel: Decimal
    dataReferencia: str | None = None


class Inter(Connector[StatementPage]):
    """Reads an Inter account."""

    newest_first = True
    content_fields = (
        "idTransacao",
        "dataTransacao",
        "dataEntrada",
        "dataInclusao",
        "tipoOperacao",
        "tipoTransacao",
        "titulo",
        "descricao",
        "numeroDocumento",
        "detalhes.endToEndId",
        "detalhes.txId",
        "detalhes.nomePagador",
        "detalhes.nomeRecebedor",
    )

    def auth(self, account: Account) -> ClientCredentials:
        """Client credentials in the form, over mutual TLS."""
        held = account.credentials
        form = {"client_id": held["client_id"], "client_secret": held["client_secret"]}
        return ClientCredentials(self.contract, account.environment, form)

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Both balances, then every page between the days for which the bank gave them."""
        opening = yield from self._opening(account, period.first - timedelta(days=1))
        closing = yield from self._closing(account, period.last, today)
        between = Period(opening.day + timedelta(days=1), max(closing.day, period.last))
        for window in between.windows(self.contract.period.max_days):
            rows, announced = yield from self._window(account, window)
            if rows == 0 and announced == 1 and opening.amount != closing.amount:
                # The bank's schema forbids a total of 0, so an empty period may announce 1. But money moved.
                raise IncoherentPages(self.contract.slug, "the period is empty, but the balance changed")
        return Balances(opening=opening, closing=closing)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoOperacao`."""
        for row in page.transacoes:
            day = row.dataTransacao or row.dataEntrada
            if day is None:
                raise ValueError("a row has no date")
            credit = _is_credit(row.tipoOperacao)
            value = fields.money_text(row.valor)
            if value < 0:
                raise ValueError("an amount that should have no sign has one")
            detail = _detail(row.detalhes)
            document = fields.optional_text(row.numeroDocumento)
            yield Movement(
                date=fields.iso_date(day),
                amount=value if credit else -value,
                content=self.content(row, value),
                type=TYPES.get(row.tipoTransacao or "", TransactionType.OUTROS),
                description=fields.text(row.descricao or "") or fields.text(row.titulo or ""),
                booked_at=_booked_at(row.dataInclusao),
                document=None if document == "0" else document,
                bank_id=row.idTransacao or None,
                counterparty=_counterparty(detail, credit=credit),
            )

    def _window(self, account: Account, window: Period) -> Flow[tuple[int, int | None]]:
        coverage = Coverage(self.contract.slug)
        number = self.contract.paging.first
        while True:
            response = yield from self.ask(
                "statement",
                account,
                headers=_account_header(account),
                query={
                    "dataInicio": window.first.isoformat(),
                    "dataFim": window.last.isoformat(),
                    "pagina": str(number),
                    "tamanhoPagina": str(self.page_size),
                },
            )
            page = self.decode("statement", response, StatementPage)
            coverage.add((row.idTransacao for row in page.transacoes), page.totalElementos)
            yield page
            if page.ends_at(number):
                break
            number += 1
        if coverage.rows or coverage.announced != 1:
            coverage.finish()
        return coverage.rows, coverage.announced

    def _opening(self, account: Account, day: date) -> Flow[BalanceAt]:
        return (yield from self._balance(account, day))

    def _closing(self, account: Account, day: date, today: date) -> Flow[BalanceAt]:
        """The balance at the end of `day`, or of the first day after it for which the bank gives one."""
        for _ in range(LONGEST_HOLIDAY):
            if day >= today:
                break
            balance = yield from self._balance(account, day)
            if balance.day == day:
                return balance
            day += timedelta(days=1)
            while day.weekday() >= 5:
                day += timedelta(days=1)
        return (yield from self._balance(account, today, current=True))

    def _balance(self, account: Account, day: date, *, current: bool = False) -> Flow[BalanceAt]:
        query = {} if current else {"dataSaldo": day.isoformat()}
        response = yield from self.ask("balance", account, headers=_account_header(account), query=query)
        balance = self.decode("balance", response, Balance)
        try:
            refers_to = fields.brazilian_date(balance.dataReferencia) if balance.dataReferencia and not current else day
            if refers_to - day > LATEST:
                raise ValueError("it refers to a time long after the day that was asked for")
            return BalanceAt(refers_to, fields.amount(balance.disponivel))
        except ValueError as error:
            raise self.unexpected("balance", f"the balance cannot be read: {error}", response) from error


def _account_header(account: Account) -> dict[str, str]:
    return {"x-conta-corrente": fields.digits(account.number)}


def _is_credit(operation: str) -> bool:
    told = operation.strip().upper()
    if told not in CREDIT | DEBIT:
        raise ValueError("an entry is neither credit nor debit")
    return told in CREDIT


def _detail(told: Any) -> dict[str, Any]:
    """The detail as it comes, or out of the name of its kind, in which the portal's sample wraps it."""
    detail = told if isinstance(told, dict) else {}
    (only, *others) = detail.values() or (None,)
    return only if isinstance(only, dict) and not others else detail


def _booked_at(inclusion: str | None) -> Any:
    """`dataInclusao` is documented as a date; in production it is a date-time. Only the latter is an instant."""
    return fields.local_instant(inclusion) if inclusion and len(inclusion.strip()) > len("2026-01-01") else None


def _counterparty(detail: dict[str, Any], *, credit: bool) -> Counterparty | None:
    """Payer of a credit, payee of a debit. `PAGAMENTO.cpfCnpj` is the account's own holder and is not taken."""
    names, tax_ids = (PAYER, PAYER_TAX_ID) if credit else (PAYEE, PAYEE_TAX_ID)
    if credit and "nossoNumero" in detail:
        tax_ids = ("cpfCnpj",)
    side = "Pagador" if credit else "Recebedor"
    return parties.counterparty(
        name=next((name for key in names if (name := fields.optional_text(detail.get(key)))), None),
        tax_ids=[detail.get(key) for key in tax_ids],
        bank=detail.get(f"banco{side}"),
        bank_name=detail.get(f"nomeEmpresa{side}"),
        branch=detail.get(f"agencia{side}"),
        account=detail.get(f"contaBancaria{side}"),
    )
