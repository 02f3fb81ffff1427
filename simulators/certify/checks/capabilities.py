"""Whether a contract's capabilities are so: what it declares comes with every entry, what it denies does not.

A ledger with everything in it is read: each kind of movement, with and without another party, document and text. Where
every entry that could show a capability shows it, the wire expresses it; a contract that denies it would let an adapter
drop it unnoticed. Where an entry does not show what is declared, contract or adapter is wrong.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from msgspec.structs import replace

from contracts.schema import Capabilities
from gateway.accounts.enrolment.held import check_held
from gateway.errors import BankFailure
from gateway.model import Entry, Period, Statement, Verdict
from simulators.bank import Bank
from simulators.certify.bench import CALM, Bench
from simulators.certify.cases import NOW, OPENED
from simulators.certify.comparing.with_ledger import as_read
from simulators.certify.demands import Shortfall
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, Ledger, LedgerEntry, Party
from simulators.tax_id import cnpj, cpf

__all__ = ["CAPABILITIES", "PERIOD", "dropped", "everything", "lies", "unnoticed"]

CAPABILITIES = tuple(name for name in Capabilities.__struct_fields__ if Capabilities.__annotations__.get(name) is bool)
"""The names of all that a contract declares or denies."""

DOCUMENTS = ("4711{:02}", "04711{:02}", "47110815190042{:02}")
"""One that a number can hold, one that loses its zeros in it, and a long one, which is easily cut off."""
PERIOD = Period(NOW.date() - timedelta(days=9), NOW.date() - timedelta(days=5))
Row = tuple[Entry, LedgerEntry]
MISTYPED = {
    "branch": {"branch": "9876"},
    "number": {"number": "98765432"},
    "holder": {"holder_tax_id": "11444777000161"},
}
"""Fields that no account here has, by the contract's names for them."""


def lies(bench: Bench) -> list[str]:
    """What the contract declares and the adapter does not give, and what it denies and the adapter gives all the same.

    Raises:
        Shortfall: the adapter gives another number of entries, so that they cannot be compared.
        BankFailure: there is no statement.
    """
    harness = bench.harness(source=everything(bench.bank.kinds))
    statement, ledger = harness.read(PERIOD), harness.simulated.ledger
    truth = ledger.entries(PERIOD.first, PERIOD.last, NOW)
    if len(statement.entries) != len(truth):
        raise Shortfall(f"{len(statement.entries)} entries, in truth {len(truth)}")
    rows = list(zip(statement.entries, truth, strict=True))
    balances = f"opening {statement.opening_balance}, closing {statement.closing_balance}, {statement.proof.verdict}"
    found = []
    for name in CAPABILITIES:
        if name == "period_balances":
            shown, given = [_balanced(statement, ledger)], [balances]
        elif name == "available_balance":
            available = statement.available_balance
            shown = [available is not None and available.amount == harness.bank.available(ledger, available.at)]
            given = [f"available {available and available.amount}"]
        else:
            asked, (value, holds) = list(_able(name, rows, harness.bank)), SHOWN[name]
            shown = [holds(entry, true, harness.bank) for entry, true in asked]
            given = [f"{value(entry)!r} for {true.type} of {true.booked_at}" for entry, true in asked]
        declared = getattr(bench.contract.capabilities, name)
        if declared and not shown:
            found.append(f"the capability {name} is declared, but no kind of entry shows it")
        elif declared and not all(shown):
            found.append(f"the capability {name} is declared, but what comes is {given[shown.index(False)]}")
        elif not declared and shown and all(shown):
            found.append(f"the capability {name} is denied, but all that could show it do so: {given[0]}")
    return found


def dropped(bench: Bench) -> list[str]:
    """What the bank says of the other parties, each time, and some entry has nowhere.

    Raises:
        BankFailure: there is no statement.
    """
    harness = bench.harness(source=everything(bench.bank.kinds))
    statement, ledger = harness.read(PERIOD), harness.simulated.ledger
    truth = ledger.entries(PERIOD.first, PERIOD.last, NOW)
    sent = "".join(call.response.text for call in harness.calls if call.response is not None)
    rows = [(entry, true.counterparty) for entry, true in zip(statement.entries, truth, strict=False)]
    found = []
    for name in ("tax_id", "branch", "account"):
        told = [(repr(entry), getattr(party, name)) for entry, party in rows if party is not None]
        lost = [value for entry, value in told if re.search(rf"\b{value}\b", sent) and value not in entry]
        if lost:
            found.append(f"the bank tells the counterparty's {name}, {lost[0]}, and the entry does not have it")
    return found


