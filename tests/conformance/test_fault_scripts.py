"""Random ledgers under random faults, several at once: the truth, or a failure that one of the faults allows."""

import asyncio
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import contracts
from gateway import logs
from gateway.errors import GatewayError
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences, overclaimed
from simulators.certify.harnesses.line import LineHarness
from simulators.faults import make
from simulators.journal.politeness import politeness
from simulators.pki import Authority
from simulators.scenarios import InjectedFault
from tests.conformance.fault_scripts import as_scenario, scripts

AUTHORITY = Authority()
EXAMPLES = 40
CONTRADICTED = "unexpected_bank_response"


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    """Nothing is logged: there are thousands of calls."""
    logs.configure("CRITICAL", io.StringIO())


def played(slug, source, period, page_size, script):
    """The gateway's outcome under a script, and the outcomes that are allowed."""
    harness = LineHarness(slug, NOW, source=source, page_size=page_size, authority=AUTHORITY)
    for each in script:
        aim = {"after": each.after, "every": each.every, "times": each.times}
        harness.world.inject(slug, harness.simulated.number, each.at, each.fault, each.parameters, **aim)
    injected = [(make(each.fault, each.parameters), each.at) for each in script]
    allowed = frozenset().union(*(fault.outcomes(harness.bank.contract, at) for fault, at in injected))
    blurred = frozenset().union(*(fault.blurs for fault, _ in injected))
    try:
        statement = asyncio.run(harness.read(period))
    except GatewayError as failure:
        result = failure.code
    else:
        if statement.contradicted:
            # The entries are given unproved: nothing may be booked from them, as if the statement were refused.
            result = "; ".join(overclaimed(statement, harness.simulated.ledger, NOW)) or CONTRADICTED
        else:
            wrong = differences(harness.bank, statement, harness.simulated.ledger, period, NOW, blurred)
            result = "; ".join(wrong) or "truth"
    assert politeness(harness.world.journal.of(), {slug: harness.bank.contract}).repeated_refusals == 0
    return result, {"truth", *allowed}


@pytest.mark.parametrize("slug", contracts.banks())
def test_any_faults_give_the_truth_or_their_failure(slug):
    """Shrinks to a small script, shown as the source of a scenario that plays it."""

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(
        source=ledgers(bank_class(slug)),
        days=periods(),
        page_size=st.sampled_from((1, 2, 3, 7)),
        script=scripts(contracts.load(slug)),
    )
    def check(source, days, page_size, script):
        result, allowed = played(slug, source, Period(*days), page_size, script)
        assert result in allowed, f"{result}\n\n{as_scenario('found', script)}"

    check()


def test_a_script_is_kept_as_a_scenario():
    """The source that a failing script is shown as is a scenario with the same faults."""
    script = (InjectedFault("status", parameters={"status": 503}, after=2), InjectedFault("noop", at="token", times=1))
    names = {}

    exec(as_scenario("found", script, "bank_server_error"), names)  # noqa: S102 - our own source

    (kept,) = names["SCENARIOS"]
    assert (kept.name, kept.expected, kept.faults) == ("found", "bank_server_error", script)
