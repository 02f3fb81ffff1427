"""Rate limited, with an empty body."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="rate_limited_without_body",
    title="Rate limited, with an empty body",
    does="Every statement call is answered with status 429 and nothing else.",
    expected="rate_limited",
    strikes=(Strike("status", parameters={"status": 429, "content_type": ""}),),
)
