"""Rows of BTG Pactual: movements nested in days, with amounts as short as possible."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from simulators.forms import end_to_end_id
from simulators.ledger import LedgerEntry, Party
from simulators.world import SimulatedAccount

__all__ = ["KINDS", "OWN_BANK", "balances_of", "days_of", "listed", "named_party", "short"]

KINDS = {
    ("PIX", True): "Pix recebido",
    ("PIX", False): "Pix enviado",
    ("TED", True): "TED recebida",
    ("TED", False): "TED enviada",
    ("BOLETO", True): "Liquidação de boleto",
    ("BOLETO", False): "Pagamento de boleto",
    ("TARIFA_SERVICOS_AVULSOS", False): "Tarifa",
    ("OUTROS", True): "Lançamento",
    ("OUTROS", False): "Lançamento",
}
"""The words with which a text begins; nothing else tells what a movement is."""
OWN_BANK, OWN_ISPB = "208", "30306294"


Reading = Callable[[str], str]
"""Gives the reading of a conflicting point that the account plays."""


def listed(account: SimulatedAccount, account_id: str, company: str) -> dict[str, str]:
    """The account of a company in the list of accounts."""
    return {
        "accountId": account_id,
        "taxId": company,
        "bankCode": OWN_BANK,
        "type": "TRANSACTION",
        "currency": "BRL",
        "branchCode": account.branch,
        "number": account.number,
        "status": "ACTIVE",
    }


def balances_of(account: SimulatedAccount, first: date, last: date, now: datetime) -> dict[str, Any]:
    """The account with its balances before the first day, now, and after the last day."""
    return {
        "accountNumber": int(account.number),
        "balance": {
            "initial": short(account.ledger.balance(first, now)),
            "current": short(account.ledger.balance_at(now)),
            "final": short(account.ledger.balance(last + timedelta(days=1), now)),
        },
    }


def days_of(
    account: SimulatedAccount, entries: Sequence[LedgerEntry], first: date, now: datetime, reading: Reading
) -> dict[str, Any]:
    """The movements of a period that begins on `first`, nested in days; the form of an empty period is a reading."""
    days = [_day(account, day, rows, now, reading) for day, rows in _groups(entries, reading)]
    if not days:
        match reading("empty_period"):
            case "no_list":
                return {}
            case "empty_day":
                days = [_day(account, first, [], now, reading)]
    return {"dailyMovements": days}


def _groups(entries: Sequence[LedgerEntry], reading: Reading) -> Iterator[tuple[date, list[LedgerEntry]]]:
    """The entries of each day, all in one group or those of each direction in one."""
    for day, rows in groupby(entries, key=lambda entry: entry.date):
        of_day = list(rows)
        if reading("day_groups") == "one":
            yield day, of_day
            continue
        credits_, debits = ([entry for entry in of_day if (entry.amount >= 0) is credit] for credit in (True, False))
        yield from ((day, part) for part in (credits_, debits) if part)


def _day(
    account: SimulatedAccount, day: date, entries: Sequence[LedgerEntry], now: datetime, reading: Reading
) -> dict[str, Any]:
    written = day.isoformat() + ("T00:00:00" if reading("day_form") == "date_time" else "")
    rows = [_row(account, entry, reading) for entry in entries]
    if reading("statement_fields") != "all":
        return {"date": written, "movements": rows}
    balance = account.ledger.balance(day + timedelta(days=1), now)
    return {"date": written, "balance": short(balance), "movements": rows}


def _row(account: SimulatedAccount, entry: LedgerEntry, reading: Reading) -> dict[str, Any]:
    amount: Any = short(abs(entry.amount))
    if reading("amount_form") == "object":
        amount = {"amount": amount, "currency": "BRL"}
    row = {
        "dateHour": entry.booked_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "description": _text(entry),
        "amount": amount,
        "type": "credit" if entry.amount > 0 else "debit",
        **entry.detail,
    }
    if reading("statement_fields") != "all":
        return row
    row = {"id": entry.bank_id or _identity(account.number, entry.serial), **row}
    return {**row, "endToEndId": end_to_end_id(entry, OWN_ISPB)} if entry.type == "PIX" else row


def _identity(*about: object) -> str:
    """An opaque id, the same whenever it is asked for."""
    digits = hashlib.sha256("/".join(map(str, about)).encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def short(amount: Decimal) -> Decimal:
    """Without zeros at the end: 49, 1250.4."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()


def named_party(entry: LedgerEntry) -> Party | None:
    """Only the text of a Pix that was sent is known to name the other party."""
    return entry.counterparty if entry.type == "PIX" and entry.amount < 0 else None


def _text(entry: LedgerEntry) -> str:
    """The ledger's text, with the bank's word for the kind before it unless it begins with that already.

    A Pix that was sent has the payee's name in its place.
    """
    word = KINDS[entry.type, entry.amount > 0]
    if party := named_party(entry):
        return f"{word} para {party.name}"
    begins = entry.description.casefold().startswith(word.casefold())
    return entry.description if begins else f"{word} - {entry.description}"
