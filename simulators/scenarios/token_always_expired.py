"""Access token never accepted."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="token_always_expired",
    title="Access token never accepted",
    does="The bank takes every access token for expired.",
    expected="invalid_credentials",
    needs="tokens",
    parameters={"token_uses": -1},
)
