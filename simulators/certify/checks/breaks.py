"""What is demanded where the bank stops answering in the middle of a list."""

from collections.abc import Iterator
from typing import Any

import httpx
from msgspec.structs import replace

from contracts.schema import OperationKind
from gateway.errors import BankFailure
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.certify.harnesses.pure import PureHarness

__all__ = ["survives_breaks"]

DAYS = 10
PAGE_SIZE = 5
"""So that the list has several pages where the bank has pages."""
BREAKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 500}),
    ("status", {"status": 404}),
    ("status", {"status": 204}),
    ("html_page", {"status": 200}),
    ("connection_reset", {}),
)
EMPTY: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    ("status", {"status": 200, "body": body}) for body in ("{}", "[]", "null")
)
NOT_REQUIRED = (
    "the period has entries, and the bank tells a balance after each of them or none of the period at all, so that "
    "nothing rests on the present one: do without it, or ask for it last with `optional`"
)
KINDS = (OperationKind.STATEMENT, OperationKind.BALANCE, OperationKind.ACCOUNTS)


def survives_breaks(bench: Bench) -> None:
    """What was read before the bank stopped answering is not given as if it were all."""
    whole = _harness(bench)
    bench.read_true(whole, bench.last_days(DAYS))
    for kind in KINDS:
        for after in _places(sum(bench.kind_of(each.request) is kind for each in whole.calls)):
            for fault, parameters in BREAKS:
                if bench.tries(fault, kind, parameters):
                    _demand_failure(bench, kind, after, fault, parameters)
    _survives_without_identity(bench)


def _places(calls: int) -> Iterator[int]:
    """The calls from which on the bank stops: the first, the second, one in the middle, the last."""
    yield from sorted({0, 1, calls // 2, calls - 1} & set(range(calls)))


def _demand_failure(bench: Bench, kind: OperationKind, after: int, fault: str, parameters: dict[str, Any]) -> None:
    harness = _harness(bench)
    active = harness.world.inject(bench.slug, None, kind, fault, parameters, after=after)
    when = f"with the fault {fault} {parameters} from the {kind} call {after + 1} on"
    try:
        with saying_when(when):
            bench.read_true(harness, bench.last_days(DAYS))
    except BankFailure as failure:
        able = bench.contract.capabilities
        if kind is OperationKind.BALANCE and (able.running_balance or not able.period_balances):
            raise Shortfall(f"{when}, there is no statement ({failure.code}): {NOT_REQUIRED}") from failure
        allowed = active.behaviour.outcomes(bench.contract, kind) | {"unexpected_bank_response"}
        what = f"{when}, the failure is {failure.code}, it should be {' or '.join(sorted(allowed))}"
        demand(failure.code in allowed, what)
    except httpx.TransportError:
        return  # It is the gateway's to name.


def _survives_without_identity(bench: Bench) -> None:
    """Demand that an account is told by the bank or not at all, wherever the bank stops telling it."""
    whole = _harness(bench)
    whole.identify()
    kinds = [bench.kind_of(each.request) for each in whole.calls]
    for kind in {*kinds} - {OperationKind.TOKEN}:
        for after in range(kinds.count(kind)):
            for fault, parameters in (*BREAKS, *EMPTY):
                if bench.tries(fault, kind, parameters):
                    _demand_no_identity(bench, kind, after, fault, parameters)


def _demand_no_identity(bench: Bench, kind: OperationKind, after: int, fault: str, parameters: dict[str, Any]) -> None:
    harness = _harness(bench)
    harness.world.inject(bench.slug, None, kind, fault, parameters, after=after)
    true = harness.account
    # What was typed is another account: an adapter that repeats it has not heard it from the bank.
    harness.account = replace(true, branch="9876", number="98765432")
    when = f"with the fault {fault} {parameters} from the {kind} call {after + 1} on, `identify`"
    try:
        with saying_when(when):
            held = harness.identify()
    except (BankFailure, httpx.TransportError):
        return
    typed = {"branch": "9876", "number": "98765432"}
    echoed = [name for name, value in typed.items() if getattr(held, name) == value]
    demand(not echoed, f"{when} gives the {' and '.join(echoed)} that was typed: the bank has not said so")
    may_withhold = fault == "status" and parameters["status"] != httpx.codes.INTERNAL_SERVER_ERROR
    what = (
        f"{when} gives an account: that the bank did not answer is a failure, or a mistyped account is enabled unseen"
    )
    demand(may_withhold, what)


def _harness(bench: Bench) -> PureHarness:
    return bench.harness(parameters=CALM, page_size=PAGE_SIZE)
