"""One suite for every bank, naming capabilities and never banks: the checks of the acceptance suite, with more cases.

A bank whose wire cannot satisfy a check says so in its contract, with a reason; an exemption that is not needed any
more fails.
"""

from datetime import datetime
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.bench import Bench
from simulators.certify.cases import FIRST, NOW, OPENED, periods
from simulators.certify.certificate.exempting import run_exempted
from simulators.certify.certificate.suite import run_check
from simulators.certify.checks.levels import CHECKS
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.strategies import AMOUNTS, moments

EXAMPLES = 12
MORE_EXAMPLES = 200
"""An exemption must show its need within so many cases."""

CELLS = [pytest.param(slug, check, id=f"{slug}-{check.name}") for slug in contracts.banks() for check in CHECKS]


@cache
def bench_of(slug):
    """The bank's own bench, made when a test asks for it: all processes of a run load this file, and few try a bank."""
    return Bench(slug)


@pytest.mark.parametrize(("slug", "check"), CELLS)
def test_check_passes(slug, check):
    """The bank's own adapter passes the check, or its contract says why its wire cannot."""
    bench = bench_of(slug)
    exemption = bench.contract.exemptions.get(check.name)
    examples = MORE_EXAMPLES if exemption else EXAMPLES

    found = run_exempted(check, bench, lambda: run_check(check, bench, 1, examples))

    assert not found.shortfall, "\n".join([found.shortfall, *found.explanation.diagnosis, str(found.case)])
    assert exemption is None or exemption.note


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    moved=st.lists(st.tuples(moments(FIRST, NOW.date()), AMOUNTS, st.booleans()), max_size=10),
    days=periods(),
    size=st.sampled_from((0, 1, 3)),
)
def test_one_ledger_in_every_dialect(moved, days, size):
    """The same movements through every bank's wire give the same days and amounts, and balances where there are any."""
    period = Period(*days)
    outcomes = {slug: read_as(slug, moved, period, size) for slug in contracts.banks()}

    assert all(each == outcomes[contracts.banks()[0]] for each in outcomes.values()), outcomes


def read_as(slug, moved, period, size):
    """The days and amounts that a bank's statement tells of these movements."""
    kinds = {credit: min(kind for kind in bank_class(slug).kinds if kind[1] is credit) for credit in (True, False)}
    deposit = sum((amount for _, amount, credit in moved if not credit), Decimal("0.01"))
    entries = [
        LedgerEntry(booked_at=moment, amount=amount if credit else -amount, type=kinds[credit][0])
        for moment, amount, credit in [(datetime.combine(OPENED, datetime.min.time(), BRASILIA), deposit, True), *moved]
    ]
    statement = bench_of(slug).harness(source=Fixed(entries), page_size=size).read(period)
    return sorted((entry.date, entry.amount) for entry in statement.entries)
