"""What the difference between our clock and a bank's explains: refusals of requests that our clock has signed."""

import httpx

from contracts.schema import Contract
from gateway.errors import BankFailure
from gateway.limits import REFUSAL_RETRY_AFTER_SECONDS

__all__ = ["CLOCK_AHEAD", "weigh_clock"]

CLOCK_AHEAD = "clock_ahead"
"""The extension of a response with the seconds by which our clock is ahead of the bank's, where the two differ."""


def weigh_clock(contract: Contract, at: str, response: httpx.Response, failure: BankFailure) -> None:
    """Mark a refusal of credentials that the difference of the clocks explains: it may pass, and says so.

    Args:
        at: the kind of the operation.
        response: the refusal.
        failure: what it was taken for.
    """
    ahead = response.extensions.get(CLOCK_AHEAD)
    signs = at == "token" and contract.authentication.client_authentication == "private_key_jwt"
    if ahead is None or not signs or not failure.entry.stops_integration:
        return
    failure.clock_ahead = ahead
    differs = f"is {abs(ahead)} seconds {'ahead of' if ahead > 0 else 'behind'} the bank's"
    why = f"the gateway's clock, by which the request was signed, {differs}: the operator must set it right"
    failure.may_pass(REFUSAL_RETRY_AFTER_SECONDS, why)
