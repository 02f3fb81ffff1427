"""A ledger of one's own: exactly these movements, after an opening balance; and how it fits a bank."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from simulators.accounts.opening import AccountOpening
from simulators.clock import BRASILIA
from simulators.forms import without_accents
from simulators.ledgers.entries import ZERO, LedgerEntry
from simulators.ledgers.entry_form import Problems, flat, read_amount, read_entry
from simulators.world import OPENED_ON

__all__ = ["EARLIER", "MOST_ENTRIES", "OwnLedger", "check_own", "fitted", "fitted_entry", "ledger_of", "read_entries"]

MOST_ENTRIES = 200_000
"""Of one ledger."""
MOST_OF_A_DAY = 50_000
"""A bank makes ids of the day and an ordinal of five digits, some of which stay free for what is added."""
EARLIER = timedelta(days=31)
MADE_UP = frozenset({"entries_per_day", "busy_day_entries", "ledger"})
"""Parameters of an account that say which movements are made up for it."""
UNNAMED = "OUTROS"
WORDS: Sequence[tuple[str, str]] = (
    ("PIX", "PIX"),
    ("TED", "TED"),
    ("DOC", "DOC"),
    ("TARIFA", "TARIFA_SERVICOS_AVULSOS"),
    ("TAR", "TARIFA_SERVICOS_AVULSOS"),
    ("BOLETO", "BOLETO"),
    ("BOLETOS", "BOLETO"),
    ("COBRANCA", "BOLETO"),
    ("TITULO", "BOLETO"),
    ("SALARIO", "FOLHA_PAGAMENTO"),
    ("SALARIOS", "FOLHA_PAGAMENTO"),
    ("SAQUE", "SAQUE"),
    ("DEPOSITO", "DEPOSITO"),
    ("RENDIMENTO", "RENDIMENTO_APLIC_FINANCEIRA"),
    ("RESGATE", "RESGATE_APLIC_FINANCEIRA"),
    ("CARTAO", "CARTAO"),
)
"""By which word of its description the type of a movement is taken to be, where none is given."""
FAMILIES = (
    {"PIX", "TED", "DOC", "TRANSFERENCIA_MESMA_INSTITUICAO", "PORTABILIDADE_SALARIO", "FOLHA_PAGAMENTO"},
    {"BOLETO", "CONVENIO_ARRECADACAO"},
    {"PACOTE_TARIFA_SERVICOS", "TARIFA_SERVICOS_AVULSOS", "ENCARGOS_JUROS_CHEQUE_ESPECIAL", "OPERACAO_CREDITO"},
    {"DEPOSITO", "SAQUE", "CARTAO"},
    {"RENDIMENTO_APLIC_FINANCEIRA", "RESGATE_APLIC_FINANCEIRA"},
)


class OwnLedger(Struct, frozen=True, kw_only=True):
    """All that a ledger of one's own consists of."""

    entries: tuple[LedgerEntry, ...]
    """In any order; those of one instant in the order of booking. A type may be empty."""
    places: tuple[Mapping[str, int], ...] = ()
    """For each of them, its number or its line, by which problems are told; empty where nothing can be wrong."""
    opening_balance: Decimal = ZERO
    opened_on: date | None = None
    """The first day; a month before the first movement when None, so that a bank has an earlier balance to show."""


def check_own(given: Iterable[str], settled: Mapping[str, object], scenario: str) -> None:
    """Refuse words about movements that are made up beside movements that are given.

    Args:
        given: names of the account's parameters that somebody has chosen.
        settled: the parameters that the account's scenario settles.
        scenario: its name.

    Raises:
        ValueError: says which of both contradicts the entries.
    """
    if said := sorted(MADE_UP & {*given}):
        raise ValueError(f"{said[0]}: stands where movements are made up, not beside entries")
    if settled.get("entries_per_day") == 0:
        raise ValueError(f"entries: scenario {scenario} has none")


def read_entries(raw: Sequence[object], problems: Problems) -> tuple[list[LedgerEntry], list[Mapping[str, int]]]:
    """The movements in a list as it stands in JSON, and the number of each."""
    entries: list[LedgerEntry] = []
    places: list[Mapping[str, int]] = []
    for number, each in enumerate(raw, 1):
        place = {"entry": number}
        fields = flat(each, problems, place)
        found = read_entry(fields, problems, place) if fields or each == {} else None
        if found is not None:
            entries.append(found)
            places.append(place)
    return entries, places


