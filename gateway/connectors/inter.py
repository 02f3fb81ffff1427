"""Banco Inter, API Banking v2: the enriched statement (`extrato/completo`) over mutual TLS.

Odd: page numbers from 0; amounts are texts with one or two decimals and no sign; the statement has no balances, so
they are asked from `saldo`, which on a day without banking answers for the last business day instead. The window is
then widened until both its ends lie on days for which the bank gives a balance. What a row is stands in its kind, its
title and its text, any of which may be missing; its detail, which has another form for each kind, tells the rest.

Long because a row tells of itself in four places, and its detail has a form for each kind.

Sources: contracts/banks/inter/NOTES.md.
"""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.completeness.counts import RowCount
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Kinds, Sides
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Counterparty, Movement, Period, TransactionType

__all__ = ["Inter"]

KINDS = {
    "PIX": TransactionType.PIX,
    "TRANSFERENCIA": TransactionType.TED,
    "PAGAMENTO": TransactionType.BOLETO,
    "BOLETO COBRANCA": TransactionType.BOLETO,
    "DEPOSITO BOLETO": TransactionType.BOLETO,
    "TARIFA": TransactionType.TARIFA_SERVICOS_AVULSOS,
    "SAQUE": TransactionType.SAQUE,
    "CHEQUE": TransactionType.DEPOSITO,
    "COMPRA DEBITO": TransactionType.CARTAO,
    "DOMICILIO CARTAO": TransactionType.CARTAO,
    "ANTECIPACAO RECEBIVEIS CARTAO": TransactionType.CARTAO,
    "MAQUININHA GRANITO": TransactionType.CARTAO,
    "INTERPAG": TransactionType.CARTAO,
    "DEBITO AUTOMATICO": TransactionType.CONVENIO_ARRECADACAO,
    "IMPOSTO": TransactionType.CONVENIO_ARRECADACAO,
    "FINANCIAMENTO": TransactionType.OPERACAO_CREDITO,
    "ANTECIPACAO RECEBIVEIS": TransactionType.OPERACAO_CREDITO,
    "JUROS": TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL,
    "PROVENTOS": TransactionType.RENDIMENTO_APLIC_FINANCEIRA,
}
"""By `tipoTransacao`, folded. The bank's 26 documented kinds are an open list."""

TEXTS = Kinds(
    {
        TransactionType.PIX: ("pix ", "estorno pix ", "estorno de pix ", "devolução de pix ", "devolução pix "),
        TransactionType.TED: ("ted ", "transferência "),
        TransactionType.BOLETO: ("boleto ",),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("tarifa ",),
        TransactionType.SAQUE: ("saque ",),
    }
)
"""By the beginning of title or text, where the kind does not tell; what is in neither table is OUTROS."""

SIDES = Sides({"C", "CREDITO"}, {"D", "DEBITO"})
PAYER = ("nomePagador", "nome")
PAYEE = ("nomeRecebedor", "nomeDestinatario", "empresaEmissora", "estabelecimento")
NOTES = ("descricaoPix", "descricaoTransferencia")
"""Where the payer's own message stands."""
OF_A_SIDE = ("nome", "cpfCnpj", "agencia", "contaBancaria", "banco", "nomeEmpresa")
"""Beginnings of fields that tell of payer or payee; on the account's own side they tell of its holder."""
NOT_TEXT = frozenset(
    {
        *("tipoDetalhe", "origemMovimentacao", "dataTransacao", "dataEfetivacao", "dataRetorno", "hora"),
        *("valorTotal", "cpfCnpj", "cpfCnpjPagador", "cpfCnpjRecebedor", *NOTES),
    }
)
"""Fields of a detail that no text is made of, because other fields of the entry tell them."""
OWN_PAYMENT = frozenset({"agencia", "contaBancaria"})
"""In a payment, of the account itself."""
LATEST = timedelta(days=31)
"""A balance is that of the day asked for or of one near it; another would have us ask for days that have not come."""
LONGEST_HOLIDAY = 6
"""Days without banking in a row after which a balance is no longer looked for."""


