"""Everything works."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="ok",
    title="Everything works",
    does="The bank answers as documented.",
)
