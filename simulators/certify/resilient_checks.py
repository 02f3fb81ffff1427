"""What is demanded where something goes wrong: it makes no wrong statement, and it is named."""

from typing import Any
from urllib.parse import unquote_plus

from gateway.errors import BankFailure, IncoherentPages
from simulators.certify.bench import CALM, Bench, Shortfall, demand
from simulators.certify.cases import Case
from simulators.certify.evidence import in_addresses
from simulators.certify.lines import captured_texts
from simulators.certify.pure_harness import PureHarness
from simulators.scenarios import scenario
from simulators.world import Parameters

__all__ = [
    "betrays_no_secret",
    "names_each_failure",
    "renews_tokens",
    "survives_moved_pages",
    "survives_refusals",
    "survives_rubbish",
    "survives_spoiled_rows",
]

SHORTEST_SECRET = 6
"""A shorter value may stand in any text by chance."""

Spoiled = tuple[tuple[str, dict[str, Any]], ...]
RUBBISH: Spoiled = (("html_page", {"status": 200}), ("truncate", {"keep": 60}), ("status", {"status": 204}))
REFUSALS = (400, 403, 404, 409, 422, 429, 500, 503)
SPOILED: Spoiled = (
    *(("unreadable_values", {"seed": seed, "probability": 0.02 * seed}) for seed in range(1, 9)),
    *(("other_days", {"days": days}) for days in (100, -100)),
)


def survives_moved_pages(bench: Bench, case: Case) -> None:
    """A lost, repeated or shifted page is noticed.

    Raises:
        Shortfall: it is not so.
    """
    harness = bench.harness_for(case)
    try:
        bench.read_true(harness, case.period)
    except IncoherentPages:
        return


def renews_tokens(bench: Bench) -> None:
    """A token may expire at any call.

    Raises:
        Shortfall: it is not so.
    """
    for uses in (1, 2, 3):
        short = Parameters(token_uses=uses, page_size=5, busy_day_entries=0, opened_days_ago=60)
        bench.read_true(bench.harness(parameters=short), bench.last_days(10))


def names_each_failure(bench: Bench) -> None:
    """Each scenario is reported as its failure.

    Raises:
        Shortfall: it is not so.
    """
    bank = bench.harness().bank
    for name in bank.scenarios():
        if scenario(name).before_the_bank:
            continue
        outcome, expected = bench.outcome(name, bench.last_days(30)), bank.expected(name)
        demand(outcome == expected, f"in the scenario {name} the outcome is {outcome}, it should be {expected}")


def _demand_unexpected(fault: str, failure: BankFailure) -> None:
    wanted = "unexpected_bank_response"
    demand(failure.code == wanted, f"the fault {fault} is reported as {failure.code}, it should be {wanted}")


def survives_rubbish(bench: Bench) -> None:
    """A web page, half an answer and an empty one are no statement.

    Raises:
        Shortfall: it is not so.
    """
    for fault, parameters in RUBBISH:
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            _demand_unexpected(fault, failure)


def survives_refusals(bench: Bench) -> None:
    """A refusal by its status alone is no statement, and no other failure than it may be.

    Raises:
        Shortfall: it is not so.
    """
    for status in REFUSALS:
        harness = bench.harness(parameters=CALM)
        active = harness.world.inject(bench.slug, None, "statement", "status", {"status": status})
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            allowed = active.fault.outcomes(bench.contract, "statement")
            what = f"the status {status} is reported as {failure.code}, it should be {' or '.join(sorted(allowed))}"
            demand(failure.code in allowed, what)
        except Shortfall as short:
            raise Shortfall(f"with the status {status}: {short}", short.look) from short


def survives_spoiled_rows(bench: Bench) -> None:
    """Rows that cannot be read, or are of other days, make no entry.

    Raises:
        Shortfall: it is not so.
    """
    for fault, parameters in SPOILED:
        harness = bench.harness(parameters=CALM)
        active = harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10), active.fault.blurs)
        except BankFailure as failure:
            _demand_unexpected(fault, failure)
        except Shortfall as short:
            raise Shortfall(f"with the fault {fault} {parameters}: {short}", short.look) from short


def betrays_no_secret(bench: Bench) -> None:
    """No secret stands in an address, in the text of a failure or in the log.

    Raises:
        Shortfall: it is not so.
    """
    for name in bench.harness().bank.scenarios():
        if not scenario(name).before_the_bank:
            _demand_no_secret(bench, bench.quiet(name), f"in the scenario {name}")
    for fault, parameters in (*RUBBISH, *SPOILED):
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        _demand_no_secret(bench, harness, f"with the fault {fault} {parameters}")


def _demand_no_secret(bench: Bench, harness: PureHarness, when: str) -> None:
    wanted = in_addresses(bench.slug)
    with captured_texts() as written:
        failure_texts = bench.texts(harness, bench.last_days(10))
    secrets = {field.name: harness.account.credentials.get(field.name, "") for field in bench.secret_fields}
    secrets["access token"] = harness.token.access if harness.token else ""
    shown = [request.headers.get("authorization", "") for request in harness.requests]
    secrets["what proves the caller"] = next((value.split()[-1] for value in shown if value), "")
    places = {
        "the address of a request": [unquote_plus(str(request.url)) for request in harness.requests],
        "the text of a failure": failure_texts,
        "the log": written,
    }
    for secret, value in secrets.items():
        for place, texts in places.items():
            if place.startswith("the address") and secret in wanted:
                continue
            betrayed = len(value) >= SHORTEST_SECRET and any(value in text for text in texts)
            demand(not betrayed, f"{when}, {secret} stands in {place}")
