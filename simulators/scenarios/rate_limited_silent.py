"""Rate limited, without Retry-After."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="rate_limited_silent",
    title="Rate limited, without Retry-After",
    does="Every statement call is answered with status 429 that does not say how long to wait.",
    expected="rate_limited",
    strikes=(Strike("status", parameters={"status": 429, "body": "{}"}),),
)
