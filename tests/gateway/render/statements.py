"""Statements for readers: the cases, and a month at each simulated bank."""

from datetime import date
from functools import cache

import contracts
from gateway.model import Period, Statement
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.world import Parameters
from tests.gateway.render.cases import CASES, statement

__all__ = ["LISTED", "NAMES", "WITHHELD", "given"]

MONTH = Period(date(2026, 2, 14), date(2026, 3, 16))
SMALL = Parameters(opened_days_ago=60, entries_per_day=3, busy_day_entries=0)
AUTHORITY = Authority()
WITHHELD = {"disproved", "too_early"}
"""Cases that post nothing."""
LISTED = sorted(set(CASES) - WITHHELD)
NAMES = [*LISTED, *contracts.banks()]


@cache
def given(name: str) -> Statement:
    """The statement of a case, or of a month at a simulated bank."""
    if name in CASES:
        return statement(name)
    return PureHarness(name, NOW, parameters=SMALL, authority=AUTHORITY).read(MONTH)
