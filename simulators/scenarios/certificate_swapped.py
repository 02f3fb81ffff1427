"""Certificate swapped."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="certificate_swapped",
    title="Certificate swapped",
    does="The client certificate belongs to another application of the bank.",
    expected="invalid_credentials",
    needs="bound_certificate",
    parameters={"certificate": "of_another"},
)
