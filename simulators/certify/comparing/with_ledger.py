"""Whether a statement equals the ledger, in all that the bank's wire can express and in nothing else."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Container, Sequence
from datetime import datetime, timedelta

from gateway.model import Balances, Counterparty, Entry, Period, Statement, Verdict
from simulators.bank import Bank
from simulators.ledger import Ledger, LedgerEntry

__all__ = ["as_read", "differences", "misdated", "overclaimed"]

MINUTE = timedelta(minutes=1)


def differences(
    bank: Bank,
    statement: Statement,
    ledger: Ledger,
    period: Period,
    now: datetime,
    blurred: Container[str] = (),
) -> list[str]:
    """Every way in which a statement departs from the ledger, in words; empty when it equals it.

    Args:
        bank: says what its wire can express.
        statement: the gateway's.
        ledger: what is true.
        period: the days that were asked for.
        now: when they were asked for.
        blurred: fields of an entry that no reader can know, as the answer was damaged; `balances` for all balances.
    """
    truth = ledger.entries(period.first, period.last, now)
    found = _list_differences(bank, statement.entries, truth, blurred)
    if len({entry.id for entry in statement.entries}) != len(statement.entries):
        found.append("two entries share an id")
    if "balances" in blurred:
        return found
    if statement.proof.verdict is Verdict.DISPROVED:
        found.append(f"the closing balance differs by {statement.proof.difference} from opening balance and entries")
    closing = truth[-1].balance if truth else ledger.balance(period.first, now)
    for name, given, true in (
        ("opening balance", statement.opening_balance, ledger.balance(period.first, now)),
        ("closing balance", statement.closing_balance, closing),
    ):
        if given is not None and given != true:
            found.append(f"{name} is {given}, the ledger has {true}")
    available = statement.available_balance
    if available is not None and available.amount != (true := bank.available(ledger, available.at)):
        found.append(f"the available balance is {available.amount}, the bank has {true}")
    return found


def overclaimed(statement: Statement, ledger: Ledger, now: datetime) -> list[str]:
    """The days that a contradicted statement calls complete although they are not, in words.

    The entries of such a statement are given unproved; only its complete days may be booked.

    Args:
        statement: the gateway's.
        ledger: what is true.
        now: when it was asked for.
    """
    through, first = statement.complete_through, statement.period.first
    if through < first:
        return []
    given = Counter((entry.date, entry.amount) for entry in statement.entries if entry.date <= through)
    true = Counter((entry.date, entry.amount) for entry in ledger.entries(first, through, now))
    days = sorted({day for day, _ in (given - true) + (true - given)})
    return [f"{day} is called complete and is not the truth" for day in days]


def misdated(balances: Balances | None, period: Period) -> list[str]:
    """Where the day that an adapter gives a balance for lies on the wrong side of the period, in words.

    A later balance, or an earlier one, is carried to the period's ends by the movements between, which
    must come with it. Some banks cut their days at another hour, so that the ledger has no such balance.
    """
    found = []
    if balances is not None and balances.opening is not None and balances.opening.day >= period.first:
        found.append(f"the opening balance is given for {balances.opening.day}, which is not before the period")
    if balances is not None and balances.closing is not None and balances.closing.day < period.last:
        found.append(f"the closing balance is given for {balances.closing.day}, before the end of the period")
    return found


def _list_differences(
    bank: Bank, entries: Collection[Entry], truth: Sequence[LedgerEntry], blurred: Container[str]
) -> list[str]:
    if len(entries) != len(truth):
        return [f"the statement has {len(entries)} entries, the ledger {len(truth)}"]
    return [
        f"entry {number}: {difference}"
        for number, (entry, true) in enumerate(zip(entries, truth, strict=True))
        for difference in _entry_differences(bank, entry, true, blurred)
    ]


def _entry_differences(bank: Bank, entry: Entry, true: LedgerEntry, blurred: Container[str]) -> list[str]:
    able = bank.contract.capabilities
    compared: list[tuple[str, object, object]] = [
        ("date", entry.date, true.date),
        ("amount", entry.amount, true.amount),
        ("type", entry.type.value, true.type),
    ]
    # What a contract denies need not come; what comes all the same must be so.
    if able.booked_at or not _is_about(entry.booked_at, true.booked_at):
        compared.append(("booked_at", entry.booked_at, true.booked_at))
    if able.description:
        compared.append(("description", entry.description, as_read(bank.describes(true))))
    if able.document:
        compared.append(("document", entry.document, true.document or None))
    if able.running_balance or entry.balance is not None:
        compared.append(("balance", entry.balance, true.balance))
    found = [
        f"{name} is {given}, the ledger has {fact}"
        for name, given, fact in compared
        if given != fact and name not in blurred
    ]
    if able.entry_id and entry.bank_id is None and "id" not in blurred:
        found.append("bank_id is empty, but the contract says that the bank gives every entry an id (`entry_id`)")
    if "counterparty" in blurred:
        return found
    return found + _counterparty_differences(bank, entry, true)


def _counterparty_differences(bank: Bank, entry: Entry, true: LedgerEntry) -> list[str]:
    """What the statement says of the other party must be so; it may say less, but not nothing where the bank does."""
    named = entry.counterparty or Counterparty()
    party = true.counterparty
    if party is None:
        return [] if named == Counterparty() else ["a counterparty is named that does not exist"]
    facts = {
        "name": as_read(party.name),
        "tax_id": party.tax_id,
        "bank": party.compe,
        "ispb": party.ispb,
        "branch": party.branch,
        "account": party.account,
    }
    found = [
        f"counterparty's {name} is {getattr(named, name)}, the ledger has {fact}"
        for name, fact in facts.items()
        if getattr(named, name) is not None and getattr(named, name) != fact
    ]
    if bank.contract.capabilities.counterparty and named.name is None and bank.names_party(true):
        found.append("the counterparty is not named")
    return found


def _is_about(given: datetime | None, fact: datetime) -> bool:
    """Whether an instant is left out, or right to the minute, as banks give it that have no seconds."""
    return given is None or (given.tzinfo is not None and abs(given - fact) < MINUTE)


def as_read(text: str) -> str:
    """A text of the bank as a statement gives it: with composed letters, and without blanks at its end."""
    return unicodedata.normalize("NFC", text).rstrip()
