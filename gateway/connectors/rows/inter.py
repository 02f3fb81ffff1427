"""Rows of Banco Inter's enriched statement.

Amounts are texts with one or two decimals and no sign. What a row is stands in its kind, its title and its text, any of
which may be missing; its detail, which has another form for each kind, tells the rest. All fields of a row are optional
in the bank's schema, and what is demanded here is no more than an amount, a direction and a day.

Sources: contracts/banks/inter/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import astuple

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import ENCODER, Content, Details
from gateway.connectors.tables import Beginnings, Kinds, Sides
from gateway.entry_ids import row_id
from gateway.model import Movement, TransactionType

__all__ = ["Row", "amount_of", "day_of", "id_of", "money", "movements"]

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
"""By `tipoTransacao`, folded. The bank's 26 documented kinds are an open list. A PAGAMENTO may be one of taxes."""

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

SIDES = Sides()
RETURNS = Beginnings((begins, True) for begins in ("ESTORNO ", "DEVOLUCAO "))
"""How kind or title of what was returned begins."""
PAYER_NAMES = ("nomePagador", "nomeRemetente", "nome")
PAYEE_NAMES = ("nomeRecebedor", "nomeDestinatario", "nomeBeneficiario", "nomeFavorecido", "nome")
PAYER_TAX_IDS = ("cpfCnpjPagador", "cpfCnpjRemetente")
PAYEE_TAX_IDS = ("cpfCnpjRecebedor", "cpfCnpjDestinatario", "cpfCnpjBeneficiario", "cpfCnpjFavorecido")
"""Names that the bank documents, then those that clients expect besides."""
PAYER, PAYEE = (
    (names, tax_ids, f"banco{side}", f"nomeEmpresa{side}", f"agencia{side}", f"contaBancaria{side}")
    for side, names, tax_ids in (
        ("Pagador", PAYER_NAMES, PAYER_TAX_IDS),
        ("Recebedor", (*PAYEE_NAMES, "empresaEmissora", "estabelecimento"), PAYEE_TAX_IDS),
    )
)
"""Where a detail names the party of a side, its bank by code and by name, its branch and its account."""
NESTED = {"pagador": "Pagador", "recebedor": "Recebedor"}
"""Where a detail may have a side as an object, and how the names of its fields end where it has none."""
NOTES = ("descricaoPix", "descricaoTransferencia")
"""Where the payer's own message stands."""
OF_A_SIDE = ("nome", "cpfCnpj", "agencia", "contaBancaria", "banco", "nomeEmpresa")
"""Beginnings of fields that tell of payer or payee; on the account's own side they tell of its holder."""
OF_PAYER, OF_PAYEE = ([f"{begins}{side}" for begins in OF_A_SIDE] for side in ("Pagador", "Recebedor"))
NOT_TEXT = frozenset(
    {
        *("tipoDetalhe", "origemMovimentacao", "dataTransacao", "dataEfetivacao", "dataRetorno", "hora"),
        *("valorTotal", *NOTES),
    }
)
"""Fields of a detail that no text is made of, because other fields of the entry tell them."""
PLAIN_SIZE = re.compile(rb'"([0-9]{1,16}\.[0-9]{2})"')
DAY = re.compile(rb"-[0-9]{2}-[0-9]{2}")
"""In JSON: an amount as the bank mostly writes it, and the end of a day as the entry has it."""
UNUSED = NOT_TEXT.difference(NOTES)
UNUSED_BESIDE_ID = UNUSED.union({"endToEndId"})
"""Fields of a detail that make no details by themselves, without an end-to-end id and with one."""
OF_PAYMENTS = frozenset({"nomeDestinatario", "empresaEmissora", "linhaDigitavel", "autenticacao", "codigoReceita"})
OF_BOLETOS = frozenset({"nossoNumero", "seuNumero"})
"""Fields that only the detail of a payment has, and only that of a boleto; they tell whose `cpfCnpj` is."""
OWN_PAYMENT = frozenset({"agencia", "contaBancaria", "cpfCnpj"})
"""In a payment, of the account itself."""


