"""The checks of certify: what is demanded of every adapter. They name capabilities and no bank.

Levels, each above the one before: `contract` (facts fit together, both sides keep the exchanges), `reads` (statements
come), `exact` (they are the truth and keep their ids), `resilient` (nothing that goes wrong makes a wrong statement),
`polite` (the bank would not complain).
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import contracts
from contracts.consistency import contradictions_of
from contracts.schema import OperationKind
from gateway.errors import BankFailure, ForbiddenRequest, IncoherentPages
from gateway.line.guard import check as guarded
from gateway.model import Period, Verdict
from simulators.authoring.places import open_places
from simulators.certify.bench import CALM, YOUNG, Bench, Check, Shortfall, demand
from simulators.certify.capabilities import lies, unnoticed
from simulators.certify.cases import NOW, Case
from simulators.certify.evidence import in_addresses
from simulators.certify.exchanges import answers_as_shown, reads_as_shown
from simulators.certify.lines import captured_lines
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.scenarios import scenario
from simulators.world import Parameters

__all__ = ["CHECKS", "LEVELS"]

LEVELS = ("contract", "reads", "exact", "resilient", "polite")
SMALL_PAGE = 30
SHORTEST_SECRET = 6
"""A shorter value may stand in any text by chance."""


# --- contract


def _states_facts_that_fit(bench: Bench) -> None:
    found = contradictions_of(bench.contract, contracts.failures())
    if places := open_places(bench.slug, bench.adapter):
        found.append(f"{len(places)} places are still to be filled in, the first: {places[0]}")
    demand(not found, "; ".join(found))


def _keeps_exchanges(bench: Bench) -> None:
    for name, exchange in contracts.exchanges(bench.slug).items():
        try:
            reads_as_shown(bench.slug, exchange, bench.adapter)
        except Shortfall as short:
            raise Shortfall(f"exchange {name}, the adapter: {short}") from short


def _plays_exchanges(bench: Bench) -> None:
    without = sorted(bench.contract.operations.keys() - bench.harness().bank.routes().keys())
    demand(not without, f"`routes` of the simulated bank has no handler for {', '.join(without)}")
    for name, exchange in contracts.exchanges(bench.slug).items():
        try:
            if exchange.simulator_plays:
                answers_as_shown(bench.slug, exchange)
        except Shortfall as short:
            raise Shortfall(f"exchange {name}, the simulated bank: {short}") from short


# --- reads


def _reads_a_month(bench: Bench) -> None:
    bench.read_true(bench.harness(parameters=YOUNG), bench.last_days(30))


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
    found = [*lies(bench), *unnoticed(bench)]
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


# --- resilient


def _survives_moved_pages(bench: Bench, case: Case) -> None:
    harness = bench.harness_for(case)
    try:
        bench.read_true(harness, case.period)
    except IncoherentPages:
        return


def _renews_tokens(bench: Bench) -> None:
    for uses in (1, 2, 3):
        short = Parameters(token_uses=uses, page_size=5, busy_day_entries=0, opened_days_ago=60)
        bench.read_true(bench.harness(parameters=short), bench.last_days(10))


def _names_each_failure(bench: Bench) -> None:
    bank = bench.harness().bank
    for name in bank.scenarios():
        if scenario(name).before_the_bank:
            continue
        outcome, expected = bench.outcome(name, bench.last_days(30)), bank.expected(name)
        demand(outcome == expected, f"in the scenario {name} the outcome is {outcome}, it should be {expected}")


def _demand_unexpected(fault: str, failure: BankFailure) -> None:
    wanted = "unexpected_bank_response"
    demand(failure.code == wanted, f"the fault {fault} is reported as {failure.code}, it should be {wanted}")


def _survives_rubbish(bench: Bench) -> None:
    for fault, parameters in (("html_page", {"status": 200}), ("truncate", {"keep": 60}), ("status", {"status": 204})):
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            _demand_unexpected(fault, failure)


def _survives_spoiled_rows(bench: Bench) -> None:
    spoiled: tuple[tuple[str, dict[str, Any]], ...] = (
        *(("unreadable_values", {"seed": seed, "probability": 0.02 * seed}) for seed in range(1, 9)),
        *(("other_days", {"days": days}) for days in (100, -100)),
    )
    for fault, parameters in spoiled:
        harness = bench.harness(parameters=CALM)
        active = harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10), active.fault.blurs)
        except BankFailure as failure:
            _demand_unexpected(fault, failure)
        except Shortfall as short:
            raise Shortfall(f"with the fault {fault} {parameters}: {short}", short.look) from short


def _betrays_no_secret(bench: Bench) -> None:
    wanted = in_addresses(bench.slug)
    for name in bench.harness().bank.scenarios():
        if scenario(name).before_the_bank:
            continue
        harness = bench.quiet(name)
        secrets = {field.name: harness.account.credentials.get(field.name, "") for field in bench.secret_fields}
        with captured_lines() as logged:
            failure_texts = bench.texts(harness, bench.last_days(10))
        secrets["access token"] = harness.token.access if harness.token else ""
        places = {
            "the address of a request": [unquote_plus(str(request.url)) for request in harness.requests],
            "the text of a failure": failure_texts,
            "the log": [str(line) for line in logged],
        }
        for secret, value in secrets.items():
            for place, texts in places.items():
                if place.startswith("the address") and secret in wanted:
                    continue
                betrayed = len(value) >= SHORTEST_SECRET and any(value in text for text in texts)
                demand(not betrayed, f"in the scenario {name}, {secret} stands in {place}")


# --- polite


def _only_reads(bench: Bench) -> None:
    harness = bench.harness(parameters=YOUNG)
    harness.read(bench.last_days(40))
    for request in harness.requests:
        try:
            guarded(bench.contract, request)
        except ForbiddenRequest as error:
            demand(holds=False, what=f"the adapter asks what the contract does not list: {error}")
    demand(not any(record.write for record in harness.world.journal.records), "the adapter called a write operation")


def _reuses_tokens(bench: Bench) -> None:
    harness = bench.harness(page_size=SMALL_PAGE, parameters=Parameters(page_size=SMALL_PAGE, busy_day_entries=0))
    for _ in range(2):
        harness.read(bench.last_days(20))
    calls = bench.token_calls(harness.requests)
    demand(calls <= 1, f"{len(harness.requests)} requests cost {calls} tokens; one is enough")


def _asks_nothing_twice(bench: Bench) -> None:
    harness = bench.harness(parameters=CALM)
    harness.read(bench.last_days(15))
    asked = Counter(
        (request.method, str(request.url))
        for request in harness.requests
        if bench.contract.operations[request.extensions["operation"]].kind is not OperationKind.TOKEN
    )
    twice = [url for (_, url), times in asked.items() if times > 1]
    demand(not twice, f"asked more than once: {', '.join(url.partition('?')[0] for url in twice)}")


CHECKS = (
    Check("facts", "contract", "The contract's facts fit together", _states_facts_that_fit),
    Check("exchanges", "contract", "The adapter asks and reads as the exchanges show", _keeps_exchanges),
    Check("simulator", "contract", "The simulated bank answers as the exchanges show", _plays_exchanges),
    Check("month", "reads", "The statement of a month of a realistic account equals the ledger", _reads_a_month),
    Check("empty", "reads", "A period without movement is empty, proved, and warned of", _reads_nothing),
    Check("today", "reads", "A period that includes today is read, today's entries provisional", _reads_today),
    Check("capabilities", "exact", "What the contract declares comes, what it denies does not", _has_its_capabilities),
    Check("exact", "exact", "Any ledger, at any page size and token life, is read as it is", _equals_ledger, "any"),
    Check("identity", "exact", "An entry keeps its id in any period and page size, twins included", _keeps_ids, "any"),
    Check("late_entry", "exact", "An entry that comes late changes no other entry's id", _keeps_other_ids, "any"),
    Check("windows", "exact", "Long periods, month ends, a leap day, the turn of a year are read", _reads_windows),
    Check("day_ends", "exact", "Entries about midnight, in Brasília and in UTC, keep their day", _reads_ends_of_days),
    Check("paging", "resilient", "A lost, repeated or shifted page is noticed", _survives_moved_pages, "attacked"),
    Check("tokens", "resilient", "A token may expire at any call", _renews_tokens),
    Check("failures", "resilient", "Each scenario is reported as its failure", _names_each_failure),
    Check("rubbish", "resilient", "A web page, half an answer and an empty one are no statement", _survives_rubbish),
    Check("rows", "resilient", "Rows that cannot be read, or are of other days, make no entry", _survives_spoiled_rows),
    Check("secrets", "resilient", "No secret in an address, a failure's text or the log", _betrays_no_secret),
    Check("read_only", "polite", "The adapter makes only requests that the contract lists", _only_reads),
    Check("token_reuse", "polite", "One token serves many requests", _reuses_tokens),
    Check("no_repetition", "polite", "No request is made twice", _asks_nothing_twice),
)
