"""What a scenario is."""

from typing import Any

from msgspec import Struct

__all__ = ["Scenario"]


class Scenario(Struct, frozen=True, kw_only=True):
    """A named situation."""

    name: str
    title: str
    does: str
    """What the bank does in it, in one sentence."""
    expected: str = "ok"
    """`ok`, or the code of the failure the gateway must report."""
    refusal: str = ""
    """The refusal of the simulated bank that plays it; empty when nothing is refused."""
    needs_certificate: bool = False
    """It can happen only at a bank that wants a client certificate."""
    fault: str = ""
    """A fault that strikes every statement call, for what happens at any bank."""
    fault_parameters: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    """Parameters of the account's ledger and tokens."""
