"""What a scenario is."""

from typing import Any, Literal

from msgspec import Struct

__all__ = ["InjectedFault", "Need", "Scenario"]

Need = Literal[
    "", "mutual_tls", "bound_certificate", "one_kind", "documented_limit", "tokens", "weekends_again", "balances_apart"
]
"""What a bank must have for a scenario to happen there."""


class InjectedFault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault, and to which of an account's calls it applies; see `simulators.faults.Aim`."""

    fault: str
    at: str = "statement"
    """Name or kind of an operation; `tls` for the connection itself."""
    parameters: dict[str, Any] = {}
    after: int = 0
    every: int = 1
    probability: float = 1.0
    times: int = 0
    seconds: float = 0.0


class Scenario(Struct, frozen=True, kw_only=True):
    """A named situation. At which banks it can happen follows from what they need and can refuse."""

    name: str
    title: str
    does: str
    """What the bank does in it, in one sentence."""
    expected: str = "ok"
    """`ok`, or the code of the failure the gateway must report."""
    unbalanced: bool = False
    """Whether the bank's balances do not follow from its entries, so that no reader can know the ledger's."""
    before_the_bank: bool = False
    """Whether the credential form settles it, so that the bank is never asked."""
    refusal: str = ""
    """The refusal of the simulated bank that plays it; empty when nothing is refused."""
    needs: Need = ""
    faults: tuple[InjectedFault, ...] = ()
    """Faults that are injected into the account's calls, for what happens at any bank."""
    parameters: dict[str, Any] = {}
    """Parameters of the account's ledger, certificate and tokens."""
    parameters_where_limited: dict[str, Any] = {}
    """Parameters besides those, at a bank that documents how many calls it takes in a minute: fewer movements, so that
    an account that is expected to read can be read within the limit."""
