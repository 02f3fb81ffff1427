"""The client certificate has expired."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="certificate_expired",
    title="Certificate expired",
    does="The account's client certificate expired yesterday, and the bank refuses the handshake.",
    expected="certificate_expired",
    needs="mutual_tls",
    parameters={"certificate_days": -1},
)
