"""What is demanded of an adapter as a piece of code: it computes, and nothing else."""

from contextlib import suppress

import httpx

from gateway.errors import BankFailure
from simulators.certify.bench import CALM, Bench
from simulators.certify.harnesses.effects import observed

__all__ = ["computes_only"]

DAYS = 10
SCENARIOS = ("ok", "empty", "statement_access_denied", "rate_limited")
"""A reading, and refusals, after which an adapter may do something else."""


def computes_only(bench: Bench) -> None:
    """It reads no clock, file or environment, draws no number, waits for nothing and starts nothing.

    What it does so is stopped and reported by `computing_only`, in which every check runs.
    """
    possible = bench.harness().bank.scenarios()
    for name in ("ok", *(each for each in SCENARIOS[1:] if each in possible)):
        harness = bench.quiet(name) if name != "ok" else bench.harness(parameters=CALM)
        with observed(), suppress(BankFailure, httpx.TransportError):
            harness.identify()
        with observed(), suppress(BankFailure, httpx.TransportError):
            harness.read(bench.last_days(DAYS))
