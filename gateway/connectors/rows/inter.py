"""Rows of Banco Inter's enriched statement.

Amounts are texts with one or two decimals and no sign. What a row is stands in its kind, its title and its text, any of
which may be missing; its detail, which has another form for each kind, tells the rest.

Sources: contracts/banks/inter/NOTES.md.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Kinds, Sides
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Row", "amount_of", "day_of", "movements"]

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


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `tipoOperacao`."""
    for row in rows:
        amount, detail, credit = amount_of(row), _detail(row.detalhes), SIDES.is_credit(row.tipoOperacao)
        kind, party = _type(row), _counterparty(detail, credit=credit)
        document = None if row.numeroDocumento in {None, 0, "0"} else fields.optional_text(str(row.numeroDocumento))
        unnamed = row.tipoTransacao if kind is TransactionType.OUTROS else None
        end_to_end_id = wording.end_to_end_id(detail.get("endToEndId"))
        known = {document, end_to_end_id, *(msgspec.structs.astuple(party) if party else ())}
        yield Movement(
            date=day_of(row),
            amount=amount,
            content=content(row, abs(amount)),
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


def day_of(row: Row) -> date:
    """The day of the movement."""
    return fields.iso_date(row.dataTransacao or row.dataEntrada or "")


def amount_of(row: Row) -> Decimal:
    """The amount, a text or a number without sign, with that of `tipoOperacao`."""
    return SIDES.signed(fields.money_text(bytes(row.valor).decode().strip('"')), row.tipoOperacao)


def _type(row: Row) -> TransactionType:
    if (kind := KINDS.get(fields.fold(row.tipoTransacao))) is not None:
        return kind
    return TEXTS.of(row.titulo, row.descricao)


def _detail(sent: Any) -> dict[str, Any]:
    """The detail as it comes, or out of the name of its kind, in which the portal's sample wraps it."""
    detail = fields.mapping(sent)
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
