"""Rate limited, with an absurd Retry-After."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="rate_limited_absurdly",
    title="Rate limited, with an absurd Retry-After",
    does="Every statement call is answered with status 429 that asks to wait for ten years.",
    expected="rate_limited",
    strikes=(Strike("status", parameters={"status": 429, "retry_after": 315360000}),),
)
