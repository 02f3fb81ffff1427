"""What running a check found, and what of it a contract exempts the bank from."""

from collections.abc import Callable

from msgspec import Struct

from simulators.certify.bench import Bench, Check
from simulators.certify.cases import Case
from simulators.certify.certificate.explain import Explanation

__all__ = ["Found", "run_exempted"]

# An exemption that is not needed any more hides nothing today and something tomorrow.
NEEDLESS = "the contract exempts the bank from this, but nothing falls short"
HAS_PARTS = (
    "the contract exempts the bank from this: `only` has to say from which faults at which operations, or from which "
    "scenarios, or all others go untried"
)
HAS_NO_PARTS = "the exemption has `only`, but this check tries no fault and no scenario by its name"


class Found(Struct, frozen=True):
    """What running one check found."""

    shortfall: str = ""
    """Empty when nothing falls short."""
    case: Case | None = None
    """The smallest case that falls short, of a check that draws cases."""
    explanation: Explanation = Explanation()
    endless: bool = False
    """Whether the adapter took all the time that a case has."""
    exempt: str = ""
    """From what the contract exempts the bank, and why; empty where from nothing."""


def run_exempted(check: Check, bench: Bench, run: Callable[[], Found]) -> Found:
    """What falls short of a check besides what the contract exempts the bank from, which must be needed.

    Args:
        check: the check.
        bench: the adapter and its simulated bank.
        run: runs the check on it.
    """
    exemption = bench.contract.exemptions.get(check.name)
    if exemption is None:
        return run()
    if check.parted != bool(exemption.only):
        return Found(HAS_PARTS if check.parted else HAS_NO_PARTS)
    reason = exemption.note or exemption.source
    if not exemption.only:
        return Found(exempt=reason) if run().shortfall else Found(NEEDLESS)
    for each in exemption.only:
        bench.alone = each
        try:
            is_needed = bool(run().shortfall)
        finally:
            bench.alone = None
        if not is_needed:
            return Found(f"{NEEDLESS}: {each}")
    bench.left_out = exemption.only
    try:
        found = run()
    finally:
        bench.left_out = ()
    return found if found.shortfall else Found(exempt=f"{', '.join(map(str, exemption.only))}: {reason}")
