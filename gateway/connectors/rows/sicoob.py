"""Rows of Sicoob's statement of a month.

Amounts are texts without a sign; `data` has minutes and no zone and may lie on another day than `dataLote`, the day of
booking; the other party stands between `|@` marks, by its tax id, before which a received Pix has its name.

Sources: contracts/banks/sicoob/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import Content, Details
from gateway.connectors.tables import Beginnings, Kinds, Sides
from gateway.entry_ids import row_id
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Counted", "Row", "blocks", "counted", "day_of", "id_of", "is_given", "money", "money_or_none", "movements"]

FAMILIES = Kinds(
    {
        TransactionType.PIX: ("PIX", "EST.PIX", "TRANSF.PIX", "CRED.DEVOLUCAO PIX", "CREDITO DEVOLUCAO PIX"),
        TransactionType.TED: ("TED", "CRED.TED", "DEB.TED", "DEB.EMI.TED"),
        TransactionType.BOLETO: (
            *("CRED.LIQUIDACAO COBRANCA", "CRED.LIQ.COBRANCA", "DEB.TIT.COMPE", "DEB.TITULO COBRANCA"),
            *("DEB.TIT.COBRANCA", "DEB.PAGAMENTO DE BOLETO"),
        ),
        TransactionType.CONVENIO_ARRECADACAO: ("DEB.CONV", "DB.CONV"),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: (
            *("CRED.TRANSF.CONTAS", "DEB.TRANSF.CONTAS", "CRED.TR.CT", "DEB.TR.CT", "DB.TR.C."),
        ),
        TransactionType.CARTAO: (
            "CR COMPRAS",
            "CR ANTECIPACAO",
            "CR ANT ",
            "COMP MASTER",
            "COMP VISA",
            "ESTORNO COMPRA NACIONAL DEBIT",
        ),
        TransactionType.DEPOSITO: (
            *("DEP.DINHEIRO", "DEP.CHEQUE", "DEP.CH.", "LIBERACAO DE DEPOSITO", "LIBER.DEPOSITO"),
        ),
        TransactionType.SAQUE: ("SAQUE",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RESGATE RDC",),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("JUROS CHEQUE ESPECIAL", "DEB.JUROS CHEQUE ESPECIAL"),
        TransactionType.OPERACAO_CREDITO: ("CRED.EMPRESTIMO", "DEB.EMPRESTIMO"),
        TransactionType.FOLHA_PAGAMENTO: (
            *("PAGAMENTO SALARIO", "DEBITO PAGAMENTO SALARIO", "DEB.PAGAMENTO SALARIO", "CRED.PAGAMENTO SALARIO"),
        ),
        TransactionType.PACOTE_TARIFA_SERVICOS: (
            *("DEBITO PACOTE SERVICOS", "TARIFA PACOTE", "DEB PACOTE SERVICOS", "DEB PACOTE TARIFAS"),
        ),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TARIFA",),
    }
)
"""How the bank's texts begin. There is no field for the kind of a row."""

BLOCKED = Beginnings(
    (text, True)
    for text in (
        "DEP.CHEQUE BLOQ",
        "DEP.CH.BLOQ",
        "DEP.CH.CANAL ATEND",
        "DEP.BLOQ",
        "DEPOSITO BLOQ",
        "DEPOSITO CHEQUE BLOQ",
    )
)
"""How deposits of cheques begin that are in no balance: the money comes with a row of its own, when it is set free."""

SIDES = Sides()
FENCE = "|@"
MIDNIGHT = time()
WIDTH = 40
"""After so many characters a text between the marks goes on behind another mark."""
PIX_DOCUMENT = "PIX"
"""Stands where a document number should be, on every Pix."""

_PLAIN = re.compile(rb'"(-?\d{1,16}\.\d\d)"')
"""An amount as the bank writes it, with its quotation marks."""
_BRAZILIAN = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}")
_PUNCTUATED = re.compile(r"[0-9A-Z]{2}(?:\.[0-9A-Z]{3}){2}[ /][0-9A-Z]{4}-\d{2}|\d{3}\.\d{3}\.\d{3}-\d{2}")
_NAMED = re.compile(r"(?:FAV|REM)\.?: *(?P<name>.+)", re.IGNORECASE)
"""Whom a transfer favours, or who sent it."""
_MASKED = re.compile(r"[\d.\-]*\*[\d*.\-]*")


class Row(Struct, frozen=True, gc=False):
    """One row of `transacoes`."""

    tipo: str
    valor: Raw
    dataLote: str
    data: Any = None
    transactionId: Any = None
    descricao: Any = None
    descInfComplementar: Any = None
    numeroDocumento: Any = None
    cpfCnpj: Any = None

    @property
    def content(self) -> bytes:
        """All but its id and its days."""
        return msgspec.json.encode(replace(self, dataLote="", data=None, transactionId=None))


class Counted(Struct, frozen=True, gc=False):
    """A row with its day and its amount, which are checked against the balances before it becomes a movement."""

    row: Row
    day: date
    size: Decimal
    """The amount without sign, as the bank writes it, a debit's minus left out."""
    amount: Decimal
    """The amount with the sign of `tipo`."""