def unnoticed(bench: Bench) -> list[str]:
    """What the contract says that the bank tells of an account, where a mistyped one is read all the same."""
    identity = bench.contract.enrolment.identity
    found = []
    for name in identity.verifies if identity is not None else ():
        harness = bench.harness(parameters=CALM)
        harness.account = replace(harness.account, **MISTYPED[name])
        try:
            check_held(harness.account, harness.identify())
            harness.read(bench.last_days(20))
        except BankFailure:
            continue
        found.append(f"identity.verifies has the {name}, but with a mistyped {name} there is a statement")
    return found


def _able(name: str, rows: Sequence[Row], bank: Bank) -> Iterable[Row]:
    """The entries that could show a capability."""
    if name != "counterparty":
        return rows
    with_party = [(entry, true) for entry, true in rows if true.counterparty is not None]
    named = [(entry, true) for entry, true in with_party if bank.names_party(true)]
    return named if named or bank.contract.capabilities.counterparty else with_party


SHOWN: Mapping[str, tuple[Callable[[Entry], object], Callable[[Entry, LedgerEntry, Bank], bool]]] = {
    "entry_id": (lambda entry: entry.bank_id, lambda entry, _true, _bank: entry.bank_id is not None),
    "booked_at": (
        lambda entry: entry.booked_at and entry.booked_at.isoformat(),
        lambda entry, true, _: entry.booked_at == true.booked_at,
    ),
    "running_balance": (
        lambda entry: entry.balance and str(entry.balance),
        lambda entry, true, _: entry.balance == true.balance,
    ),
    "counterparty": (
        lambda entry: entry.counterparty and entry.counterparty.name,
        lambda entry, true, _: getattr(entry.counterparty, "name", None) == getattr(true.counterparty, "name", ""),
    ),
    "description": (
        lambda entry: entry.description,
        lambda entry, true, bank: entry.description == as_read(bank.describes(true)),
    ),
    "document": (lambda entry: entry.document, lambda entry, true, _: entry.document == (true.document or None)),
}
"""Of each capability of single entries, what an entry has of it, and whether that is what the bank tells."""


def _balanced(statement: Statement, ledger: Ledger) -> bool:
    """Whether opening and closing balance are given and true, and prove the entries."""
    edges = ledger.balance(PERIOD.first, NOW), ledger.balance(PERIOD.last + timedelta(days=1), NOW)
    return (statement.opening_balance, statement.closing_balance) == edges and statement.proof.verdict is Verdict.PROVED


def everything(kinds: Iterable[tuple[str, bool]]) -> Fixed:
    """A movement of each kind with a party, document and text of its own, and one without party and document."""
    ordered = sorted(kinds)
    deposit = next(kind for kind, credit in ordered if credit)
    moment = datetime.combine(OPENED, time(9), BRASILIA)
    entries = [LedgerEntry(booked_at=moment, amount=Decimal(10_000), type=deposit, description="abertura")]
    for number, (kind, credit) in enumerate(ordered):
        day = PERIOD.first + timedelta(days=number % 5)
        for plain in (False, True):
            party = Party(
                name=f"Fornecedor {_letters(number)} Ltda",
                tax_id=cpf(f"0{11222333 + number}") if number % 2 else cnpj(f"11222{number:03}0001"),
                compe="341",
                ispb="60701190",
                bank_name="Itaú Unibanco S.A.",
                branch=f"{7301 + number}",
                account=f"9876{number:02}",
            )
            entry = LedgerEntry(
                booked_at=datetime.combine(day, time(10 + number % 9, number, 17 + plain), BRASILIA),
                amount=Decimal(number + 1) * (1 if credit else -1),
                type=kind,
                description=f"compra {_letters(number)}",
                document="" if plain else DOCUMENTS[number % len(DOCUMENTS)].format(number),
                counterparty=None if plain else party,
            )
            entries.append(entry)
    return Fixed(entries)


def _letters(number: int) -> str:
    return f"{chr(ord('A') + number // 26)}{chr(ord('a') + number % 26)}"
