"""Session conflict."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="session_conflict",
    title="Session conflict",
    does="Another session of the same user is open at the bank.",
    expected="session_conflict",
    refusal="session_conflict",
)