def counted(row: Row) -> Counted:
    """A row with its day of booking and its amount; a day in the Brazilian way is put in the usual one, for the ids.

    Raises:
        ValueError: one of them cannot be read.
    """
    day, size = day_of(row), SIDES.size(money(row.valor), row.tipo)
    if not row.dataLote.lstrip()[:4].isdecimal():
        row = replace(row, dataLote=day.isoformat())
    return Counted(row, day, size, SIDES.signed(size, row.tipo))


def movements(rows: Iterable[Counted], content: Content) -> Iterator[Movement]:
    """Each row as a movement, booked on `dataLote`; the sign comes from `tipo`."""
    for each in rows:
        row, day = each.row, each.day
        document = wording.text_of(row.numeroDocumento) or None
        is_pix = document is not None and fields.fold(document) == PIX_DOCUMENT
        details = _details.of((row.descricao, row.descInfComplementar, row.cpfCnpj))
        yield Movement(
            date=day,
            amount=each.amount,
            content=content(row, each.size),
            # A fee for a Pix may have the document of one.
            type=TransactionType.PIX if is_pix and details.type is TransactionType.OUTROS else details.type,
            description=details.description,
            booked_at=_booked_at(row.data, day),
            document=None if is_pix else document,
            bank_id=id_of(row),
            end_to_end_id=details.end_to_end_id,
            note=details.note,
            counterparty=details.counterparty,
            blocked=details.blocked,
        )


def blocks(row: Row) -> bool:
    """Whether a row only tells of money that is blocked as yet."""
    return BLOCKED.find(wording.text_of(row.descricao)) is not None


def id_of(row: Row) -> str | None:
    """The bank's id; None where there is none that names the row alone."""
    return row_id(fields.code(row.transactionId))


def is_given(value: Raw) -> bool:
    """Whether a sum is neither left out nor null nor blank."""
    return bytes(value).strip(b'" ') not in {b"", b"null"}


def money(value: Raw) -> Decimal:
    """A text or a number, with a decimal dot; a text that has a comma is written the Brazilian way."""
    if (plain := _PLAIN.fullmatch(value)) is not None:
        return Decimal(plain[1].decode())
    text = str(value, "utf-8")
    if text[:1].isdecimal() or text.startswith("-"):
        # A number, which may have an exponent.
        return fields.reais(Decimal(text))
    text = text.strip('"')
    if "," in text and _BRAZILIAN.fullmatch(text := text.strip()):
        text = text.replace(".", "").replace(",", ".")
    return fields.money_text(text)


def money_or_none(value: Raw) -> Decimal | None:
    """A sum that proves nothing by itself; None where it is left out or is none."""
    try:
        return money(value) if is_given(value) else None
    except ValueError:
        return None


def day_of(row: Row) -> date:
    """The day of booking."""
    return fields.day(row.dataLote)


@Kept
def _details(sent: tuple[Any, Any, Any]) -> Details:
    """The details of a row, made of its text, its complement and the field for a tax id."""
    written, complement, tax_id = sent
    text, parts = wording.text_of(written), _parts(complement)
    counterparty, note = _party_and_note(tax_id, parts)
    description = " - ".join(filter(None, (text, _joined(parts), *parties.unshown(counterparty, tax_id))))
    return Details(
        type=FAMILIES.find(text) or wording.kind_of(text),
        description=description,
        end_to_end_id=wording.end_to_end_id_within(description),
        note=note,
        counterparty=counterparty,
        blocked=BLOCKED.find(text) is not None,
    )


def _booked_at(sent: Any, booked: date) -> datetime | None:
    """`data` is the instant of booking when it lies on that day; midnight stands for a time that is not known."""
    try:
        moment = fields.local_instant(sent) if isinstance(sent, str) else None
    except ValueError:
        return None
    return moment if moment and moment.date() == booked and moment.time() != MIDNIGHT else None


def _parts(complement: Any) -> list[str]:
    """The complement's free text, then what stands between the marks."""
    return [fields.text(part).strip() for part in wording.text_of(complement).split(FENCE)]


def _party_and_note(tax_id: Any, parts: list[str]) -> tuple[Counterparty | None, str | None]:
    """The other party, by the field for its tax id or by the complement, and the payer's own text.

    Between the marks its tax id comes after its name, if that is given, and before the text of the payer, which may
    hold anything. A CPF that the bank masked is none; it stays in the description. Without a tax id, a name is one only
    behind the bank's own word for who pays or is paid.
    """
    marked = parts[1:]
    place = next((place for place, part in enumerate(marked) if _is_tax_id(part)), None)
    if place is None:
        named = _NAMED.fullmatch(_joined(parts))
        name = named["name"] if named is not None else None
        return parties.counterparty(name=name, tax_ids=[tax_id]), None
    party = parties.counterparty(name=_joined(marked[:place]) or None, tax_ids=[tax_id, marked[place]])
    return party, _joined(marked[place + 1 :]) or None


def _is_tax_id(part: str) -> bool:
    """Whether a part stands where a tax id does: a whole one, a masked one or its beginning, or a punctuated one."""
    known = parties.tax_id(part) or parties.masked_tax_id(part)
    return bool(known or _MASKED.fullmatch(part) or _PUNCTUATED.fullmatch(part.upper()))


def _joined(parts: list[str]) -> str:
    """The parts as one text. The bank breaks a text after so many characters; a tax id is a part of its own."""
    text, before = "", ""
    for part in filter(None, parts):
        text += part if len(before) == WIDTH and not _is_tax_id(part) else f" {part}"
        before = part
    return text.strip()
