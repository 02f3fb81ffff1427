"""Days and rows of BTG Pactual's statement.

Rows are nested in days and have no id that lasts. The day of a movement is that of its group: `dateHour` may lie
elsewhere. Text, details and category tell what a movement is, any of which may be missing.

Sources: contracts/banks/btg_pactual/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Kinds, Sides
from gateway.limits import KIND_CHARACTERS
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Day", "Row", "movements", "text_of"]

TYPES = Kinds(
    {
        TransactionType.PIX: ("pix ", "devolução de pix ", "devolução do pix "),
        TransactionType.TED: ("ted ",),
        TransactionType.BOLETO: ("pagamento de boleto ", "liquidação de boleto ", "boleto pago "),
        TransactionType.CONVENIO_ARRECADACAO: ("pagamento de conta ",),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("tarifa ",),
        TransactionType.CARTAO: ("card receivables ",),
    }
)
"""How a text, or else the name of a category, begins at this bank; nothing else tells what a movement is."""

SIDES = Sides(
    {"CREDIT", "CREDITO", "C", "CR", "CRED", "CRDT", "ENTRADA"},
    {"DEBIT", "DEBITO", "D", "DB", "DEB", "DBIT", "SAIDA"},
)
REAIS = frozenset({"", "BRL", "R"})
"""Folded names of the one currency; the sign `$` is punctuation."""

NAMED = re.compile(
    r"(?:(?:devolu[çc][ãa]o d[aoe] )?(?:pix|ted) (?:enviad[ao] para|recebid[ao] de)"
    r"|pagamento de boleto enviado para|boleto pago por) +(?P<name>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""The forms in which a text is known to name the other party: whom money was sent to, or who sent it."""

CNPJ = re.compile(r"\s*CNPJ:\s*(\S+)\s*", re.IGNORECASE)
"""Ends the details of card receivables: acquirer, ` - `, brand and way of the card, `|`, the acquirer's CNPJ."""


class Money(Struct, frozen=True):
    """An amount in the form in which the bank writes balances."""

    amount: Decimal
    currency: Any = None


class Row(Struct, frozen=True):
    """One movement of a day."""

    amount: Decimal | Money
    type: str
    dateHour: str | None = None
    description: Any = None
    descriptionDetails: Any = None
    category: Any = None
    endToEndId: Any = None
    id: Any = None
    """Tells two rows of an answer apart. Nobody has seen it kept, so that it is no entry's identity."""


class Day(Struct, frozen=True):
    """One element of `dailyMovements`."""

    date: str
    movements: list[Row] | Row | UnsetType | None = UNSET

    @property
    def rows(self) -> list[Row]:
        """The movements, of which there may be none."""
        return [self.movements] if isinstance(self.movements, Row) else self.movements or []


def text_of(row: Row) -> str:
    """The text of a row, which may have parts."""
    return fields.word(row.description) or " ".join(wording.texts_within(row.description))


def movements(days: Iterable[Day], content: Content) -> Iterator[Movement]:
    """Each row as a movement of its group's day; the sign comes from `type`.

    Args:
        days: with their rows, in the bank's order.
        content: what a row is known by, given it, its day, direction and instant, and its amount as sent.
    """
    for day in days:
        booked_on = fields.iso_date(day.date)
        for row in day.rows:
            text = text_of(row)
            booked_at = fields.local_instant(row.dateHour) if row.dateHour and row.dateHour.strip() else None
            forms = booked_on.isoformat(), row.type.strip().lower(), booked_at and booked_at.isoformat()
            end_to_end_id = wording.end_to_end_id(row.endToEndId)
            more = [*_texts(row.descriptionDetails), *_texts(row.category)]
            yield Movement(
                date=booked_on,
                amount=_signed(row),
                content=content(row, *forms, _money(row).amount),
                type=TYPES.find(text, *more) or wording.kind_of(text, *more),
                description=wording.composed(text, *more, "" if end_to_end_id else fields.word(row.endToEndId)),
                booked_at=booked_at,
                end_to_end_id=end_to_end_id,
                counterparty=_counterparty(text, *more),
            )


def _texts(value: Any) -> Iterator[str]:
    """All texts of a value, or a whole number as one."""
    number = "" if isinstance(value, str) else fields.word(value)
    yield from (number,) if number else wording.texts_within(value)


def _counterparty(*texts: str) -> Counterparty | None:
    """Who sent or got money, who has no number there, or the acquirer that pays for cards."""
    if found := NAMED.fullmatch(texts[0]):
        return parties.counterparty(name=found["name"])
    for text in texts[1:]:
        card, _, rest = text.partition("|")
        name, dash, _ = card.partition(" - ")
        if dash and name.strip() and (found := CNPJ.fullmatch(rest)):
            return parties.counterparty(name=name, tax_ids=[found[1]])
    return None


def _money(row: Row) -> Money:
    return row.amount if isinstance(row.amount, Money) else Money(row.amount)


def _signed(row: Row) -> Decimal:
    """The amount with its sign. A debit may carry one already, a credit may not."""
    money = _money(row)
    if fields.fold(money.currency) not in REAIS or not isinstance(money.currency, str | None):
        raise ValueError(f"an amount is not in reais but in {fields.word(money.currency)[:KIND_CHARACTERS]!r}")
    value = fields.reais(money.amount)
    return fields.unsigned(value) if SIDES.is_credit(row.type) else -abs(value)