def ledger_of(
    entries: Sequence[object],
    opening_balance: object = None,
    opened_on: object = None,
    problems: Problems | None = None,
) -> OwnLedger:
    """The ledger that stands in JSON.

    Args:
        entries: the movements.
        opening_balance: before the first of them; None for zero.
        opened_on: the first day that can have movements.
        problems: what was found to be wrong around them.

    Raises:
        EntryProblems: something is wrong in it.
    """
    problems = Problems() if problems is None else problems
    if len(entries) > MOST_ENTRIES:
        problems.add("entries", f"at most {MOST_ENTRIES:,} entries")
        problems.check()
    balance = read_amount(opening_balance) if isinstance(opening_balance, str) else None
    if opening_balance is not None and balance is None:
        problems.add("opening_balance", "must be reais as a text with at most two decimals")
    first = None
    with contextlib.suppress(ValueError):
        first = date.fromisoformat(opened_on) if isinstance(opened_on, str) else None
    if opened_on is not None and first is None:
        problems.add("opened_on", "must be a day as YYYY-MM-DD")
    found, places = read_entries(entries, problems)
    problems.check()
    return OwnLedger(entries=tuple(found), places=tuple(places), opening_balance=balance or ZERO, opened_on=first)


def fitted(own: OwnLedger, bank: AccountOpening) -> tuple[OwnLedger, list[str]]:
    """The ledger with types that the bank's wire expresses, and for each movement the type it had where it lost it.

    Where the wire shows that an account begins at zero, the opening balance is a movement before all others.

    Raises:
        EntryProblems: the bank expresses a type neither by itself nor by `OUTROS`; or a day has too many movements.
    """
    problems = Problems()
    entries: list[LedgerEntry] = []
    lost: list[str] = []
    per_day: dict[date, int] = {}
    for number, entry in enumerate(own.entries):
        place = own.places[number] if own.places else {"entry": number + 1}
        day = entry.date
        per_day[day] = per_day.get(day, 0) + 1
        if per_day[day] == MOST_OF_A_DAY + 1:
            problems.add("date", f"{day} has more than {MOST_OF_A_DAY:,} entries", **place)
        if own.opened_on and day < own.opened_on:
            problems.add("date", f"lies before the first day, {own.opened_on}", **place)
        fit = fitted_entry(entry, bank, problems, place)
        entries.append(fit)
        lost.append(entry.type if entry.type != fit.type else "")
    problems.check()
    first = min(per_day, default=None)
    opened_on = own.opened_on or (first and first - EARLIER)
    ledger = replace(own, entries=tuple(entries), places=(), opened_on=opened_on)
    if bank.begins_at_zero and own.opening_balance:
        return _with_deposit(ledger, bank), ["", *lost]
    return ledger, lost


def fitted_entry(entry: LedgerEntry, bank: AccountOpening, problems: Problems, place: Mapping[str, int]) -> LedgerEntry:
    """The movement with a type that the bank's wire expresses: its own; else `OUTROS`; else there is a problem.

    One without a type has the one that its words name; else `OUTROS`, or a near one where that is a certain kind.
    """
    credit = entry.amount > 0
    kind = entry.type or _type_by_words(entry.description)
    is_meant = bool(entry.type) or kind != UNNAMED or bank.takes_others
    if (kind, credit) in bank.kinds and is_meant:
        return replace(entry, type=kind)
    if bank.takes_others and (UNNAMED, credit) in bank.kinds:
        return replace(entry, type=UNNAMED)
    near = list(_nearest(kind, credit=credit, bank=bank))
    if not entry.type:
        return replace(entry, type=next(each for each in near if each != UNNAMED or bank.takes_others))
    side = "credit" if credit else "debit"
    words = f"{bank.contract.slug} expresses no {side} of {entry.type}; nearest: {', '.join(near[:4])}"
    problems.add("type", words, **place)
    return entry


def _with_deposit(own: OwnLedger, bank: AccountOpening) -> OwnLedger:
    """The ledger whose opening balance is a movement of its first day, or of the day before if that has others."""
    day = own.opened_on or OPENED_ON
    if any(entry.date == day for entry in own.entries):
        day -= timedelta(days=1)
    credit = own.opening_balance > 0
    deposit = LedgerEntry(
        booked_at=datetime.combine(day, time(9), BRASILIA),
        amount=own.opening_balance,
        type=next(_nearest("DEPOSITO", credit=credit, bank=bank)),
        description="SALDO ANTERIOR",
    )
    return replace(own, entries=(deposit, *own.entries), opening_balance=ZERO, opened_on=day)


def _type_by_words(description: str) -> str:
    words = set(without_accents(description).upper().replace("-", " ").split())
    return next((kind for word, kind in WORDS if word in words), UNNAMED)


def _nearest(kind: str, *, credit: bool, bank: AccountOpening) -> Iterator[str]:
    """The types of that direction at the bank, those of the same family first."""
    family: set[str] = next((each for each in FAMILIES if kind in each), FAMILIES[0])
    known = sorted(each for each, way in bank.kinds if way is credit)
    yield from sorted(known, key=lambda each: each not in family)
