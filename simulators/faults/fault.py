"""What a fault is: what it may change of one call, and what may come of it."""

from collections.abc import Sequence
from random import Random
from typing import ClassVar, Generic, TypeVar

import httpx
from msgspec import Struct

from contracts.schema import Contract
from simulators.faults.delivery import Delivery
from simulators.tokens import TokenState

__all__ = ["Fault", "Slice"]

T = TypeVar("T")


class Slice(Struct, Generic[T], frozen=True):
    """The part of a list that one page shows, and whether more follows."""

    rows: Sequence[T]
    more: bool


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """The fault that does nothing; the others override what they need."""

    title: ClassVar[str]
    """What goes wrong, in a few words."""
    idle: ClassVar[bool] = False
    """Whether it means to change nothing."""
    harmless: ClassVar[bool] = False
    """Whether a statement must be the truth all the same; otherwise it is the truth or a failure, and nothing else."""
    failures: ClassVar[frozenset[str]] = frozenset()
    """Codes of the failures a reader may honestly report, besides those by which a contract names `statuses`."""
    blurs: ClassVar[frozenset[str]] = frozenset()
    """Fields of an entry that may then differ from the ledger, as no reader can know better; never money or dates."""

    @property
    def statuses(self) -> frozenset[int]:
        """Statuses it makes the bank answer, which a contract may give a name of their own: its parameter `status`."""
        return frozenset({self.status} if hasattr(self, "status") else ())

    def outcomes(self, contract: Contract, at: str) -> frozenset[str]:
        """The failures a reader of this bank may honestly report of it at that kind of operation, or at `tls`."""
        named = (symptom for symptom in contract.symptoms if at in symptom.at and self.statuses & {*symptom.status})
        return self.failures | {symptom.failure for symptom in named}

    def breaks(self) -> Delivery | None:
        """How the connection ends without an answer, or None; a fault that says how can be aimed at `tls`."""
        return None

    def token(self, state: TokenState) -> TokenState:
        """What the bank takes the call's access token for."""
        return state

    def instead(self, request: httpx.Request) -> httpx.Response | None:
        """An answer in place of the bank's, or None to let the bank answer."""
        return None

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that is sent in place of the bank's."""
        return response

    def delay(self, chance: Random) -> float:
        """Seconds for which the answer is kept back, drawn from a source of chance of the call's own."""
        return 0.0

    def cut(self, start: int, size: int) -> int:
        """Where the page that should begin at `start` begins."""
        return start

    def follows(self, more: bool) -> bool:  # noqa: FBT001 - what is known of the list, not a mode
        """Whether the bank says that more follows."""
        return more
