"""What is wrong with the form that the holder has filled in."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="account_type_not_supported",
        title="Account type not accepted",
        does="The account belongs to a person where only companies are served, or the other way round.",
        expected="account_type_not_supported",
        before_the_bank=True,
        needs="one_kind",
        parameters={"kind": "PF"},
    ),
    Scenario(
        name="certificate_expired",
        title="Certificate expired",
        does="The account's client certificate expired yesterday, and the bank refuses the handshake.",
        expected="certificate_expired",
        needs="mutual_tls",
        parameters={"certificate_days": -1},
    ),
    Scenario(
        name="certificate_missing",
        title="Certificate missing",
        does="The holder has typed no client certificate; the bank would refuse the handshake.",
        expected="invalid_request",
        before_the_bank=True,
        needs="mutual_tls",
        parameters={"certificate": "none"},
    ),
    Scenario(
        name="certificate_swapped",
        title="Certificate swapped",
        does="The client certificate belongs to another application of the bank.",
        expected="invalid_credentials",
        needs="bound_certificate",
        parameters={"certificate": "of_another"},
    ),
    Scenario(
        name="certificate_unknown",
        title="Certificate unknown",
        does="The client certificate comes from an authority that the bank does not know; it refuses the handshake.",
        expected="invalid_credentials",
        needs="mutual_tls",
        parameters={"certificate": "of_unknown_authority"},
    ),
)
