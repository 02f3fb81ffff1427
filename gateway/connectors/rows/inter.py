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
from msgspec.structs import astuple

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import ENCODER, Content, Details
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
PAYER, PAYEE = (
    (names, f"banco{side}", f"nomeEmpresa{side}", f"agencia{side}", f"contaBancaria{side}")
    for side, names in (
        ("Pagador", ("nomePagador", "nome")),
        ("Recebedor", ("nomeRecebedor", "nomeDestinatario", "empresaEmissora", "estabelecimento")),
    )
)
"""Where a detail names the party of a side, its bank by code and by name, its branch and its account."""
NOTES = ("descricaoPix", "descricaoTransferencia")
"""Where the payer's own message stands."""
OF_A_SIDE = ("nome", "cpfCnpj", "agencia", "contaBancaria", "banco", "nomeEmpresa")
"""Beginnings of fields that tell of payer or payee; on the account's own side they tell of its holder."""
OF_PAYER, OF_PAYEE = ([f"{begins}{side}" for begins in OF_A_SIDE] for side in ("Pagador", "Recebedor"))
NOT_TEXT = frozenset(
    {
        *("tipoDetalhe", "origemMovimentacao", "dataTransacao", "dataEfetivacao", "dataRetorno", "hora"),
        *("valorTotal", "cpfCnpj", "cpfCnpjPagador", "cpfCnpjRecebedor", *NOTES),
    }
)
"""Fields of a detail that no text is made of, because other fields of the entry tell them."""
OWN_PAYMENT = frozenset({"agencia", "contaBancaria"})
"""In a payment, of the account itself."""
UNTOLD = {
    (credit, payment): NOT_TEXT.union(OF_PAYEE if credit else OF_PAYER, OWN_PAYMENT if payment else ())
    for credit in (True, False)
    for payment in (True, False)
}
"""By whether money came, and whether the row is a payment: fields of a detail that no text is made of."""
DAY_SIGNS = len("2026-01-01")
NO_DOCUMENT = frozenset({None, 0, "0"})


class Row(Struct, frozen=True, gc=False):
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
        size, credit = size_of(row), SIDES.is_credit(row.tipoOperacao)
        document = None if row.numeroDocumento in NO_DOCUMENT else fields.optional_text(str(row.numeroDocumento))
        detail = _detail(row.detalhes)
        end_to_end_id = wording.end_to_end_id(detail.get("endToEndId"))
        if end_to_end_id is not None:
            detail = {**detail, "endToEndId": None}
        sent = ENCODER.encode((row.tipoOperacao, row.tipoTransacao, row.titulo, row.descricao, document, detail))
        day = row.dataTransacao or row.dataEntrada or ""
        # Texts that other fields of the entry have are left out, so that such a row shares its details with no other.
        repeats = day[:DAY_SIGNS].encode() in sent or (end_to_end_id is not None and end_to_end_id.encode() in sent)
        details = _read_details(sent, day, end_to_end_id) if repeats else _details[sent]
        yield Movement(
            date=day_of(row),
            amount=size if credit else -size,
            content=content(row, size),
            type=details.type,
            description=details.description,
            booked_at=_booked_at(row.dataInclusao),
            document=document,
            bank_id=str(row.idTransacao) if row.idTransacao else None,
            end_to_end_id=end_to_end_id,
            note=details.note,
            counterparty=details.counterparty,
        )


def day_of(row: Row) -> date:
    """The day of the movement."""
    return fields.iso_date(row.dataTransacao or row.dataEntrada or "")


def size_of(row: Row) -> Decimal:
    """The amount, a text or a number without sign."""
    return fields.unsigned(fields.money_text(str(row.valor, "utf-8").strip('"')))


def amount_of(row: Row) -> Decimal:
    """The amount with the sign of `tipoOperacao`."""
    return size_of(row) if SIDES.is_credit(row.tipoOperacao) else -size_of(row)


@Kept
def _details(sent: bytes) -> Details:
    """The details of a row of which no text stands in another field of the entry."""
    return _read_details(sent)


def _read_details(sent: bytes, *elsewhere: str | None) -> Details:
    """The details of a row.

    Args:
        sent: its operation, kind, title, text and document, and its detail, as JSON.
        elsewhere: what other fields of the entry tell and the detail may repeat.
    """
    operation, named, title, text, document, detail = msgspec.json.decode(sent)
    credit = SIDES.is_credit(operation)
    kind = KINDS.get(fields.fold(named)) or TEXTS.of(title, text)
    unnamed = named if kind is TransactionType.OUTROS and fields.fold(named) != "OUTROS" else None
    party = _counterparty(detail, credit=credit)
    known = {document, *elsewhere, *(astuple(party) if party else ())}
    untold = UNTOLD[credit, fields.fold(named) == "PAGAMENTO"]
    return Details(
        type=kind,
        description=wording.composed(
            *(text, title, unnamed),
            *_more({name: value for name, value in detail.items() if name not in untold}, known),
            *parties.unshown(party, _tax_id(detail, credit=credit)),
        ),
        note=wording.composed(*map(detail.get, NOTES)) or None,
        counterparty=party,
    )


def _detail(sent: Any) -> dict[str, Any]:
    """The detail as it comes, or out of the name of its kind, in which the portal's sample wraps it."""
    detail = fields.mapping(sent)
    if len(detail) == 1:
        (only,) = detail.values()
        return only if isinstance(only, dict) else detail
    return detail


def _booked_at(inclusion: str | None) -> Any:
    """`dataInclusao` is documented as a date; in production it is a date-time. Only the latter is an instant."""
    return fields.local_instant(inclusion) if inclusion and len(inclusion.strip()) > DAY_SIGNS else None


def _more(detail: dict[str, Any], known: Collection[str | None]) -> Iterator[str]:
    """What the detail has besides: each text, with its name where it has no letters.

    Args:
        detail: the part of the detail that texts are made of.
        known: what other fields of the entry tell already.
    """
    for name, value in detail.items():
        for text in filter(None, map(fields.optional_text, wording.texts_within(value))):
            if text not in known and text.strip("0.,"):
                yield text if any(map(str.isalpha, text)) else f"{name} {text}"


def _tax_id(detail: dict[str, Any], *, credit: bool) -> Any:
    """What stands in the field for the other party's tax id; that of a boleto received has a name of its own."""
    if credit and "nossoNumero" in detail:
        return detail.get("cpfCnpj")
    return detail.get("cpfCnpjPagador" if credit else "cpfCnpjRecebedor")


def _counterparty(detail: dict[str, Any], *, credit: bool) -> Counterparty | None:
    """Payer of a credit, payee of a debit. `PAGAMENTO.cpfCnpj` is the account's own holder and is not taken."""
    names, bank, bank_name, branch, account = PAYER if credit else PAYEE
    return parties.counterparty(
        name=fields.first_text(*map(detail.get, names)),
        tax_ids=(_tax_id(detail, credit=credit),),
        bank=detail.get(bank),
        bank_name=detail.get(bank_name),
        branch=detail.get(branch),
        account=detail.get(account),
    )
