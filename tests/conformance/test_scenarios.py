"""Every bank in every scenario gives exactly the outcome the scenario promises."""

from datetime import date

import httpx
import msgspec
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.judgement import missing_response
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.scenarios import all_scenarios, scenario
from simulators.world import Parameters, World

AUTHORITY = Authority()
MONTH = Period(date(2026, 2, 14), date(2026, 3, 16))


def cells():
    """Each bank with each scenario that can happen there."""
    for slug in contracts.banks():
        bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
        for name in (name for name in bank.scenarios() if not scenario(name).before_the_bank):
            yield pytest.param(slug, name, id=f"{slug}-{name}")


def outcome(harness):
    """`ok` with a true statement, or the code of the failure."""
    try:
        statement = harness.read(MONTH)
    except BankFailure as failure:
        return failure.code
    except httpx.TransportError as error:
        contract = harness.bank.contract
        at = contract.operations[error.request.extensions["operation"]].kind.value
        return missing_response(contract, at, error).code
    blurred = {"balances"} if scenario(harness.simulated.scenario).unbalanced else ()
    assert differences(harness.bank, statement, harness.simulated.ledger, MONTH, NOW, blurred) == []
    return "ok"


@pytest.mark.parametrize(("slug", "name"), list(cells()))
def test_scenario_gives_its_outcome(slug, name):
    """The gateway reports what the scenario promises; with the situation over, the same account reads well."""
    bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
    young = {"opened_days_ago": 60, **bank.settled(scenario(name))}
    harness = PureHarness(slug, NOW, scenario=name, parameters=msgspec.convert(young, Parameters), authority=AUTHORITY)

    assert outcome(harness) == harness.bank.expected(name)


@pytest.mark.parametrize("slug", contracts.banks())
def test_every_symptom_can_be_played(slug):
    """Each failure that the contract knows to recognise has a scenario at that bank."""
    bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
    playable = {bank.expected(name) for name in bank.scenarios()}

    assert {symptom.failure for symptom in bank.contract.symptoms} <= playable


@pytest.mark.parametrize("slug", contracts.banks())
def test_the_scenario_of_a_problem_gives_it_again(slug):
    """At each bank where a failure can be played, the scenario that its problem names gives that failure."""
    bank = bank_class(slug)(contracts.load(slug), World(1, None, AUTHORITY))
    playable = {name: bank.expected(name) for name in bank.scenarios()}
    named = {
        failure: contracts.failures().failures[failure].scenario for failure in {*playable.values()} if failure != "ok"
    }

    again = {failure: playable[name] for failure, name in named.items() if name}
    assert again
    assert again == {failure: failure for failure in again}


def test_causes_of_a_failure_stay_apart():
    """The failure that one bank alone has may have several causes: the bank's own words tell them apart."""
    causes = [name for name in all_scenarios() if name.startswith("bank_communication_failed")]
    failures = []
    for name in causes:
        with pytest.raises(BankFailure) as refused:
            PureHarness("santander", NOW, scenario=name, authority=AUTHORITY).read(MONTH)
        failures.append(refused.value)

    assert len(causes) == 5
    assert {failure.code for failure in failures} == {"bank_communication_failed"}
    assert len({failure.bank_error.message for failure in failures} - {None, ""}) == len(causes)
