"""What is demanded so that the bank would not complain."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
from msgspec.structs import replace

from contracts.schema import ClientAuthentication, Grant, OperationKind
from gateway.errors import BankFailure, ForbiddenRequest
from gateway.flow import AHEAD, OPTIONAL
from gateway.line.guard import check as guarded
from gateway.model import Period
from simulators.certify.bench import CALM, YOUNG, Bench
from simulators.certify.cases import NOW
from simulators.certify.checks.asked_days import days_of
from simulators.certify.demands import Shortfall, demand
from simulators.certify.files.source import Line
from simulators.certify.harnesses.pure import PureHarness
from simulators.faults.rows import changed, objects
from simulators.scenarios import scenario
from simulators.world import Parameters

__all__ = [
    "asks_for_no_day_to_come",
    "asks_for_the_period",
    "asks_nothing_twice",
    "asks_what_it_announces",
    "only_reads",
    "reuses_tokens",
    "takes_refusals",
]

SMALL_PAGE = 30
LONG_DAYS, DAYS = 200, 20
"""Periods of several windows, and of several pages, where the bank has them."""
SMALL_PAGES = Parameters(page_size=SMALL_PAGE)
SHORT_PAGES = Parameters(opened_days_ago=60, busy_day_entries=0, page_size=3)
ELSEWHERE = "elsewhere.example"
UNAUTHORIZED = httpx.codes.UNAUTHORIZED
SPENDING = frozenset({Grant.REFRESH_TOKEN, Grant.AUTHORIZATION_CODE, Grant.JWT_BEARER})
"""Grants whose token requests carry what is good for one use."""
EARLIER = timedelta(days=80)
"""From a period of the past to today."""
NEAR = timedelta(days=31)
"""From a period to the days around it that an adapter may ask for, to find a balance."""


def only_reads(bench: Bench) -> None:
    """The adapter makes only requests that the contract lists."""
    harness = bench.harness(parameters=YOUNG)
    harness.identify()
    calls = list(harness.calls)
    harness.read(bench.last_days(40))
    for call in (*calls, *harness.calls):
        try:
            guarded(bench.contract, call.request)
        except ForbiddenRequest as error:
            what = f"the adapter asks what the contract does not list: {error}"
            raise Shortfall(what, line=call.line) from error
    demand(not any(record.write for record in harness.world.journal.records), "the adapter called a write operation")
    for name, environment in bench.contract.environments.items():
        harness = bench.harness(parameters=CALM)
        harness.account = replace(harness.account, environment=name)
        with suppress(BankFailure):  # Its token is not good at another environment.
            harness.read(bench.last_days(3))
        for call in harness.calls:
            host, hosts = call.request.url.host, environment.hosts.values()
            what = (
                f"for an account of the environment {name} the adapter asks {host}, it should ask {' or '.join(hosts)}"
            )
            demand(host in hosts, what, call.line)
    _demand_no_told_host(bench)


def _demand_no_told_host(bench: Bench) -> None:
    """Demand that an address which the bank tells, as that of the next page, leads to no other host."""
    harness = bench.harness(parameters=SHORT_PAGES, page_size=SHORT_PAGES.page_size)
    answer, elsewhere = harness.bank.answer, list[Line | None]()

    def misleading(request: httpx.Request) -> httpx.Response:
        if request.url.host == ELSEWHERE:
            elsewhere.append(harness.asking)
            return httpx.Response(404)
        response = answer(request)
        led = bench.kind_of(request) is not OperationKind.TOKEN
        return changed(response, _lead_elsewhere) if led and response.is_success else response

    vars(harness.bank)["answer"] = misleading
    with suppress(BankFailure):  # It may be refused for what it says.
        harness.read(bench.last_days(DAYS))
    what = (
        f"where the bank tells an address at another host ({ELSEWHERE}), the adapter asks there, with the token of the "
        "account; the gateway refuses that, and reports a defect: take the parameters of the address, and `ask`"
    )
    demand(not elsewhere, what, elsewhere[0] if elsewhere else None)


def _lead_elsewhere(value: Any) -> None:
    """Let all addresses in a JSON value be of another host."""
    for each in objects(value):
        for name, text in each.items():
            if isinstance(text, str) and text.startswith("https://"):
                each[name] = str(httpx.URL(text).copy_with(host=ELSEWHERE))


def reuses_tokens(bench: Bench) -> None:
    """One token serves many requests."""
    harness = bench.harness(page_size=SMALL_PAGE, parameters=Parameters(page_size=SMALL_PAGE, busy_day_entries=0))
    for _ in range(2):
        harness.read(bench.last_days(20))
    tokens = [request for request in harness.requests if bench.kind_of(request) is OperationKind.TOKEN]
    _demand_sent_once(bench, tokens)
    demand(len(tokens) <= 1, f"{len(harness.requests)} requests cost {len(tokens)} tokens; one is enough")
    if not tokens:
        return
    harness.clock.advance(harness.bank.token_life(harness.simulated) + timedelta(seconds=1))
    harness.read(bench.last_days(20))
    refused = [
        call for call in harness.calls if call.response is not None and call.response.status_code == UNAUTHORIZED
    ]
    demand(not refused, "a token is sent after its life, and refused: `renew_at` has to lie before the token's end")


def _demand_sent_once(bench: Bench, tokens: Sequence[httpx.Request]) -> None:
    """Demand that what the bank takes a single time says so, or the gateway repeats it where an answer is lost."""
    declared = bench.contract.authentication
    if declared.grant not in SPENDING and declared.client_authentication is not ClientAuthentication.PRIVATE_KEY_JWT:
        return
    what = (
        "a token request with what the bank takes a single time (refresh token, code, signed assertion) may be "
        "repeated by the gateway, where its answer is lost: set its extension `once`, as `request_token` does with "
        "`once=True`"
    )
    demand(all(request.extensions.get("once") for request in tokens), what)


def asks_nothing_twice(bench: Bench) -> None:
    """No request is made twice."""
    # On one page, and on several where the bank has pages.
    _demand_asked_once(bench, bench.harness(parameters=CALM))
    _demand_asked_once(bench, bench.harness(parameters=SMALL_PAGES, page_size=SMALL_PAGE))


def _demand_asked_once(bench: Bench, harness: PureHarness) -> None:
    harness.read(bench.last_days(15))
    # A cursor may stand in a header: equal addresses are the same question where the answers are the same too.
    asked = Counter(
        (call.request.method, str(call.request.url), call.request.content, call.response and call.response.content)
        for call in harness.calls
        if bench.kind_of(call.request) is not OperationKind.TOKEN
    )
    twice = [url for (_, url, _, _), times in asked.items() if times > 1]
    line = next((call.line for call in reversed(harness.calls) if str(call.request.url) in twice), None)
    demand(not twice, f"asked more than once: {', '.join(url.partition('?')[0] for url in twice)}", line)


def asks_what_it_announces(bench: Bench) -> None:
    """A request that another one announces (`gateway.flow.AHEAD`) is asked after it: it may have been sent already.

    One that a statement can do without (`OPTIONAL`) is asked last.
    """
    long = Parameters(opened_days_ago=LONG_DAYS + 20, busy_day_entries=0)
    _demand_announced_asked(bench.harness(parameters=long), bench.last_days(LONG_DAYS))
    _demand_announced_asked(bench.harness(parameters=SMALL_PAGES, page_size=SMALL_PAGE), bench.last_days(DAYS))
    _demand_announced_asked(bench.quiet("empty"), bench.last_days(LONG_DAYS))


def _demand_announced_asked(harness: PureHarness, period: Period) -> None:
    harness.read(period)
    optional = [bool(call.request.extensions.get(OPTIONAL)) for call in harness.calls]
    for call, done_without, needed in zip(harness.calls, optional, (not each for each in optional[1:]), strict=False):
        what = (
            f"{call.request.url} is asked with `optional`, and another request that is needed after it: what a "
            "statement can do without is asked last, since it gets no new token and its time may be over"
        )
        demand(not (done_without and needed), what, call.line)
    for number, call in enumerate(harness.calls):
        later = {id(each.request) for each in harness.calls[number + 1 :]}
        for announced in call.request.extensions.get(AHEAD, ()):
            what = (
                f"{call.request.url} announces {announced.url} (extension `{AHEAD}`), which is not asked after it, but "
                "may have been sent: announce only what is asked whatever the answers contain, the same object, as "
                "`gateway.connectors.in_turn` does"
            )
            demand(id(announced) in later, what, call.line)


def takes_refusals(bench: Bench) -> None:
    """What the bank has refused is not asked again."""
    for name in bench.harness().bank.scenarios():
        if scenario(name).before_the_bank or not bench.plays(name):
            continue
        harness = bench.quiet(name)
        with suppress(BankFailure, httpx.TransportError):
            harness.read(bench.last_days(10))
        refused: Counter[tuple[str, str, bytes, int]] = Counter()
        tokens = 0
        for call in harness.calls:
            asked = call.request
            for_token = bench.kind_of(asked) is OperationKind.TOKEN
            tokens += for_token
            if call.response is None or not call.response.is_success:
                status = call.response.status_code if call.response is not None else 0
                # With a new token the same request is another question, where the token was refused.
                token = tokens if status == UNAUTHORIZED and not for_token else 0
                # A signed request for a token differs each time, and asks the same.
                content = b"" if for_token else asked.content
                refused[asked.method, str(asked.url), content, token] += 1
        again = sorted({url.partition("?")[0] for (_, url, _, _), times in refused.items() if times > 1})
        demand(not again, f"in the scenario {name}, {', '.join(again)} is asked again; retries are the gateway's")


def asks_for_no_day_to_come(bench: Bench) -> None:
    """No request names a day to come."""
    for days in (0, 1):
        # A period in which nothing has moved tempts an adapter to look for a balance after it.
        for scenario_name in ("ok", "empty"):
            harness = bench.quiet(scenario_name)
            with suppress(BankFailure):  # It may be refused for that day.
                harness.read(Period(NOW.date() - timedelta(days=10), NOW.date() - timedelta(days=days)))
            for call in harness.calls:
                latest = max(days_of(bench.contract, call.request, NOW.date()), default=NOW.date())
                asked = f"{call.request.method} {call.request.url}"
                what = f"a request on {NOW.date()} names {latest}, a day to come: {asked}"
                demand(latest <= NOW.date(), what, call.line)


def asks_for_the_period(bench: Bench) -> None:
    """A short period of the past costs no question about other times."""
    history = bench.contract.period.history_days or EARLIER.days
    last = NOW.date() - min(EARLIER, timedelta(days=max(history - 5, 1)))
    period = Period(last - timedelta(days=2), last)
    harness = bench.harness(parameters=Parameters(opened_days_ago=200, busy_day_entries=0))
    harness.read(period)
    for call in harness.calls:
        for day in days_of(bench.contract, call.request, NOW.date()):
            near = period.first - NEAR <= day <= period.last + NEAR
            asked = f"{call.request.method} {call.request.url}"
            demand(near, f"for {period.first} to {period.last} a request names {day}: {asked}", call.line)