class Row(Struct, frozen=True, gc=False):
    """One row of `transacoes`."""

    valor: Raw
    tipoOperacao: Any = None
    dataTransacao: str | None = None
    dataEntrada: str | None = None
    dataInclusao: Any = None
    idTransacao: str | int | None = None
    tipoTransacao: Any = None
    titulo: Any = None
    descricao: Any = None
    numeroDocumento: Any = None
    detalhes: Any = None
    cpmf: Any = None


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `tipoOperacao`."""
    for row in rows:
        size, credit = size_of(row), SIDES.is_credit(row.tipoOperacao)
        document, booked_at = _document(row.numeroDocumento), _booked_at(row.dataInclusao)
        detail = _detail(row.detalhes)
        if isinstance(row.numeroDocumento, dict | list):
            detail = {**detail, "numeroDocumento": row.numeroDocumento}
        if row.cpmf:
            detail = {**detail, "cpmf": row.cpmf}
        if booked_at is None and row.dataInclusao:
            detail = {**detail, "dataInclusao": row.dataInclusao}
        end_to_end_id = wording.end_to_end_id(detail.get("endToEndId"))
        day = day_of(row)
        details = _details_of(row, document, detail, day.isoformat(), end_to_end_id)
        yield Movement(
            date=day,
            amount=size if credit else -size,
            content=content(row, size),
            type=details.type,
            description=details.description,
            booked_at=booked_at,
            document=document,
            bank_id=id_of(row),
            end_to_end_id=end_to_end_id,
            note=details.note,
            counterparty=details.counterparty,
        )


def id_of(row: Row) -> str | None:
    """The bank's id of a row; None where it has none that names it alone."""
    return row_id(row.idTransacao)


def day_of(row: Row) -> date:
    """The day of the movement; where that is left out, of its inclusion."""
    return fields.first_day(row.dataTransacao, row.dataEntrada, row.dataInclusao)


def size_of(row: Row) -> Decimal:
    """The amount without sign, which is a text or a number."""
    if plain := PLAIN_SIZE.fullmatch(row.valor):
        return Decimal(plain[1].decode())
    return SIDES.size(money(row.valor), row.tipoOperacao)


def amount_of(row: Row) -> Decimal:
    """The amount with the sign of `tipoOperacao`."""
    return size_of(row) if SIDES.is_credit(row.tipoOperacao) else -size_of(row)


def money(sent: Raw) -> Decimal:
    """An amount, a text or a number; a comma can only be the decimal sign of the Brazilian way."""
    return fields.told_reais(sent, fields.amount)


def _details_of(row: Row, document: str | None, detail: dict[str, Any], day: str, end_to_end_id: str | None) -> Details:
    """The details of a row. Texts that other fields of the entry have are left out of them.

    Args:
        row: the row.
        document: its document.
        detail: its detail.
        day: its day, YYYY-MM-DD.
        end_to_end_id: that of its detail, if it has one.
    """
    if row.dataTransacao == day:
        # Without what no details are made of, and what no two rows share, many rows have the same ones.
        unused = UNUSED if end_to_end_id is None else UNUSED_BESIDE_ID
        detail = {name: value for name, value in detail.items() if name not in unused}
    elif end_to_end_id is not None:
        detail = {**detail, "endToEndId": None}
    sent = ENCODER.encode((row.tipoOperacao, row.tipoTransacao, row.titulo, row.descricao, document, detail))
    repeats_id = end_to_end_id is not None and end_to_end_id.encode() in sent
    if not repeats_id and (details := _details[sent]) is not None:
        return details
    if repeats_id or day.encode() in sent:
        return _details_beside[(sent, row.dataTransacao, day, end_to_end_id)]
    return _details_beside[(sent,)]


@Kept
def _details(sent: bytes) -> Details | None:
    """The details of a row; None where it has a day, which may be that of the entry."""
    return None if DAY.search(sent) else _read_details(sent)


