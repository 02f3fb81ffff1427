"""Certificate missing."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="certificate_missing",
    title="Certificate missing",
    does="The holder has typed no client certificate; the bank would refuse the handshake.",
    expected="invalid_request",
    before_the_bank=True,
    needs="mutual_tls",
    parameters={"certificate": "none"},
)
