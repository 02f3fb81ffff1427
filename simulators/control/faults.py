"""The part of the control API that injects, lists and stops faults."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import ValidationError, field

from simulators import faults
from simulators.control.answers import ActiveFaultAnswer, FaultsAnswer, answer
from simulators.control.choices import Simulated, Unfit, check_known
from simulators.control.worlds import require_all
from simulators.faults import TLS, Aim
from simulators.simulation import Simulation
from simulators.world import MOST_FAULTS

__all__ = ["FaultControl"]

Chosen = FromQuery[str | None]

CHOICES = ("bank", "number", "id", "all")
"""By which faults are chosen that are to stop."""


class NewFault(Aim, kw_only=True):
    """A fault to inject, and the calls it means."""

    bank: str
    fault: str
    parameters: dict[str, Any] = field(default_factory=dict)
    """Parameters of the fault; the catalogue has them."""


class FaultControl(Controller):
    """The calls of `/_sim/faults`."""

    path = "/_sim/faults"

    @get()
    async def list_faults(self, simulation: Simulated) -> FaultsAnswer:
        """The injected faults with their counts, the names of all faults, and a description of each."""
        found = {
            "active": simulation.world.faults,
            "known": list(faults.names()),
            "catalogue": [_described(name) for name in faults.names()],
        }
        return answer(found, FaultsAnswer)

    @post()
    async def add_fault(self, simulation: Simulated, data: JSONBody[NewFault]) -> ActiveFaultAnswer:
        """Inject a fault."""
        _check(simulation, data)
        aim = {name: getattr(data, name) for name in Aim.__struct_fields__}
        active = simulation.world.inject(data.bank, fault=data.fault, parameters=data.parameters, **aim)
        return answer(active, ActiveFaultAnswer)

    @delete()
    async def clear_faults(
        self,
        request: Request[Any, Any, Any],
        simulation: Simulated,
        bank: Chosen = None,
        number: Chosen = None,
        fault_id: Annotated[str | None, QueryParameter(name="id")] = None,
        *,
        everything: Annotated[bool, QueryParameter(name="all")] = False,
    ) -> None:
        """Stop the faults: all of them, one by its id, or those of a bank and an account.

        In the world that all share, stopping all of them needs `all=true`.

        Those that make up an account's scenario stay, because the account is listed under that scenario; moving it into
        another scenario removes them.
        """
        _check_choice(simulation, request, bank)
        if bank is number is fault_id is None:
            require_all(simulation, everything, "without a choice the faults of everybody would stop")
        world = simulation.world
        staying = {fault_id for account in world.accounts.values() for fault_id in account.scenario_faults}
        stopped = {
            fault.id
            for fault in world.faults
            if fault.id not in staying
            and bank in {None, fault.bank}
            and number in {None, fault.number}
            and fault_id in {None, fault.id}
        }
        if fault_id is not None and not stopped:
            raise NotFoundException(f"there is no fault {fault_id!r} that can be stopped")
        world.faults = [fault for fault in world.faults if fault.id not in stopped]


def _check_choice(simulation: Simulation, request: Request[Any, Any, Any], bank: str | None) -> None:
    """Refuse a choice that was mistyped: passed over, it would stop every fault there is, or none.

    Raises:
        HTTPException: 422 with the parameter and what is wrong about it.
    """
    if unknown := [name for name in request.query_params if name not in CHOICES]:
        raise Unfit(f"{unknown[0]}: faults are chosen by {', '.join(CHOICES)}")
    if bank is not None:
        check_known("bank", bank, simulation.banks)


def _check(simulation: Simulation, new: NewFault) -> None:
    """Refuse a fault that could never apply to a call.

    Raises:
        HTTPException: 422 with the field and what is wrong about it.
    """
    if len(simulation.world.faults) >= MOST_FAULTS:
        raise Unfit(f"there are {MOST_FAULTS} faults, and no more at a time")
    check_known("bank", new.bank, simulation.banks)
    check_known("fault", new.fault, faults.names())
    if new.number is not None and simulation.world.account(new.bank, new.number) is None:
        raise Unfit(f"number: {new.bank} has no account {new.number!r}")
    targets = simulation.banks[new.bank].fault_targets
    if new.operation is not None and new.operation not in targets:
        raise Unfit(f"operation: {new.bank} has none of {new.operation!r}, only {', '.join(sorted(targets))}")
    try:
        fault = faults.make(new.fault, new.parameters)
    except ValidationError as error:
        names = ", ".join(each["name"] for each in faults.parameters(new.fault))
        taken = f"only {names}" if names else "no parameters"
        raise Unfit(f"parameters: {error}; {new.fault} takes {taken}") from error
    if new.operation == TLS and fault.breaks() is None:
        raise Unfit(f"operation: {new.fault} cannot act on the connection itself")


def _described(name: str) -> dict[str, Any]:
    fault = faults.fault_class(name)
    return {
        "name": name,
        "title": fault.title,
        "parameters": faults.parameters(name),
        "harmless": fault.harmless,
        "failures": sorted(fault.failures),
    }
