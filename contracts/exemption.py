"""What the acceptance suite tries and a bank's answers cannot satisfy."""

from typing import Any

from msgspec import field

from contracts.fact import Fact, Strict
from contracts.operation import OperationKind

__all__ = ["Exempted", "Exemption"]


class Exempted(Strict, frozen=True, kw_only=True):
    """One thing that a check tries: a fault at a kind of operation, or a scenario."""

    fault: str = ""
    operation: OperationKind | None = None
    """The kind of operation at which the fault is tried."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Those that the fault is tried with; others may be anything."""
    scenario: str = ""

    def __post_init__(self) -> None:
        """Check that one thing is named in full.

        Raises:
            ValueError: it is neither a fault with its operation nor a scenario, or it is both.
        """
        if bool(self.fault) == bool(self.scenario) or bool(self.fault) != (self.operation is not None):
            raise ValueError("`only` names a `fault` with its `operation`, or a `scenario`")

    def __str__(self) -> str:
        if self.scenario:
            return f"the scenario {self.scenario}"
        parameters = f" {self.parameters}" if self.parameters else ""
        return f"the fault {self.fault}{parameters} at {self.operation}"

    def is_of(self, fault: str, operation: str | None, parameters: dict[str, Any]) -> bool:
        """Whether it is this fault at this kind of operation (None for any), with these parameters."""
        at = operation is None or operation == self.operation
        return fault == self.fault and at and self.parameters.items() <= parameters.items()


class Exemption(Fact, frozen=True, kw_only=True):
    """A check that a bank's answers cannot satisfy, or what of it; `note` says why."""

    only: tuple[Exempted, ...] = ()
    """What of the check; empty for all of it, which is possible where the check tries nothing by its name."""
