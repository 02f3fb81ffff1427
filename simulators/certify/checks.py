"""The checks of certify: what is demanded of every adapter. They name capabilities and no bank.

Levels, each above the one before: `contract` (facts fit together, both sides keep the exchanges), `reads` (statements
come), `exact` (they are the truth and keep their ids), `resilient` (nothing that goes wrong makes a wrong statement),
`polite` (the bank would not complain).
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

import contracts
from contracts.consistency import contradictions_of, unknown_failure
from contracts.locating import located
from contracts.schema import Grant
from gateway.errors import BankFailure
from gateway.model import Period, Stability, Verdict
from simulators.authoring.places import open_places
from simulators.authoring.repeated import repeated_keys
from simulators.certify.bench import CALM, YOUNG, Bench, Check, Shortfall, demand
from simulators.certify.breaking_checks import survives_breaks
from simulators.certify.capabilities import dropped, lies, unnoticed
from simulators.certify.cases import NOW, Case
from simulators.certify.consent_checks import plays_consent
from simulators.certify.evidence import unfinished
from simulators.certify.exchanges import answers_as_shown, reads_as_shown
from simulators.certify.fault_checks import faults_act
from simulators.certify.kind_checks import reads_unknown_words
from simulators.certify.polite_checks import (
    asks_for_no_day_to_come,
    asks_for_the_period,
    asks_nothing_twice,
    asks_what_it_announces,
    only_reads,
    reuses_tokens,
    takes_refusals,
)
from simulators.certify.pure_checks import computes_only
from simulators.certify.resilient_checks import (
    names_each_failure,
    renews_tokens,
    survives_moved_pages,
    survives_refusals,
    survives_rubbish,
    survives_spoiled_rows,
)
from simulators.certify.secret_checks import betrays_no_secret
from simulators.certify.shown_fields import demand_all_shown
from simulators.certify.word_checks import keeps_words
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

__all__ = ["CHECKS", "LEVELS"]

LEVELS = ("contract", "reads", "exact", "resilient", "polite")


# --- contract


def _states_facts_that_fit(bench: Bench) -> None:
    folder = contracts.folder(bench.slug)
    wrong = [*contradictions_of(bench.contract, contracts.failures()), *unfinished(bench.slug)]
    found = [located(folder / "bank.yaml", each) for each in wrong]
    found += [each for name in contracts.exchanges(bench.slug) for each in _unknown_words(bench, name)]
    found += repeated_keys(sorted(folder.rglob("*.yaml")))
    if places := open_places(bench.slug, bench.adapter):
        found.append(f"{len(places)} places are still to be filled in, the first: {places[0]}")
    demand(not found, "; ".join(found))


def _keeps_exchanges(bench: Bench) -> None:
    for name, exchange in contracts.exchanges(bench.slug).items():
        try:
            reads_as_shown(bench.slug, exchange, bench.adapter)
        except Shortfall as short:
            raise Shortfall(f"{_exchange_file(bench, name)}, the adapter: {short}") from short


def _plays_exchanges(bench: Bench) -> None:
    pages = {"authorize", "decide"} if bench.contract.authentication.grant is Grant.AUTHORIZATION_CODE else set()
    without = sorted((bench.contract.operations.keys() | pages) - bench.harness().bank.routes().keys())
    demand(not without, f"`routes` of the simulated bank has no handler for {', '.join(without)}")
    for name, exchange in contracts.exchanges(bench.slug).items():
        try:
            if exchange.simulator_plays:
                answers_as_shown(bench.slug, exchange)
        except Shortfall as short:
            raise Shortfall(f"{_exchange_file(bench, name)}, the simulated bank: {short}") from short
    demand_all_shown(bench)


def _unknown_words(bench: Bench, name: str) -> list[str]:
    """What an exchange names and nobody knows: its failure, its scenario."""
    exchange, scenarios = contracts.exchanges(bench.slug)[name], bench.harness().bank.scenarios()
    found = []
    if (failure := exchange.expected.failure) and (unknown := unknown_failure(failure, contracts.failures())):
        found.append(f"expected.failure: {unknown}")
    if exchange.simulator_plays and exchange.given.scenario not in scenarios:
        what = f"the simulated bank has no scenario {exchange.given.scenario!r}; it has {', '.join(scenarios)}"
        found.append(f"given.scenario: {what}")
    return [located(_exchange_file(bench, name), each) for each in found]


def _exchange_file(bench: Bench, name: str) -> Path:
    return contracts.folder(bench.slug) / "exchanges" / f"{name}.yaml"


# --- reads


def _reads_a_month(bench: Bench) -> None:
    statement = bench.read_true(bench.harness(parameters=YOUNG), bench.last_days(30))
    done = [entry for entry in statement.entries if entry.date <= statement.complete_through]
    open_ones = [entry for entry in done if entry.stability is not Stability.FINAL]
    what = f"all {len(done)} entries of complete days are provisional or blocked, so that none of them is ever final"
    demand(len(open_ones) < len(done) or not done, what)


def _reads_nothing(bench: Bench) -> None:
    statement = bench.read_true(bench.harness(scenario="empty"), bench.last_days(10))
    demand([warning.code for warning in statement.warnings] == ["empty_statement"], "an empty period says so")


def _reads_today(bench: Bench) -> None:
    statement = bench.read_true(bench.harness(parameters=YOUNG), Period(NOW.date() - timedelta(days=1), NOW.date()))
    demand(
        all(entry.stability == "provisional" for entry in statement.entries if entry.date == NOW.date()),
        "entries of today are provisional",
    )
    demand(statement.proof.verdict is not Verdict.DISPROVED, "a day that is not over is not disproved")


# --- exact


def _has_its_capabilities(bench: Bench) -> None:
    found = [*lies(bench), *dropped(bench), *unnoticed(bench)]
    demand(not found, "; ".join(found))


def _equals_ledger(bench: Bench, case: Case) -> None:
    statement = bench.read_true(bench.harness_for(case), case.period)
    if bench.contract.capabilities.period_balances:
        verdict = statement.proof.verdict
        demand(verdict is Verdict.PROVED, f"the bank gives balances, but the proof is {verdict}")


def _keeps_ids(bench: Bench, case: Case) -> None:
    other = Period(case.period.first - timedelta(days=2), case.period.last)
    one = bench.harness_for(case).read(case.period)
    again = bench.harness(source=case.source, page_size=1).read(other)
    ids = [entry.id for entry in one.entries]
    others = [entry.id for entry in again.entries if entry.date in case.period]
    many = f"{len(ids)} entries of these days, but {len(others)} in a longer period with pages of one entry"
    demand(len(ids) == len(others), many)
    demand(Counter(ids) == Counter(others), "an entry has another id in a longer period with pages of one entry")


def _keeps_other_ids(bench: Bench, case: Case) -> None:
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


def _reads_windows(bench: Bench) -> None:
    for first, last in (
        (date(2024, 2, 27), date(2024, 3, 2)),
        (date(2023, 12, 28), date(2024, 1, 3)),
        (date(2025, 1, 30), date(2025, 3, 1)),
    ):
        now = datetime.combine(last + timedelta(days=3), time(10), BRASILIA)
        bench.read_true(bench.harness(now, parameters=CALM), Period(first, last))
    long = Parameters(opened_days_ago=220, busy_day_entries=30)
    bench.read_true(bench.harness(parameters=long), bench.last_days(200))


def _reads_ends_of_days(bench: Bench) -> None:
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


def _reads_below_zero(bench: Bench) -> None:
    """Overdraft is ordinary: a balance is below zero before the period, within it, and after it."""
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


def _keeps_accounts_apart(bench: Bench) -> None:
    harnesses = [bench.harness(parameters=CALM, number=number) for number in ("12345678", "87654321")]
    for harness in (*harnesses, harnesses[0]):
        bench.last = harness
        bench.read_true(harness, bench.last_days(15))
    _reads_one_amid_another(bench)


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


CHECKS = (
    Check("facts", "contract", "The contract's facts fit together", _states_facts_that_fit),
    Check("exchanges", "contract", "The adapter asks and reads as the exchanges show", _keeps_exchanges),
    Check("simulator", "contract", "The simulated bank answers as the exchanges show", _plays_exchanges),
    Check("faults", "contract", "The faults of the other checks act on the simulated bank", faults_act),
    Check("month", "reads", "The statement of a month of a realistic account equals the ledger", _reads_a_month),
    Check("empty", "reads", "A period without movement is empty, proved, and warned of", _reads_nothing),
    Check("today", "reads", "A period that includes today is read, today's entries provisional", _reads_today),
    Check("computing", "reads", "The adapter computes: no clock, chance, file, environment or thread", computes_only),
    Check("capabilities", "exact", "What the contract declares comes, what it denies does not", _has_its_capabilities),
    Check("words", "exact", "What the bank says of an entry in texts and ids stands in it", keeps_words),
    Check("exact", "exact", "Any ledger, at any page size and token life, is read as it is", _equals_ledger, "any"),
    Check("identity", "exact", "An entry keeps its id in any period and page size, twins included", _keeps_ids, "any"),
    Check("late_entry", "exact", "An entry that comes late changes no other entry's id", _keeps_other_ids, "any"),
    Check("windows", "exact", "Long periods, month ends, a leap day, the turn of a year are read", _reads_windows),
    Check("day_ends", "exact", "Entries about midnight, in Brasília and in UTC, keep their day", _reads_ends_of_days),
    Check("overdraft", "exact", "An account below zero is read as it is", _reads_below_zero),
    Check("accounts", "exact", "Accounts that are read in turn are not mixed up", _keeps_accounts_apart),
    Check("paging", "resilient", "A lost, repeated or shifted page is noticed", survives_moved_pages, "attacked"),
    Check("tokens", "resilient", "A token may expire at any call", renews_tokens),
    Check(
        "consent",
        "resilient",
        "Consent and refusal on a page, stale codes and ended consents are told apart",
        plays_consent,
    ),
    Check("failures", "resilient", "Each scenario is reported as its failure", names_each_failure),
    Check("rubbish", "resilient", "A web page, half an answer and an empty one are no statement", survives_rubbish),
    Check("statuses", "resilient", "A refusal by its status alone is no statement", survives_refusals),
    Check("breaks", "resilient", "Half a list is no statement, wherever the bank stops answering", survives_breaks),
    Check("rows", "resilient", "Rows that cannot be read, or are of other days, make no entry", survives_spoiled_rows),
    Check(
        "kinds",
        "resilient",
        "A row with an unknown word is not lost, and the word is named",
        reads_unknown_words,
    ),
    Check("secrets", "resilient", "No secret in an address, an extra header, a text or the log", betrays_no_secret),
    Check("refusals", "polite", "What the bank has refused is not asked again", takes_refusals),
    Check("future", "polite", "No request names a day to come", asks_for_no_day_to_come),
    Check("period", "polite", "No request names days far from the period", asks_for_the_period),
    Check("read_only", "polite", "The adapter makes only requests that the contract lists", only_reads),
    Check("token_reuse", "polite", "One token serves many requests", reuses_tokens),
    Check("no_repetition", "polite", "No request is made twice", asks_nothing_twice),
    Check("ahead", "polite", "What a request announces is asked after it", asks_what_it_announces),
)
