"""A page of a long list costs what it has, and not what the list has."""

import sys
from datetime import timedelta

import pytest

import contracts
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters

BUSY = Parameters(opened_days_ago=40, entries_per_day=60, busy_day_entries=0, page_size=25)


def calls_per_entry(slug, days):
    """How many calls of functions of `simulators.banks` each entry of a period takes."""
    harness = PureHarness(slug, NOW, parameters=BUSY)
    last = NOW.date() - timedelta(days=1)
    answer, calls = harness.bank.answer, 0

    def count(frame, event, what):
        nonlocal calls
        calls += event == "call" and "/simulators/banks/" in frame.f_code.co_filename

    def counted(request):
        sys.setprofile(count)
        try:
            return answer(request)
        finally:
            sys.setprofile(None)

    harness.bank.answer = counted
    entries = harness.read(Period(last - timedelta(days=days - 1), last)).entries
    return calls / len(entries)


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_longer_list_takes_no_more_work_for_each_entry(slug):
    """Four times the days: with a page made of all rows each time, an entry would take nearly four times the calls."""
    assert calls_per_entry(slug, 24) < 1.5 * calls_per_entry(slug, 6)
