"""One simulated bank with one account in this process."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

import contracts
from extrato_testing.served import bounded, impolite
from extrato_testing.shapes import BRASILIA, Account, Entry, Party, SeenRequest, Truth
from simulators import faults
from simulators.bank import Bank
from simulators.banks import bank_class, banks
from simulators.clock import Clock, FrozenClock, RunningClock
from simulators.faults import TLS
from simulators.journal.politeness import politeness
from simulators.ledger import Fixed, LedgerEntry
from simulators.ledger import Party as LedgerParty
from simulators.ledgers.own import check_own
from simulators.pki import Authority
from simulators.scenarios import scenario as scenario_named
from simulators.world import Parameters, World

__all__ = ["PlayedBank", "entry_of", "opened_bank"]


def opened_bank(slug: str, world: World) -> Bank:
    """A bank in a world.

    Raises:
        ValueError: there is no such bank.
    """
    if slug not in banks():
        raise ValueError(f"bank: there is no bank {slug!r}, only {', '.join(banks())}")
    return bank_class(slug)(contracts.load(slug), world)


class PlayedBank:
    """A bank with one account, in a world of its own.

    Args:
        slug: the bank.
        scenario: the situation that the account is in.
        entries: all its movements; made up when None.
        opening_balance: balance before the first of them, which a deposit on the day before brings.
        now: the instant at which the clock stands; None for one that runs with the machine's.
        seed: another one gives other accounts and movements.
        name: of the world; all that is made up follows from that, too.
        parameters: of the account.

    Raises:
        TypeError: an argument is of another type, such as an entry that is no `Entry`.
        ValueError: there is no such bank, scenario, reading or type of entry.
        msgspec.ValidationError: there is no such parameter, or it is out of its range.
    """

    def __init__(
        self,
        slug: str,
        scenario: str = "ok",
        entries: Iterable[Entry] | None = None,
        *,
        opening_balance: Decimal | str | int = 0,
        now: datetime | None = None,
        seed: int = 1,
        name: str = "router",
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.clock: Clock = RunningClock() if now is None else FrozenClock(_in_brasilia(now))
        self._world = World(seed, self.clock, Authority(seed), name=name)
        self.bank = opened_bank(slug, self._world)
        if not_here := self.bank.does_not_happen(scenario):
            raise ValueError(f"scenario: {not_here}")
        by_scenario = self.bank.settled(scenario_named(scenario))
        settled = {**(parameters or {}), **by_scenario}
        if entries is None and _balance(opening_balance):
            raise ValueError("opening_balance: stands beside entries")
        given = None if entries is None else bounded(entries)
        if given:
            check_own(parameters or {}, by_scenario, scenario)
        source = None if given is None else Fixed(self._rows(given, opening_balance))
        number = self.bank.number_about("number")
        self._opened = self.bank.open_account(number, scenario, msgspec.convert(settled, Parameters), source)
        opened = self._opened
        self.account = Account(
            bank=slug,
            kind=opened.kind,
            branch=opened.branch,
            number=number,
            holder_tax_id=opened.holder_tax_id,
            scenario=scenario,
            expected=self.bank.expected(scenario),
            credentials=opened.form,
        )

    def knows(self, mark: str) -> bool:
        """Whether a value was issued here; see `simulators.worlds.recognition`."""
        return mark in self._world.issued

    def truth(self, first: date, last: date) -> Truth:
        """What the books say from `first` to `last`, both included.

        Raises:
            ValueError: the first day lies after the last.
        """
        if first > last:
            raise ValueError(f"first: {first} lies after the last day, {last}")
        now, ledger = self._world.now(), self._opened.ledger
        rows = ledger.entries(first, last, now)
        opening = ledger.balance(first, now)
        return Truth(opening, rows[-1].balance if rows else opening, tuple(entry_of(row) for row in rows))

    def inject(self, fault: str, operation: str | None, parameters: dict[str, Any], **aim: Any) -> str:
        """Let something go wrong; answers the id of the fault.

        Raises:
            ValueError: there is no such fault or operation, or the fault cannot act there.
            msgspec.ValidationError: a parameter is unknown or out of its range.
        """
        if fault not in faults.names():
            raise ValueError(f"fault: there is no fault {fault!r}, only {', '.join(faults.names())}")
        targets = self.bank.fault_targets
        if operation is not None and operation not in targets:
            raise ValueError(f"operation: {self.account.bank} has none of {operation!r}, only {sorted(targets)}")
        if operation == TLS and faults.make(fault, parameters).breaks() is None:
            raise ValueError(f"operation: {fault} cannot act on the connection itself")
        number = None if operation == TLS else self.account.number
        return self._world.inject(self.account.bank, number, operation, fault, parameters, **aim).id

    @property
    def requests(self) -> list[SeenRequest]:
        """What the bank has seen, newest last."""
        names = SeenRequest.__dataclass_fields__
        records = self._world.journal.of()
        return [SeenRequest(**{name: getattr(record, name) for name in names}) for record in records]

    def assert_polite(self) -> None:
        """Fail where the caller was not polite to the bank.

        Raises:
            AssertionError: with what it was.
        """
        told = politeness(self._world.journal.of(), {self.account.bank: self.bank.contract})
        wrong = impolite(msgspec.to_builtins(told))
        if wrong:
            raise AssertionError(f"the caller was not polite: {'; '.join(wrong)}")

    def _rows(self, entries: list[Entry], opening_balance: Decimal | str | int) -> list[LedgerEntry]:
        rows = [self._row(entry) for entry in entries]
        opening = _balance(opening_balance)
        if rows and opening:
            kind = next(kind for kind, credit in sorted(self.bank.kinds) if credit == (opening > 0))
            before = min(row.booked_at for row in rows) - timedelta(days=1)
            rows.insert(0, LedgerEntry(booked_at=before, amount=opening, type=kind, description="SALDO"))
        return rows

    def _row(self, entry: Entry) -> LedgerEntry:
        if (entry.type, entry.reais > 0) not in self.bank.kinds:
            names = ", ".join(sorted(kind for kind, credit in self.bank.kinds if credit == (entry.reais > 0)))
            kind = f"a {'credit' if entry.reais > 0 else 'debit'} of type {entry.type!r}"
            raise ValueError(f"type: {kind} is in no statement of {self.bank.contract.slug}, only {names}")
        party = (
            LedgerParty(
                **{("compe" if name == "bank" else name): value for name, value in vars(entry.counterparty).items()}
            )
            if entry.counterparty
            else None
        )
        return LedgerEntry(
            booked_at=entry.moment,
            amount=entry.reais,
            type=entry.type,
            description=entry.description,
            document=entry.document,
            counterparty=party,
        )


def entry_of(row: LedgerEntry) -> Entry:
    """A movement of a ledger as tests see it."""
    party = row.counterparty
    return Entry(
        booked_at=row.booked_at,
        amount=row.amount,
        type=row.type,
        description=row.description,
        document=row.document,
        counterparty=Party(
            party.name, party.tax_id, party.compe, party.ispb, party.bank_name, party.branch, party.account
        )
        if party
        else None,
        balance=row.balance,
    )


def _balance(given: Decimal | str | int) -> Decimal:
    """A balance as an exact number.

    Raises:
        TypeError: it is none, as a float.
        ValueError: it cannot be read, or is out of its range.
    """
    try:
        return Entry(datetime(2000, 1, 1, tzinfo=BRASILIA), given).reais
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("amount", "opening_balance", 1)) from error


def _in_brasilia(now: datetime) -> datetime:
    if not isinstance(now, datetime):
        raise TypeError(f"now: {now!r} is no datetime")
    return now if now.tzinfo else now.replace(tzinfo=BRASILIA)
