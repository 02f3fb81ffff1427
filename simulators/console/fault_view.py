"""The injected faults, as pages show them."""

import json
from typing import Any

from msgspec import Struct

from simulators.console import words
from simulators.faults import ActiveFault
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
            id=active.id,
            name=active.fault,
            title=words.fault(active.fault),
            bank=active.bank,
            account=active.number or "",
            aim=_aim(active),
            parameters=_parameters(active.parameters),
            calls=active.calls,
            applied=active.applied,
            struck=active.struck,
            of_scenario=active.id in owned,
        )
        for active in reversed(world.faults)
        if not bank or (active.bank == bank and active.number in {None, account})
    ]


def _aim(active: ActiveFault) -> str:
    parts = [words.KINDS.get(active.operation, active.operation) if active.operation else "todo pedido"]
    if active.after:
        parts.append(f"depois de {active.after}")
    if active.every > 1:
        parts.append(f"um em cada {active.every}")
    if active.times:
        parts.append(f"no máximo {active.times} vez" + ("es" if active.times > 1 else ""))
    if active.probability < 1:
        parts.append(f"com probabilidade {active.probability:g}".replace(".", ","))
    if active.seconds:
        parts.append(f"por {active.seconds:g} s".replace(".", ","))
    return ", ".join(parts)


def _parameters(given: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
