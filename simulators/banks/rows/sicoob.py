"""Rows of Sicoob: texts without sign; what day an operation took place; the other party in the complement."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from msgspec.structs import replace

from simulators.clock import BRASILIA
from simulators.forms import is_person, masked_cpf
from simulators.ledger import LedgerEntry
from simulators.world import SimulatedAccount

__all__ = ["DAY", "KINDS", "SCHEDULED", "in_batches", "money", "row_of", "sent_before"]

KINDS = {
    ("PIX", True): "PIX RECEBIDO - OUTRA IF",
    ("PIX", False): "PIX EMITIDO OUTRA IF",
    ("TED", True): "CRÉD.TED-STR",
    ("TED", False): "TED EMITIDA",
    ("BOLETO", True): "CRÉD.LIQUIDAÇÃO COBRANÇA",
    ("CONVENIO_ARRECADACAO", False): "DÉB.CONV.DEMAIS EMPRESAS",
    ("PACOTE_TARIFA_SERVICOS", False): "TARIFA PACOTE SERVIÇOS",
    ("TARIFA_SERVICOS_AVULSOS", False): "TARIFA MANUTENÇÃO",
    ("CARTAO", True): "CR COMPRAS BANDEIRA X",
    ("OUTROS", True): "CRÉDITO DIVERSO",
    ("OUTROS", False): "DÉBITO DIVERSO",
}
CARDS = frozenset({"CARTAO", "CONVENIO_ARRECADACAO"})
"""Kinds whose operation took place well before the day of booking, at an hour that the row does not have."""
FEES = frozenset({"PACOTE_TARIFA_SERVICOS", "TARIFA_SERVICOS_AVULSOS"})
"""Kinds whose operation is dated on the morning after the day of booking."""
SCHEDULED = CARDS | FEES
CARD_DELAY = timedelta(days=13)
EVERY_SO_OFTEN = 97
"""One Pix in so many has the other party's tax id in a field of its own."""
DAY = timedelta(days=1)
LONGEST_HOLIDAY = timedelta(days=6)
OTHER_ID = 50_000
"""Makes the id of a row that comes again from that of the one before."""


def sent_before(account: SimulatedAccount, first: date, last: date, now: datetime) -> list[LedgerEntry]:
    """The entries of these days that have come again since under another id, as they came at first."""
    dated_anew = account.ledger.entries(first, last + LONGEST_HOLIDAY, now)
    shown = ((entry, entry.first_booked_at) for entry in dated_anew if entry.first_booked_at is not None)
    return [
        replace(entry, booked_at=moment, bank_id=f"{entry.serial + OTHER_ID:012X}")
        for entry, moment in shown
        if first <= moment.astimezone(BRASILIA).date() <= last
    ]


def row_of(entry: LedgerEntry, *, with_id: bool) -> dict[str, str]:
    """A row; the older form has no id, and midnight for the time of day."""
    identity = f"{entry.serial:012X}"
    row = {
        "tipo": "CREDITO" if entry.amount > 0 else "DEBITO",
        "valor": money(abs(entry.amount)),
        "data": _happened(entry).strftime("%Y-%m-%dT%H:%M" if with_id else "%Y-%m-%dT00:00:00"),
        "dataLote": entry.date.isoformat(),
        "descricao": KINDS[entry.type, entry.amount > 0],
        "numeroDocumento": "Pix" if entry.type == "PIX" else entry.document or str(entry.serial % 100_000),
    }
    if with_id:
        row["transactionId"] = entry.bank_id or f"{identity[:6]}-{identity[6:]}"
    if entry.type == "PIX" and entry.counterparty and entry.serial % EVERY_SO_OFTEN == 0:
        row["cpfCnpj"] = entry.counterparty.tax_id
    if (complement := _complement(entry)) is not None:
        row["descInfComplementar"] = complement
    return row | entry.detail


def money(amount: Decimal) -> str:
    """An amount as the bank writes it: two decimals."""
    return f"{amount:.2f}"


def _happened(entry: LedgerEntry) -> datetime:
    """When the operation took place, which for some kinds is not the day of booking."""
    booked = entry.booked_at.astimezone(BRASILIA)
    if entry.type in CARDS:
        return datetime.combine(entry.date - CARD_DELAY, time(), BRASILIA)
    return datetime.combine(entry.date + DAY, time(8), BRASILIA) if entry.type in FEES else booked


def _complement(entry: LedgerEntry) -> str | None:
    """A Pix has the other party's tax id between marks, before which a received one has its name.

    Fees have an empty text, others one or none.
    """
    if entry.type == "PIX":
        text = entry.description or ("Recebimento Pix" if entry.amount > 0 else "Pagamento Pix")
        party = entry.counterparty
        if party is None:
            return text
        return "|@".join((text, *([party.name] if entry.amount > 0 and party.name else ()), _masked(party.tax_id), ""))
    return entry.description or ("" if entry.type in FEES else None)


def _masked(tax_id: str) -> str:
    """A CNPJ in the bank's odd form; of a CPF only the six digits in the middle."""
    if is_person(tax_id):
        return masked_cpf(tax_id)
    return f"{tax_id[:2]}.{tax_id[2:5]}.{tax_id[5:8]} {tax_id[8:12]}-{tax_id[12:]}"


def in_batches(rows: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The rows, with the boletos settled on one day as one, where the first of them stands."""
    found: list[LedgerEntry] = []
    batches: dict[date, int] = {}
    for entry in rows:
        if entry.type != "BOLETO":
            found.append(entry)
        elif (place := batches.setdefault(entry.date, len(found))) == len(found):
            found.append(replace(entry, description="", document="", counterparty=None))
        else:
            found[place] = replace(found[place], amount=found[place].amount + entry.amount)
    return found
