"""The injected faults, as pages show them."""

import json
from typing import Any

from msgspec import Struct

from simulators.console import words
from simulators.world import World

__all__ = ["ShownFault", "shown_faults"]


class ShownFault(Struct, frozen=True):
    """One injected fault."""

    id: str
    name: str
    title: str
    bank: str
    account: str
    aim: str
    """The calls it means, in words."""
    parameters: str
    calls: int
    applied: int
    struck: int
    of_scenario: bool
    """Whether it belongs to the scenario of an account, with which alone it ends."""


def shown_faults(world: World, bank: str = "", account: str = "") -> list[ShownFault]:
    """The faults, newest first: all of them, or those that apply to an account of a bank."""
    owned = {fault_id for each in world.accounts.values() for fault_id in each.scenario_faults}
    return [
        ShownFault(
            id=fault.id,
            name=fault.name,
            title=words.fault(fault.name),
            bank=fault.bank,
            account=fault.number or "",
            aim=_aim(fault),
            parameters=_parameters(fault.parameters),
            calls=fault.calls,
            applied=fault.applied,
            struck=fault.struck,
            of_scenario=fault.id in owned,
        )
        for fault in reversed(world.faults)
        if not bank or (fault.bank == bank and fault.number in {None, account})
    ]


def _aim(fault: Any) -> str:
    parts = [words.KINDS.get(fault.operation, fault.operation) if fault.operation else "todo pedido"]
    if fault.after:
        parts.append(f"depois de {fault.after}")
    if fault.every > 1:
        parts.append(f"um em cada {fault.every}")
    if fault.times:
        parts.append(f"no máximo {fault.times} vez" + ("es" if fault.times > 1 else ""))
    if fault.probability < 1:
        parts.append(f"com probabilidade {fault.probability:g}".replace(".", ","))
    if fault.seconds:
        parts.append(f"por {fault.seconds:g} s".replace(".", ","))
    return ", ".join(parts)


def _parameters(given: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
