"""No access to the statement."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="statement_access_denied",
    title="No access to the statement",
    does="The user may log in but not read the statement.",
    expected="statement_access_denied",
    refusal="statement_access_denied",
)
