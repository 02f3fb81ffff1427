"""Whatever has an English name in the simulators has Portuguese words in the console, and nothing else has."""

from contracts.schema import OperationKind
from simulators import faults
from simulators.console import words
from simulators.faults import TLS, Aim
from simulators.scenarios import all_scenarios


def test_no_fault_is_without_words():
    assert set(words.FAULTS) == set(faults.names())
    assert len(set(words.FAULTS.values())) == len(words.FAULTS)


def test_no_parameter_is_without_words():
    named = {each["name"] for name in faults.names() for each in faults.parameters(name)}
    assert set(words.PARAMETERS) == named


def test_no_scenario_is_without_words():
    assert set(words.SCENARIOS) == set(all_scenarios())
    assert len(set(words.SCENARIOS.values())) == len(words.SCENARIOS)


def test_no_part_of_the_aim_is_without_words():
    assert set(words.AIM) == set(Aim.__struct_fields__) - {"number", "operation"}
    assert set(words.KINDS) == {TLS, *(kind.value for kind in OperationKind)}


def test_what_is_unknown_keeps_its_name():
    """A fault of tomorrow is shown by its name until somebody has found words for it."""
    assert (words.fault("meteor"), words.scenario("flood"), words.parameter("depth")) == ("meteor", "flood", "depth")
