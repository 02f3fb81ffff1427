"""Web page instead of data."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="unexpected_bank_response",
    title="Web page instead of data",
    does="Every statement call is answered with a web page and status 200.",
    expected="unexpected_bank_response",
    strikes=(Strike("html_page"),),
)
