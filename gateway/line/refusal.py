"""What the line refuses by itself, before anything is sent: counted, and told as a failure of the catalogue."""

import math

import httpx
from prometheus_client import Counter

from contracts.schema import Contract
from gateway.errors import BankFailure
from gateway.metrics import REGISTRY

__all__ = ["kind_of", "refused"]

REFUSALS = Counter(
    "gateway_bank_refusals_total",
    "Requests that the gateway itself held back from a bank",
    ("bank", "operation", "by"),
    registry=REGISTRY,
)


def kind_of(request: httpx.Request) -> str:
    """The step that a request belongs to: `token`, `statement`, `balance`, ..."""
    contract: Contract = request.extensions["contract"]
    return contract.operations[request.extensions["operation"]].kind.value


def refused(
    request: httpx.Request, code: str, *, by: str, why: str, seconds: float, timed_out: bool = False
) -> BankFailure:
    """A failure to raise in the place of sending.

    Args:
        request: what is not sent.
        code: a code of the failure catalogue.
        by: the policy that refuses.
        why: what follows the bank's name in the detail.
        seconds: after so many trying again makes sense; rounded up to whole ones.
        timed_out: whether the bank is known to give no answer in time.
    """
    contract: Contract = request.extensions["contract"]
    REFUSALS.labels(contract.slug, request.extensions["operation"], by).inc()
    return BankFailure(
        code,
        bank=contract.slug,
        at=kind_of(request),
        detail=f"{contract.name} {why}",
        timed_out=timed_out,
        retry_after=max(1, math.ceil(seconds)),
        held_back=True,
    )
