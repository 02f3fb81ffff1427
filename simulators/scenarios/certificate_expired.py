"""Certificate expired."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="certificate_expired",
    title="Certificate expired",
    does="The bank refuses the client certificate as expired.",
    expected="certificate_expired",
    refusal="certificate_expired",
)
