"""What is demanded of statements: they are the truth at any account and in any period, and entries keep their ids."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import httpx

from gateway.accounts.enrolment.held import check_held
from gateway.errors import AnotherAccount, BankFailure
from gateway.model import Period, Verdict
from simulators.certify.bench import CALM, Bench
from simulators.certify.cases import Case
from simulators.certify.checks.capabilities import dropped, lies, unnoticed
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.certify.harnesses.zone import in_zone
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

__all__ = [
    "equals_ledger",
    "has_its_capabilities",
    "keeps_accounts_apart",
    "keeps_ids",
    "keeps_other_ids",
    "reads_below_zero",
    "reads_ends_of_days",
    "reads_windows",
]


FAR_ZONE = "Asia/Tokyo"
"""No bank is there, and its day is another one than Brasília's and than UTC's at the hours that are tried."""


def has_its_capabilities(bench: Bench) -> None:
    """Demand that what the contract declares comes with every entry, and that nothing comes that it denies."""
    found = [*lies(bench), *dropped(bench), *unnoticed(bench)]
    demand(not found, "; ".join(found))


def equals_ledger(bench: Bench, case: Case) -> None:
    """Demand that a statement is the ledger, and is proved where the bank gives balances."""
    statement = bench.read_true(bench.harness_for(case), case.period)
    if bench.contract.capabilities.period_balances:
        verdict = statement.proof.verdict
        demand(verdict is Verdict.PROVED, f"the bank gives balances, but the proof is {verdict}")


def keeps_ids(bench: Bench, case: Case) -> None:
    """Demand that an entry has the same id in a longer period and on smaller pages."""
    other = Period(case.period.first - timedelta(days=2), case.period.last)
    one = bench.harness_for(case).read(case.period)
    again = bench.harness(source=case.source, page_size=1).read(other)
    ids = [entry.id for entry in one.entries]
    others = [entry.id for entry in again.entries if entry.date in case.period]
    many = f"{len(ids)} entries of these days, but {len(others)} in a longer period with pages of one entry"
    demand(len(ids) == len(others), many)
    demand(Counter(ids) == Counter(others), "an entry has another id in a longer period with pages of one entry")


def keeps_other_ids(bench: Bench, case: Case) -> None:
    """Demand that an entry that comes late changes the id of no other."""
    harness = bench.harness(source=case.source)
    before = {entry.id for entry in harness.read(case.period).entries}
    kind, credit = min(kind for kind in bench.bank.kinds if kind[1])
    late = LedgerEntry(
        booked_at=datetime.combine(case.period.first, time(12), BRASILIA),
        amount=Decimal("12.34") if credit else Decimal("-12.34"),
        type=kind,
        description="atrasado",
    )
    harness.simulated.ledger.post(late)
    after = {entry.id for entry in harness.read(case.period).entries}
    demand(before < after and len(after - before) == 1, "a late entry of an earlier day changes the ids of others")


def reads_windows(bench: Bench) -> None:
    """Demand periods over a leap day, the ends of a month and a year, and one of two hundred days."""
    for first, last in (
        (date(2024, 2, 27), date(2024, 3, 2)),
        (date(2023, 12, 28), date(2024, 1, 3)),
        (date(2025, 1, 30), date(2025, 3, 1)),
    ):
        now = datetime.combine(last + timedelta(days=3), time(10), BRASILIA)
        bench.read_true(bench.harness(now, parameters=CALM), Period(first, last))
    long = Parameters(opened_days_ago=220, busy_day_entries=30)
    bench.read_true(bench.harness(parameters=long), bench.last_days(200))


def reads_ends_of_days(bench: Bench) -> None:
    """Demand that entries about midnight, in Brasília and in UTC, keep their day, wherever the machine stands."""
    kind = min(kind for kind, credit in bench.bank.kinds if credit)
    moments = [
        datetime.combine(date(2026, 3, day), instant, BRASILIA)
        for day in (8, 9, 10, 11, 12)
        for instant in (time(0), time(0, 0, 1), time(20, 59, 59), time(21), time(23, 59, 59))
    ]
    entries = [
        LedgerEntry(booked_at=moment, amount=Decimal(number + 1), type=kind, description=f"n{number}")
        for number, moment in enumerate(moments)
    ]
    for first, last in ((9, 11), (10, 10), (8, 12)):
        bench.read_true(bench.harness(source=Fixed(entries)), Period(date(2026, 3, first), date(2026, 3, last)))
    when = f"on a machine whose own time zone is {FAR_ZONE}, which nothing of a bank may depend on"
    try:
        with in_zone(FAR_ZONE), saying_when(when):
            bench.read_true(bench.harness(source=Fixed(entries)), Period(date(2026, 3, 8), date(2026, 3, 12)))
    except BankFailure as failure:
        raise Shortfall(f"{when}, there is no statement: {failure}") from failure


def reads_below_zero(bench: Bench) -> None:
    """Demand an account in overdraft, which is ordinary: below zero before the period, within it, and after it."""
    credit, debit = (min(kind for kind, is_credit in bench.bank.kinds if is_credit is way) for way in (True, False))
    moves = (
        *((2, credit, "100.00"), (3, debit, "-150.25")),
        *((9, debit, "-20.00"), (10, credit, "90.00"), (11, debit, "-30.00")),
    )
    entries = [
        LedgerEntry(
            booked_at=datetime.combine(date(2026, 3, day), time(11, number), BRASILIA),
            amount=Decimal(amount),
            type=kind,
            description=f"n{number}",
        )
        for number, (day, kind, amount) in enumerate(moves)
    ]
    for first, last in ((9, 11), (9, 9), (5, 6)):
        bench.read_true(bench.harness(source=Fixed(entries)), Period(date(2026, 3, first), date(2026, 3, last)))


def keeps_accounts_apart(bench: Bench) -> None:
    """Demand that accounts which are read in turn, and one amid the other, are not mixed up."""
    harnesses = [bench.harness(parameters=CALM, number=number) for number in ("12345678", "87654321")]
    for harness in (*harnesses, harnesses[0]):
        bench.last = harness
        bench.read_true(harness, bench.last_days(15))
        try:
            check_held(harness.account, harness.identify())
        except AnotherAccount as another:
            raise Shortfall(f"after another account was asked for, `identify` tells that one: {another}") from another
    _reads_with_new_credentials(bench, harnesses[0])
    _reads_one_amid_another(bench)


def _reads_with_new_credentials(bench: Bench, harness: PureHarness) -> None:
    """An account gets new credentials in the middle of its life: those that it had are good no more."""
    harness.bank.renew_credentials(harness.simulated)
    harness.account, harness.token = account_of(harness.simulated), None
    bench.last = harness
    try:
        bench.read_true(harness, bench.last_days(3))
    except BankFailure as failure:
        what = f"with new credentials the account is not read: {failure}; does the adapter keep what it has had before?"
        raise Shortfall(what) from failure


def _reads_one_amid_another(bench: Bench) -> None:
    """A gateway reads many accounts at once: what an adapter keeps outside of a reading is another reading's soon."""
    other = bench.harness(parameters=CALM, number="87654321")
    one = bench.harness(parameters=CALM)
    answer = one.answer

    def interrupted(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        bench.read_true(other, bench.last_days(3))
        bench.last = one
        return response

    vars(one)["answer"] = interrupted
    try:
        bench.read_true(one, bench.last_days(12))
    except (Shortfall, BankFailure) as error:
        what = f"while another account is read, this one is not read as it is: {error}"
        raise Shortfall(what, error.look if isinstance(error, Shortfall) else tuple) from error
