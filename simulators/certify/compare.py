"""Whether a statement tells the truth: in all that the bank's wire can express, and in nothing else."""

import unicodedata
from collections import Counter
from collections.abc import Container, Sequence
from datetime import datetime

from gateway.model import Counterparty, Entry, Period, Statement, Verdict
from simulators.bank import Bank
from simulators.ledger import Ledger, LedgerEntry

__all__ = ["differences", "overclaimed"]


def differences(
    bank: Bank,
    statement: Statement,
    ledger: Ledger,
    period: Period,
    now: datetime,
    blurred: Container[str] = (),
) -> list[str]:
    """Every way in which a statement departs from the ledger, in words; empty when it tells the truth.

    Args:
        bank: says what its wire can express.
        statement: what is told.
        ledger: what is true.
        period: the days that were asked for.
        now: when they were asked for.
        blurred: fields of an entry that nobody can know, because the answer was damaged; `balances` for all balances.
    """
    truth = ledger.entries(period.first, period.last, now)
    found = _list_differences(bank, statement.entries, truth, blurred)
    if len({entry.id for entry in statement.entries}) != len(statement.entries):
        found.append("two entries share an id")
    if "balances" in blurred:
        return found
    if statement.proof.verdict is Verdict.DISPROVED:
        found.append(f"the proof fails by {statement.proof.difference}")
    closing = truth[-1].balance if truth else ledger.balance(period.first, now)
    for name, told, true in (
        ("opening balance", statement.opening_balance, ledger.balance(period.first, now)),
        ("closing balance", statement.closing_balance, closing),
    ):
        if told is not None and told != true:
            found.append(f"{name} is {told}, in truth {true}")
    return found


def overclaimed(statement: Statement, ledger: Ledger, now: datetime) -> list[str]:
    """What a statement that something contradicts claims wrongly: days that it calls complete and that are not so.

    Such a statement is given and posts nothing; its complete days alone are believed.

    Args:
        statement: what is told.
        ledger: what is true.
        now: when it was asked for.
    """
    through, first = statement.complete_through, statement.period.first
    if through < first:
        return []
    told = Counter((entry.date, entry.amount) for entry in statement.entries if entry.date <= through)
    true = Counter((entry.date, entry.amount) for entry in ledger.entries(first, through, now))
    days = sorted({day for day, _ in (told - true) + (true - told)})
    return [f"{day} is called complete and is not the truth" for day in days]


def _list_differences(
    bank: Bank, told: Sequence[Entry], truth: Sequence[LedgerEntry], blurred: Container[str]
) -> list[str]:
    if len(told) != len(truth):
        return [f"{len(told)} entries, in truth {len(truth)}"]
    return [
        f"entry {number}: {difference}"
        for number, (entry, true) in enumerate(zip(told, truth, strict=True))
        for difference in _entry_differences(bank, entry, true, blurred)
    ]


def _entry_differences(bank: Bank, entry: Entry, true: LedgerEntry, blurred: Container[str]) -> list[str]:
    able = bank.contract.capabilities
    compared: list[tuple[str, object, object]] = [
        ("date", entry.date, true.date),
        ("amount", entry.amount, true.amount),
        ("type", entry.type.value, true.type),
    ]
    if able.booked_at:
        compared.append(("booked_at", entry.booked_at, true.booked_at))
    if able.description:
        compared.append(("description", entry.description, _plain(bank.describes(true))))
    if able.document:
        compared.append(("document", entry.document, true.document or None))
    if able.running_balance:
        compared.append(("balance", entry.balance, true.balance))
    found = [
        f"{name} is {told}, in truth {fact}" for name, told, fact in compared if told != fact and name not in blurred
    ]
    if able.entry_id and entry.bank_id is None and "id" not in blurred:
        found.append("bank_id is empty, but the contract says that the bank gives every entry an id (`entry_id`)")
    if "counterparty" in blurred:
        return found
    return found + _counterparty_differences(able_to_name=able.counterparty, bank=bank, entry=entry, true=true)


def _counterparty_differences(*, able_to_name: bool, bank: Bank, entry: Entry, true: LedgerEntry) -> list[str]:
    """What the statement says of the other party must be so; it may say less, but not nothing where the bank does."""
    told = entry.counterparty or Counterparty()
    party = true.counterparty
    if party is None:
        return [] if told == Counterparty() else ["a counterparty is named that does not exist"]
    facts = {
        "name": _plain(party.name),
        "tax_id": party.tax_id,
        "bank": party.compe,
        "ispb": party.ispb,
        "branch": party.branch,
        "account": party.account,
    }
    found = [
        f"counterparty's {name} is {getattr(told, name)}, in truth {fact}"
        for name, fact in facts.items()
        if getattr(told, name) is not None and getattr(told, name) != fact
    ]
    if able_to_name and told.name is None and bank.names_party(true):
        found.append("the counterparty is not named")
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).rstrip()
