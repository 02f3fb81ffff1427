"""Certificate unknown."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="certificate_unknown",
    title="Certificate unknown",
    does="The client certificate comes from an authority that the bank does not know; it refuses the handshake.",
    expected="invalid_credentials",
    needs="mutual_tls",
    parameters={"certificate": "of_unknown_authority"},
)
