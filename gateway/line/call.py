"""The facts about a request that the policies of the line use: one typed value, carried under one extension key.

The request comes to the line with four extensions: `operation`, `once` and `optional` from the connector or the
authentication, `deadline` from the reader of statements. `BankLine.send` makes a `Call` of them and of the account; the
parts of the line read no other key.
"""

import math
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import Counter

from contracts.schema import Contract
from gateway.concurrency.slots import Holder
from gateway.errors import BankFailure
from gateway.metrics import REGISTRY

__all__ = ["KEY", "Call", "call_of", "mark_probe", "refused"]

KEY = "call"
"""The extension of a request that carries its `Call`."""

REFUSALS = Counter(
    "gateway_bank_refusals_total",
    "Requests that the gateway itself held back from a bank",
    ("bank", "operation", "by"),
    registry=REGISTRY,
)


class Call(Struct, frozen=True, kw_only=True):
    """One request to a bank, as the policies see it."""

    contract: Contract
    operation: str
    """Name of the operation in the contract."""
    tenant: str = ""
    account: str = ""
    """The account's id."""
    environment: str = "production"
    client: str = ""
    """The client by which the bank counts calls, as `gateway.quotas.clients.client_of` gives it."""
    bank_account: str = ""
    """The account as the bank knows it, as `gateway.quotas.clients.bank_account_of` gives it."""
    certificate: tuple[str, str] | None = None
    """The client certificate and its key, as PEM."""
    deadline: float = math.inf
    """The instant, on the line's clock, after which the response is of no use."""
    once: bool = False
    """Whether the request spends something, so that it must not be sent again once it may have arrived."""
    optional: bool = False
    """Whether its sender goes on without an answer, so that it is sent once and its failure is no evidence."""
    is_probe: bool = False
    """Whether all other calls to the host are refused until this one has ended."""

    @property
    def bank(self) -> str:
        """Slug of the bank."""
        return self.contract.slug

    @property
    def holder(self) -> Holder:
        """The holder of the call's slots."""
        return Holder(self.tenant, self.account)

    @property
    def kind(self) -> str:
        """Kind of the operation: `token`, `statement`, `balance`, ..."""
        return self.contract.kind_of(self.operation)

    def __repr__(self) -> str:
        # The certificate's key is a secret.
        return f"Call({self.bank!r}, {self.operation!r}, account={self.account!r})"

    def __rich_repr__(self) -> Any:
        yield self.bank
        yield self.operation


def call_of(request: httpx.Request) -> Call:
    """The call of a request."""
    call: Call = request.extensions[KEY]
    return call


def mark_probe(request: httpx.Request, *, is_probe: bool) -> None:
    """Mark this attempt as the probe of a host that is down, or as an ordinary one."""
    request.extensions[KEY] = replace(call_of(request), is_probe=is_probe)


def refused(call: Call, code: str, *, by: str, why: str, seconds: float, timed_out: bool = False) -> BankFailure:
    """The failure to raise instead of sending a call; it is counted.

    Args:
        call: the call that is not sent.
        code: a code of the failure catalogue.
        by: the policy that refuses.
        why: the text after the bank's name in the detail.
        seconds: time after which trying again makes sense; rounded up to whole seconds.
        timed_out: whether the bank is known to give no response in time.
    """
    REFUSALS.labels(call.bank, call.operation, by).inc()
    return BankFailure(
        code,
        bank=call.bank,
        at=call.kind,
        detail=f"{call.contract.name} {why}",
        timed_out=timed_out,
        retry_after=max(1, math.ceil(seconds)),
        held_back=True,
    )
