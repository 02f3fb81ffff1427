"""What calls of the control API name: a bank, a fault, a scenario, an account."""

from collections.abc import Collection

from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException

from simulators.simulation import Simulation
from simulators.world import SimulatedAccount

__all__ = ["Simulated", "Unfit", "account_of", "check_known"]

Simulated = NamedDependency[Simulation]
"""The simulation of the world that a call is about."""


class Unfit(HTTPException):
    """What was sent can be read and cannot be taken."""

    status_code = 422


def check_known(kind: str, name: str, known: Collection[str], *, status: int = 422) -> None:
    """Refuse a name that is unknown, and say which are known.

    Args:
        kind: of what it is the name, which is also the name of the field: `bank`, `fault`, `scenario`.
        name: as it was sent.
        known: all names of that kind.
        status: of the refusal.

    Raises:
        HTTPException: the name is unknown.
    """
    if name not in known:
        detail = f"{kind}: there is no {kind} {name!r}, only {', '.join(known)}"
        raise HTTPException(detail, status_code=status)


def account_of(simulation: Simulation, bank: str, number: str) -> SimulatedAccount:
    """The account of a number, which may have zeros before it.

    Raises:
        NotFoundException: there is none.
    """
    account = simulation.world.account(bank, number) or simulation.world.account(bank, number.lstrip("0"))
    if account is None:
        raise NotFoundException(f"{bank} has no account {number}")
    return account