@Kept
def _details_beside(sent: tuple[Any, ...]) -> Details:
    """The details of a row, and what other fields of the entry tell, as `_read_details` takes them."""
    return _read_details(*sent)


def _read_details(sent: bytes, *elsewhere: str | None) -> Details:
    """The details of a row.

    Args:
        sent: its operation, kind, title, text and document, and its detail, as JSON.
        elsewhere: what other fields of the entry tell and the detail may repeat.
    """
    operation, *texts, document, detail = msgspec.json.decode(sent)
    credit, (named, title, text) = SIDES.is_credit(operation), map(wording.text_of, texts)
    folded = fields.fold(named)
    kind = KINDS.get(folded) or TEXTS.of(title, text)
    if folded == "PAGAMENTO" and wording.kind_of(title, text) is TransactionType.CONVENIO_ARRECADACAO:
        kind = TransactionType.CONVENIO_ARRECADACAO
    unnamed = named if kind is TransactionType.OUTROS and folded != "OUTROS" else None
    is_payment = folded == "PAGAMENTO" or not OF_PAYMENTS.isdisjoint(detail)
    is_boleto = folded == "BOLETO COBRANCA" or not OF_BOLETOS.isdisjoint(detail)
    names, taxed, *where = PAYER if credit else PAYEE
    if is_boleto and not is_payment:
        taxed = (*taxed, "cpfCnpj")
    # Whether the sides of what was returned are those of the first movement is not documented: both are told.
    own = () if RETURNS.find(named) or RETURNS.find(title) else OF_PAYEE if credit else OF_PAYER
    untold = {*NOT_TEXT, *taxed, *(OWN_PAYMENT if is_payment else ()), *own}
    bank, bank_name, branch, account = map(detail.get, where)
    tax_ids = [detail.get(name) for name in taxed]
    party = parties.counterparty(
        name=wording.first_of(*map(detail.get, names)),
        tax_ids=tax_ids,
        bank=bank,
        bank_name=bank_name,
        branch=fields.word(branch),
        account=fields.word(account),
    )
    known = {document, *elsewhere, *(astuple(party) if party else ())}
    return Details(
        type=kind,
        description=wording.composed(
            *(text, title, unnamed),
            *wording.named_texts({name: value for name, value in detail.items() if name not in untold}, known),
            *parties.unshown(party, *tax_ids),
        ),
        note=wording.composed(*map(detail.get, NOTES)) or None,
        counterparty=party,
    )


def _document(sent: Any) -> str | None:
    """The number of a document as text or number; zeros are none."""
    if sent is None or sent == "0":
        return None
    number = str(sent) if isinstance(sent, float) else fields.word(sent)
    return number if number.strip(" 0") else None


def _booked_at(inclusion: Any) -> datetime | None:
    """`dataInclusao` is documented as a date; in production it is a date-time. Only the latter is an instant."""
    if not isinstance(inclusion, str) or not fields.has_time(inclusion):
        return None
    try:
        return fields.local_instant(inclusion)
    except (ValueError, OverflowError):
        # The day of a movement stands in another field, so that this one withholds nothing.
        return None


def _detail(sent: Any) -> dict[str, Any]:
    """The detail as one object, out of a list of one, and out of the name of its kind, in which the portal's sample is.

    The fields of a side that is an object of its own stand beside the others. What is no object stands under no name.
    """
    while isinstance(sent, list) and len(sent) == 1:
        (sent,) = sent
    if not isinstance(sent, dict):
        return {"": sent} if sent else {}
    detail: dict[str, Any] = sent
    if len(detail) == 1:
        ((name, only),) = detail.items()
        detail = only if isinstance(only, dict) and name not in NESTED else detail
    for nested, ending in NESTED.items():
        if isinstance(side := detail.get(nested), dict):
            rest = {name: value for name, value in detail.items() if name != nested}
            detail = {f"{name}{ending}": value for name, value in side.items()} | rest
    return detail