class Row(Struct, frozen=True):
    """One row of `transacoes`."""

    valor: Raw
    tipoOperacao: Any = None
    dataTransacao: str | None = None
    dataEntrada: str | None = None
    dataInclusao: str | None = None
    idTransacao: str | int | None = None
    tipoTransacao: Any = None
    titulo: Any = None
    descricao: Any = None
    numeroDocumento: str | int | None = None
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
        *("idTransacao", "dataTransacao", "dataEntrada", "dataInclusao", "tipoOperacao", "tipoTransacao", "titulo"),
        *("descricao", "numeroDocumento", "detalhes.endToEndId", "detalhes.txId", "detalhes.nomePagador"),
        *("detalhes.nomeRecebedor",),
    )

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Both balances, then every page between the days for which the bank gave them."""
        opening = yield from self._opening(account, period.first - DAY)
        closing = yield from self._closing(account, period.last, today)
        between = Period(opening.day + DAY, max(closing.day, period.last))
        moved, doubtful = ZERO, False
        for window in between.windows(self.contract.period.max_days):
            rows, announced, moves = yield from self._window(account, window)
            moved += moves
            doubtful |= rows == 0 and announced == 1
        if doubtful and opening.amount + moved != closing.amount:
            # The bank's schema forbids a total of 0, so an empty window may announce 1. But money moved.
            raise self.incoherent("a part of the period is empty, but the balance changed")
        return Balances(opening=opening, closing=closing)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoOperacao`."""
        for row in page.transacoes:
            amount, detail, credit = _amount(row), _detail(row.detalhes), SIDES.is_credit(row.tipoOperacao)
            kind, party = _type(row), _counterparty(detail, credit=credit)
            document = None if row.numeroDocumento in {None, 0, "0"} else fields.optional_text(str(row.numeroDocumento))
            unnamed = row.tipoTransacao if kind is TransactionType.OUTROS else None
            end_to_end_id = wording.end_to_end_id(detail.get("endToEndId"))
            known = {document, end_to_end_id, *(msgspec.structs.astuple(party) if party else ())}
            yield Movement(
                date=_day(row),
                amount=amount,
                content=self.content(row, abs(amount)),
                type=kind,
                description=wording.composed(
                    row.descricao,
                    row.titulo,
                    None if fields.fold(unnamed) == "OUTROS" else unnamed,
                    *_more(row, detail, known),
                    *parties.unshown(party, _tax_id(detail, credit=credit)),
                ),
                booked_at=_booked_at(row.dataInclusao),
                document=document,
                bank_id=str(row.idTransacao) if row.idTransacao else None,
                end_to_end_id=end_to_end_id,
                note=wording.composed(*map(detail.get, NOTES)) or None,
                counterparty=party,
            )

    def _window(self, account: Account, window: Period) -> Flow[tuple[int, int | None, Decimal]]:
        """Hand over a window; give how many rows it has, how many were announced, and what they move."""
        row_count, moved = RowCount(self.contract.slug), ZERO
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
            row_count.add((row.idTransacao for row in page.transacoes), page.totalElementos)
            moved += sum((_amount(row) for row in page.transacoes if _day(row) in window), ZERO)
            yield page
            if page.ends_at(number):
                break
            number += 1
        if row_count.rows or row_count.announced != 1:
            row_count.finish()
        return row_count.rows, row_count.announced, moved

    def _opening(self, account: Account, day: date) -> Flow[BalanceAt]:
        balance = yield from self._balance(account, day)
        if balance.day > day:
            raise self.unexpected("balance", f"the balance of {day} is that of a day after it, {balance.day}")
        return balance

    def _closing(self, account: Account, day: date, today: date) -> Flow[BalanceAt]:
        """The balance at the end of `day`, or of the first day after it for which the bank gives one."""
        for _ in range(LONGEST_HOLIDAY):
            if day >= today:
                break
            balance = yield from self._balance(account, day)
            if balance.day == day:
                return balance
            day += DAY
            while day.weekday() >= 5:
                day += DAY
        return (yield from self._balance(account, today, current=True))

    def _balance(self, account: Account, day: date, *, current: bool = False) -> Flow[BalanceAt]:
        query = {} if current else {"dataSaldo": day.isoformat()}
        response = yield from self.ask("balance", account, headers=_account_header(account), query=query)
        balance = self.decode("balance", response, Balance)
        with self.readable("balance", "the balance"):
            refers_to = fields.brazilian_date(balance.dataReferencia) if balance.dataReferencia and not current else day
            if abs(refers_to - day) > LATEST:
                raise ValueError("it refers to a time far from the day that was asked for")
            return BalanceAt(refers_to, fields.amount(balance.disponivel))


