"""What is demanded of an adapter as a piece of code: it computes, and nothing else."""

from contextlib import suppress

import httpx

from gateway.errors import BankFailure
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import demand
from simulators.certify.harnesses.effects import kept_by, observed

__all__ = ["computes_only"]

DAYS = 10
SCENARIOS = ("ok", "empty", "statement_access_denied", "rate_limited")
"""A reading, and refusals, after which an adapter may do something else."""


def computes_only(bench: Bench) -> None:
    """It reads no clock, file or environment, draws no number, waits for nothing and starts nothing.

    What it does so is stopped and reported by `computing_only`, in which every check runs.
    """
    before = kept_by(bench.adapter)
    possible = bench.harness().bank.scenarios()
    for name in ("ok", *(each for each in SCENARIOS[1:] if each in possible)):
        harness = bench.quiet(name) if name != "ok" else bench.harness(parameters=CALM)
        with observed(), suppress(BankFailure, httpx.TransportError):
            harness.identify()
        with observed(), suppress(BankFailure, httpx.TransportError):
            harness.read(bench.last_days(DAYS))
    grown = [name for name, length in kept_by(bench.adapter).items() if length > before.get(name, 0)]
    what = (
        f"the adapter keeps more in {', '.join(grown)} with each reading: nothing outlives one, or a gateway has ever "
        "less memory, and one account's answers may be another's"
    )
    demand(not grown, what)
