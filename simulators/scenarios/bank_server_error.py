"""Server error 500."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_server_error",
    title="Server error 500",
    does="Every statement call is answered with status 500.",
    expected="bank_server_error",
    strikes=(Strike("status", parameters={"status": 500}),),
)
