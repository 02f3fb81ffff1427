"""What is demanded where the bank stops answering in the middle of a list."""

from collections.abc import Iterator
from typing import Any

import httpx

from contracts.schema import OperationKind
from gateway.errors import BankFailure
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import demand, saying_when
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
        allowed = active.fault.outcomes(bench.contract, kind) | {"unexpected_bank_response"}
        what = f"{when}, the failure is {failure.code}, it should be {' or '.join(sorted(allowed))}"
        demand(failure.code in allowed, what)
    except httpx.TransportError:
        return  # It is the gateway's to name.


def _harness(bench: Bench) -> PureHarness:
    return bench.harness(parameters=CALM, page_size=PAGE_SIZE)
