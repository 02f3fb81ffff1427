"""Rows of Itaú's account statement, and what an answer with status 206 lacks.

A row says what it is in three places that may be empty: its literals, its origin and its code. The instant is in UTC,
so that only the accounting date is the day. Rows that group a payment lot have no id.

Sources: contracts/banks/itau/NOTES.md.

Long because it also reads what an answer with status 206 lacks.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway import large_json
from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import ENCODER, Content, Details
from gateway.connectors.tables import Kinds, Sides
from gateway.entry_ids import row_id
from gateway.limits import CREDIBLE_YEARS
from gateway.model import BRASILIA, Counterparty, Movement, TransactionType

__all__ = [
    "ENTRIES",
    "LOT",
    "Booked",
    "Moment",
    "Money",
    "Row",
    "amount_of",
    "booked",
    "day_of",
    "is_doubtful",
    "kind_of",
    "lacks_only_pending",
    "movements",
    "reais",
]

LOT = "AGRUPAMENTO"

ENTRIES = frozenset({"", "LANCAMENTO", LOT})
"""Kinds of rows that are entries; a row without a kind is one."""
FUTURE = "FUTURO"
"""Stands in the kind of what is still to come, which is no entry."""

LITERALS = Kinds(
    {
        TransactionType.PIX: ("PIX ", "DEV PIX ", "INT PIX ", "SISPAG PIX "),
        TransactionType.TED: ("TED ", "INT TED ", "DEV TED "),
        TransactionType.DOC: ("DOC ",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TBI ", "INT TBI "),
        TransactionType.BOLETO: (
            *("BOLETO", "PAG BOLETO ", "PAG TIT ", "INT PAG TIT ", "MOBILE PAG TIT ", "MOV TIT COB DISP "),
        ),
        TransactionType.CONVENIO_ARRECADACAO: ("DA ", "SISPAG TRIB ", "INT TRIBUTO"),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TAR ", "TARIFA "),
        TransactionType.FOLHA_PAGAMENTO: ("SISPAG SALARIOS ",),
        TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("REND PAGO APLIC ", "RENDIMENTOS "),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RES APLIC ", "RESGATE CDB "),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("JUROS LIMITE DA CONTA ",),
        TransactionType.CARTAO: ("RSHOP ",),
        TransactionType.SAQUE: ("SAQUE ",),
        TransactionType.DEPOSITO: ("DEPOSITO ", "DEP "),
    }
)
"""How the bank's short texts begin. Its table of history codes is not public; what is not here is OUTROS."""

OPERATIONS = Kinds(
    {
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TEF ",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("ION CDB RESGATE ",),
    }
)
"""How `origin.operation` begins where no text of the bank tells the kind; a TEF is between accounts of the bank."""


IN_ORDER = msgspec.json.Encoder(order="deterministic")
"""Writes equal rows alike, whatever the order of the names in their objects."""

SIDES = Sides()
"""Words of `operation`."""


class Moment(Struct, frozen=True, gc=False):
    """`date`: the accounting day and an instant of one of many precisions."""

    accounting: str | None = None
    event: Any = None

    @property
    def day(self) -> date | None:
        """The accounting day, else that of the instant; None where neither is told.

        Raises:
            ValueError: it cannot be read.
        """
        if (accounting := (self.accounting or "").strip()) and (day := fields.day(accounting)).year in CREDIBLE_YEARS:
            return day
        event = fields.code(self.event)
        year = fields.number(event[:4])
        is_placeholder = year is not None and year not in CREDIBLE_YEARS
        return fields.local_instant(event).date() if event and not is_placeholder else None


class Money(Struct, frozen=True, gc=False):
    """`amount`."""

    value: Decimal | None = None
    currency: str | None = None


class Row(Struct, frozen=True, gc=False):
    """One of `events`: an entry, or a payment lot."""

    date: Moment
    amount: Money
    operation: str | None = None
    id: str | int | None = None
    type: str | None = None
    code: Any = None
    literal: Any = None
    counterpart: Any = None
    origin: Any = None

    def __hash__(self) -> int:
        """That of its fields; of a row that holds objects of JSON, which have none, that of the row as JSON.

        To try the fields of each row in vain takes half as long again.
        """
        return hash(IN_ORDER.encode(self)) if isinstance(self.literal, dict) else super().__hash__()


class Booked(Struct, frozen=True, gc=False):
    """An entry's row with its day and amount, which are compared with the balances before it becomes a movement."""

    row: Row
    day: date
    amount: Decimal


class Part(Struct, frozen=True):
    """Something in an answer with status 206, which has an `error` where something is missing."""

    error: Raw = Raw()

    @property
    def lacks(self) -> bool:
        """Whether something is missing from it."""
        return bytes(self.error) not in {b"", b"null"}


class BlockOfParts(Part, frozen=True):
    """One of `data`, as far as it says what is missing."""

    events: list[Part] | Part | str | None = None
    balances: list[Part] | Part | str | None = None
    pending_events: list[Part] | Part | str | None = None


class Parts(Part, frozen=True):
    """An answer with status 206, as far as it says what is missing."""

    data: list[BlockOfParts] | BlockOfParts | str | None = None


def booked(row: Row) -> Booked:
    """An entry's row with its day and amount.

    Raises:
        ValueError: one of them cannot be read.
    """
    return Booked(row, day_of(row), amount_of(row))


