"""New enrolments paused."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="enrolment_paused",
    title="New enrolments paused",
    does="The bank takes no new connections for the time being; those it has go on.",
    expected="enrolment_paused",
    refusal="enrolment_paused",
)
