"""Days and rows of BTG Pactual's statement, and its present balance.

Rows are nested in days and have no id that lasts. The day of a movement is that of its group: `dateHour` may lie
elsewhere. Text, details and category tell what a movement is, any of which may be missing.

Sources: contracts/banks/btg_pactual/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Kinds, Sides
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Balance", "Day", "Row", "available_of", "movements"]

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

SIDES = Sides()

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

    amount: Raw
    currency: Any = None


class Row(Struct, frozen=True):
    """One movement of a day."""

    amount: Raw
    """A number, a text, or `Money`."""
    type: str
    dateHour: Any = None
    description: Any = None
    descriptionDetails: Any = None
    category: Any = None
    txId: Any = None
    endToEndId: Any = None
    details: Any = None
    id: Any = None
    """Tells two rows of an answer apart. Nobody has seen it kept, so that it is no entry's identity."""


class Day(Struct, frozen=True):
    """One element of `dailyMovements`."""

    date: str
    movements: list[Row] | Row | str | UnsetType | None = UNSET

    @property
    def rows(self) -> list[Row]:
        """The movements, if any."""
        return [] if self.movements is UNSET else fields.as_list(self.movements)


class Balance(Struct, frozen=True):
    """The present balance of an account, or an envelope round balances, as the list of accounts may have one."""

    accountId: Any = None
    available: Raw = Raw(b"null")
    """A number, a text, or `Money`."""
    data: "list[Balance] | Balance | None" = None

    def __iter__(self) -> Iterator["Balance"]:
        """The balances within that say what is available."""
        if bytes(self.available).strip() != b"null":
            yield self
        for each in fields.as_list(self.data):
            yield from each


def available_of(answer: Balance | list[Balance], account_id: str) -> Decimal:
    """What is available at an account now, in reais; negative where it is overdrawn.

    Raises:
        ValueError: the answer has not exactly one balance that may be this account's, or it cannot be read.
    """
    listed = [each for part in (answer if isinstance(answer, list) else [answer]) for each in part]
    own = [each for each in listed if fields.code(each.accountId) in {"", account_id}]
    if len(own) != 1:
        raise ValueError("the answer has not one balance of the account")
    return _reais(own[0].available)


def movements(days: Iterable[Day], content: Content) -> Iterator[Movement]:
    """Each row as a movement of its group's day; the sign comes from `type`.

    Args:
        days: with their rows, in the bank's order.
        content: what a row is known by, given it, its day, direction and instant, and its amount as sent.
    """
    for day in days:
        booked_on = fields.day(day.date)
        for row in day.rows:
            text = wording.text_of(row.description)
            written = fields.code(row.dateHour) or " ".join(wording.texts_within(row.dateHour))
            moment, unread = _moment(written)
            when = moment.isoformat() if moment else unread or None
            value, end_to_end_id = _reais(row.amount), wording.end_to_end_id(row.endToEndId)
            more = [*_texts(row.descriptionDetails), *_texts(row.category)]
            yield Movement(
                date=booked_on,
                amount=SIDES.signed(value, row.type),
                content=content(row, booked_on.isoformat(), row.type.strip().lower(), when, value),
                type=TYPES.find(text, *more) or wording.kind_of(text, *more),
                description=wording.composed(
                    text,
                    *more,
                    "" if end_to_end_id else fields.word(row.endToEndId),
                    *wording.named_texts({"txId": row.txId, **_details(row.details), "dateHour": unread}),
                ),
                booked_at=moment if moment and fields.has_time(written) else None,
                end_to_end_id=end_to_end_id,
                counterparty=_counterparty(text, *more),
            )


def _texts(value: Any) -> Iterator[str]:
    """All texts of a value, or a number as one."""
    yield from wording.texts_within(value) if isinstance(value, dict | list) else (wording.text_of(value),)


def _counterparty(*texts: str) -> Counterparty | None:
    """Who sent or got money, who has no number there, or the acquirer that pays for cards."""
    if found := NAMED.fullmatch(texts[0].strip()):
        return parties.counterparty(name=found["name"])
    for text in texts[1:]:
        card, _, rest = text.partition("|")
        name, dash, _ = card.partition(" - ")
        if dash and name.strip() and (found := CNPJ.fullmatch(rest)):
            return parties.counterparty(name=name, tax_ids=[found[1]])
    return None


def _moment(written: str) -> tuple[datetime | None, str]:
    """The instant of a row, and what stands in its place where that is none; the group has the day."""
    try:
        return (fields.local_instant(written), "") if written else (None, "")
    except (ValueError, OverflowError):
        return None, written


def _details(sent: Any) -> dict[str, Any]:
    """Numbers of a movement by name; what is no object stands under no name."""
    return sent if isinstance(sent, dict) else {"": sent}


def _reais(sent: Raw) -> Decimal:
    """An amount as sent, in reais."""
    money = msgspec.json.decode(sent, type=Money) if bytes(sent).lstrip().startswith(b"{") else Money(sent)
    fields.check_currency(money.currency)
    return fields.told_reais(money.amount)