def movements(rows: Iterable[Booked], content: Content, *, undecided: bool = False) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `operation`. What nothing tells to be one may still change."""
    for each in rows:
        row = each.row
        lot, origin = kind_of(row) == LOT, fields.mapping(row.origin)
        identifier = origin.get("identifier")
        # Another field of the entry has it, and no two rows share it.
        origin = {**origin, "identifier": None}
        details = _details[ENCODER.encode((row.literal, origin, None if lot else row.code, row.counterpart))]
        yield Movement(
            date=each.day,
            amount=each.amount,
            content=content(row),
            type=details.type,
            description=details.description,
            booked_at=None if lot else _instant(row.date.event),
            document=fields.word(row.code if lot else identifier) or None,
            bank_id=row_id(row.id),
            end_to_end_id=wording.end_to_end_id(identifier),
            counterparty=details.counterparty,
            provisional=undecided,
        )


def lacks_only_pending(content: bytes) -> bool:
    """Whether an answer that lacks a part lacks only what is still to be booked; False where it cannot be read."""
    try:
        body = large_json.decode(content, Parts)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    blocks = fields.as_list(body.data)
    rows = [row for block in blocks for part in (block.events, block.balances) for row in fields.as_list(part)]
    whole = all(block.events is not None and not block.lacks for block in blocks)
    pending = any(event.lacks for block in blocks for event in fields.as_list(block.pending_events))
    return whole and pending and not any(part.lacks for part in (body, *rows))


def kind_of(row: Row) -> str:
    """The kind, for comparing; empty where there is none."""
    return _kind[row.type or ""]


def is_doubtful(row: Row) -> bool:
    """Whether a row of another kind may be an entry: not what is still to come, nor what is called a balance."""
    kind = kind_of(row)
    if kind in ENTRIES or FUTURE in kind:
        return False
    literal = _literal(row.literal)
    return not any(wording.names_balance(fields.word(literal.get(name))) for name in ("complete", "shortened"))


def day_of(row: Row) -> date:
    """The accounting day and nothing else: the instant may lie on another one."""
    return fields.first_day(row.date.accounting)


def amount_of(row: Row) -> Decimal:
    """The magnitude of the value with the sign of `operation`: debits come with a minus sign or without.

    Where there is no operation, a minus sign is one of a debit, and its absence says nothing.
    """
    value = reais(row.amount)
    size = abs(value)
    if not (row.operation or "").strip() and value <= 0:
        return value or size
    return size if SIDES.is_credit(row.operation) else -size


def reais(amount: Money | None) -> Decimal:
    """The value of an amount in reais."""
    if amount is None or amount.value is None:
        raise ValueError("there is no amount in reais")
    fields.check_currency(amount.currency)
    return fields.reais(amount.value)


@Kept
def _details(sent: bytes) -> Details:
    """The details of a row, made of its literals, origin, code and other party, which `sent` has as JSON."""
    literal, origin, code, party = msgspec.json.decode(sent)
    literal = _literal(literal)
    party = {"name": party} if isinstance(party, str) else fields.mapping(party)
    counterparty = _counterparty(party)
    unshown = parties.unshown(counterparty, _document(party))
    return Details(
        type=_type(literal, origin),
        description=_description(literal, origin, code, *unshown),
        counterparty=counterparty,
    )


def _literal(sent: Any) -> dict[str, Any]:
    """The texts of a row; a single text may stand without a list."""
    return {"complete": sent} if isinstance(sent, str) else fields.mapping(sent)


def _type(literal: dict[str, Any], origin: dict[str, Any]) -> TransactionType:
    kind, operation = (fields.fold(origin.get(name)) for name in ("type", "operation"))
    if kind == "PIX" or operation.startswith("PIX "):
        return TransactionType.PIX
    found = LITERALS.find(literal.get("shortened"), literal.get("complete")) or OPERATIONS.find(origin.get("operation"))
    return wording.kind_of(origin.get("type"), origin.get("operation")) if found is None else found


def _instant(sent: Any) -> datetime | None:
    """The instant of an entry; None where it cannot be read, for its day stands elsewhere.

    The last instant of a day is none: the bank fills it in where it knows no time, as for payment lots. One without
    offset cannot be read either: the bank writes some in UTC and others in Brasília.
    """
    try:
        found = fields.instant(sent) if isinstance(sent, str) else None
    except (ValueError, OverflowError):
        return None
    return None if found is not None and found.astimezone(BRASILIA).time() == time.max else found


def _description(literal: dict[str, Any], origin: dict[str, Any], *more: Any) -> str:
    """The complete text, else the short one, and what else the texts, the origin of the money and `more` say.

    The origin of a Pix that pays a charge has the charge's own number there.
    """
    text = wording.first_of(literal.get("complete"), literal.get("shortened")) or ""
    besides = (literal.get("complementary"), literal.get("tip"), origin.get("complement"), origin.get("channel"))
    for addition in map(wording.text_of, (*besides, *more)):
        if addition and not wording.has(text, addition):
            text = f"{text} {addition}".lstrip()
    return text


def _counterparty(party: dict[str, Any]) -> Counterparty | None:
    return parties.counterparty(
        name=party.get("name"),
        tax_ids=[_document(party)],
        bank=fields.word(party.get("institution")),
        ispb=fields.word(party.get("ispb")),
        branch=fields.word(party.get("agency")),
        account="".join(fields.word(party.get(part)) for part in ("account", "digit")),
    )


def _document(party: dict[str, Any]) -> str:
    """The document of the other party. A number has lost its leading zeros, and only the kind of person tells them."""
    document = party.get("document")
    if isinstance(document, str):
        return document
    return fields.word(document).zfill(parties.tax_id_length(party.get("person")))


@Kept
def _kind(written: str) -> str:
    return fields.fold(written).replace(" ", "_")