def _account_header(account: Account) -> dict[str, str]:
    return {"x-conta-corrente": fields.digits(account.number)}


def _day(row: Row) -> date:
    """The day of the movement."""
    return fields.iso_date(row.dataTransacao or row.dataEntrada or "")


def _amount(row: Row) -> Decimal:
    """The amount, a text or a number without sign, with that of `tipoOperacao`."""
    return SIDES.signed(fields.money_text(bytes(row.valor).decode().strip('"')), row.tipoOperacao)


def _type(row: Row) -> TransactionType:
    if (kind := KINDS.get(fields.fold(row.tipoTransacao))) is not None:
        return kind
    return TEXTS.of(row.titulo, row.descricao)


def _detail(told: Any) -> dict[str, Any]:
    """The detail as it comes, or out of the name of its kind, in which the portal's sample wraps it."""
    detail = fields.mapping(told)
    (only, *others) = detail.values() or (None,)
    return only if isinstance(only, dict) and not others else detail


def _booked_at(inclusion: str | None) -> Any:
    """`dataInclusao` is documented as a date; in production it is a date-time. Only the latter is an instant."""
    return fields.local_instant(inclusion) if inclusion and len(inclusion.strip()) > len("2026-01-01") else None


def _more(row: Row, detail: dict[str, Any], known: Collection[str | None]) -> Iterator[str]:
    """What the detail tells besides: each text, with its name where it has no letters.

    Args:
        row: whose detail it is.
        detail: the detail.
        known: what other fields of the entry tell already.
    """
    own = {f"{begins}{'Recebedor' if SIDES.is_credit(row.tipoOperacao) else 'Pagador'}" for begins in OF_A_SIDE}
    day = row.dataTransacao or row.dataEntrada
    for name, value in detail.items():
        if name in NOT_TEXT or name in own or (name in OWN_PAYMENT and fields.fold(row.tipoTransacao) == "PAGAMENTO"):
            continue
        for text in filter(None, map(fields.optional_text, wording.texts_within(value))):
            if text not in known and text != day and set(text) - {"0", ".", ","}:
                yield text if any(map(str.isalpha, text)) else f"{name} {text}"


def _tax_id(detail: dict[str, Any], *, credit: bool) -> Any:
    """What stands in the field for the other party's tax id; that of a boleto received has a name of its own."""
    if credit and "nossoNumero" in detail:
        return detail.get("cpfCnpj")
    return detail.get("cpfCnpjPagador" if credit else "cpfCnpjRecebedor")


def _counterparty(detail: dict[str, Any], *, credit: bool) -> Counterparty | None:
    """Payer of a credit, payee of a debit. `PAGAMENTO.cpfCnpj` is the account's own holder and is not taken."""
    names, side = (PAYER, "Pagador") if credit else (PAYEE, "Recebedor")
    return parties.counterparty(
        name=fields.first_text(*map(detail.get, names)),
        tax_ids=[_tax_id(detail, credit=credit)],
        bank=detail.get(f"banco{side}"),
        bank_name=detail.get(f"nomeEmpresa{side}"),
        branch=detail.get(f"agencia{side}"),
        account=detail.get(f"contaBancaria{side}"),
    )
