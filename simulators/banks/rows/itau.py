"""Rows of Itaú: payment lots without id, and closings of business days among other balances of the same types."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from simulators.calendar import days_from, is_business_day
from simulators.clock import BRASILIA
from simulators.forms import is_person, masked_cpf
from simulators.ledger import LedgerEntry, Party
from simulators.world import SimulatedAccount

__all__ = ["DAY", "INVESTED", "KINDS", "NAMING", "balances_of", "event_of", "positions", "statement_id"]

DAY = timedelta(days=1)
INVESTED = Decimal("5000.00")
"""What the automatic investment of every account holds; only the other balances count it."""
SHORT_TEXT_LENGTH = 24
"""Length to which short texts are cut."""
KINDS = {
    ("PIX", True): "PIX TRANSF",
    ("PIX", False): "PIX TRANSF",
    ("TED", True): "TED RECEBIDA",
    ("TED", False): "TED ENVIADA",
    ("BOLETO", True): "BOLETOS RECEBIDOS",
    ("BOLETO", False): "PAG BOLETO",
    ("CONVENIO_ARRECADACAO", False): "DA",
    ("TARIFA_SERVICOS_AVULSOS", False): "TAR CONTA CERTA",
    ("FOLHA_PAGAMENTO", False): "SISPAG SALARIOS",
    ("RENDIMENTO_APLIC_FINANCEIRA", True): "REND PAGO APLIC AUT",
    ("RESGATE_APLIC_FINANCEIRA", True): "RES APLIC AUT MAIS AP",
    ("DEPOSITO", True): "DEPOSITO",
    ("SAQUE", False): "SAQUE",
}
NAMING = frozenset({"PIX", "TED", "BOLETO"})
"""Types whose rows name the other party."""
ORIGINS = {("PIX", True): "PIX_RECEPCAO", ("PIX", False): "PIX_EMISSAO", ("TED", False): "DEBITO"}


def event_of(account: SimulatedAccount, entry: LedgerEntry, reading: Callable[[str], str]) -> dict[str, Any]:
    """The row of a movement; `reading` gives the readings that the account plays."""
    credit = entry.amount > 0
    unsigned = reading("debit_value") == "positive"
    short = f"{KINDS[entry.type, credit]} {entry.description}"[:SHORT_TEXT_LENGTH].rstrip()
    common: dict[str, Any] = {
        "operation": "C" if credit else "D",
        "amount": {"value": abs(entry.amount) if unsigned else entry.amount, "currency": "BRL"},
    }
    if entry.type == "FOLHA_PAGAMENTO" and reading("payment_lots") == "grouped":
        return common | _lot(entry)
    stamp = entry.booked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    thousandths = f".{entry.booked_at.microsecond // 1000:03d}" if entry.type == "PIX" else ""
    row = common | {
        "id": entry.bank_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"itau/{account.number}/{entry.serial}")),
        "type": "lancamento",
        "reversal": entry.detail.get("reversal", False),
        "date": {"event": f"{stamp}{thousandths}Z", "accounting": entry.date.isoformat()},
        "literal": {"code": "", "shortened": short, "complete": entry.description},
    }
    if entry.type not in NAMING:
        row["literal"]["complementary"] = entry.detail.get("complementary", "")
    if origin := ORIGINS.get((entry.type, credit)):
        row["origin"] = _origin(account, entry, origin)
    if entry.counterparty is not None and entry.type in NAMING:
        row["counterpart"] = _counterpart(entry.counterparty, masked=reading("counterpart_document") == "masked")
    return row


def _origin(account: SimulatedAccount, entry: LedgerEntry, operation: str) -> dict[str, Any]:
    """The operation behind a movement; only a Pix has an id."""
    pix = entry.type == "PIX"
    identity = f"E{account.number:0>8}{entry.booked_at:%Y%m%d%H%M}{entry.serial % 10**11:011d}"
    found = {"identifier": identity if pix else "", "type": "PIX" if pix else "", "operation": operation, "channel": ""}
    complement = entry.detail.get("complement")
    return found | ({"complement": complement} if complement else {})


def statement_id(account: SimulatedAccount) -> str:
    """The account in a path: branch and number with their zeros."""
    return f"{account.branch:0>4}{account.number:0>8}"


def _lot(entry: LedgerEntry) -> dict[str, Any]:
    """The row of a payment lot: no id, no reversal, and a complete text only where the short one does not say all."""
    short = KINDS[entry.type, False]
    literal = {"shortened": short} | ({"complete": entry.description} if entry.description != short else {})
    return {
        "type": "agrupamento",
        "code": f"{entry.date}SALARIOS",
        "number_events": 1 + entry.serial % 9,
        "date": {"event": f"{entry.date}T23:59:59.999999999-03:00", "accounting": entry.date.isoformat()},
        "literal": literal,
    }


def _counterpart(party: Party, *, masked: bool) -> dict[str, str]:
    person = is_person(party.tax_id)
    return {
        "type": "CONTA_CORRENTE",
        "name": party.name,
        "document": masked_cpf(party.tax_id) if masked and person else party.tax_id,
        "person": "FISICA" if person else "JURIDICA",
        "ispb": party.ispb,
        "institution": party.bank_name,
        "agency": party.branch,
        "account": party.account[:-1],
        "digit": party.account[-1:],
    }


def balances_of(account: SimulatedAccount, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
    """The closings of the business days that are over, newest first, among the other balances."""
    closed = min(last, now.date() - DAY)
    days = reversed(days_from(max(first, account.ledger.opened_on), closed))
    closings = [
        _balance(
            "saldo_conta",
            "SALDO MOVIMENTAÇÃO CONTA",
            account.ledger.balance(day + DAY, now),
            datetime.combine(day, time(23, 59, 59, 999_000), BRASILIA),
        )
        for day in days
        if is_business_day(day)
    ]
    return positions(account, first, now) + closings


def positions(account: SimulatedAccount, first: date, now: datetime) -> list[dict[str, Any]]:
    """The balances that are no closing of a day."""
    present = account.ledger.balance_at(now)
    before = account.ledger.balance(first, now)
    start = datetime.combine(first - DAY, time(23, 59, 59, 999_000), BRASILIA)
    return [
        _balance("saldo_disponivel", "SALDO EM CONTA", present, now),
        _balance("saldo_disponivel", "SALDO TOTAL DISPONÍVEL DIA", present + INVESTED, now),
        _balance("saldo_disponivel", "SALDO ANTERIOR", before + INVESTED, start),
        _balance("saldo_aplic_aut", "SALDO APLIC. AUT.", INVESTED, now),
        _balance("saldo_bloqueado", "", Decimal(0), now),
        _balance("saldo_total", "", present + INVESTED, now),
    ]


def _balance(kind: str, label: str, amount: Decimal, at: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "date": {"event": at.isoformat(timespec="milliseconds")},
        "literal": {"shortened": label, "complete": label} if label else {},
        "amount": {"value": amount, "currency": "BRL"},
    }
