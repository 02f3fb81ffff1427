"""Server error 500."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_server_error",
    title="Server error 500",
    does="Every statement call is answered with status 500.",
    expected="bank_server_error",
    fault="status",
    fault_parameters={"status": 500},
)
