"""The simulated banks, found by name: a module here, or one an installed package names.

An outside package names its bank class in the entry point group `extrato.simulators`, under the bank's slug.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import cast

import contracts
from simulators.bank import Bank
from simulators.world import World

__all__ = ["bank_class", "open_banks"]


@cache
def bank_class(slug: str) -> type[Bank]:
    """The simulated bank of a slug.

    Raises:
        LookupError: the bank has a contract but is not simulated.
    """
    for entry in entry_points(group="extrato.simulators", name=slug):
        return cast("type[Bank]", entry.load())
    name = f"{__name__}.{slug}"
    if find_spec(name) is None:
        raise LookupError(f"{slug} has a contract but no simulator")
    module = import_module(name)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Bank) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise LookupError(f"simulators/banks/{slug}.py must define exactly one bank, it defines {len(classes)}")
    return classes[0]


def open_banks(world: World) -> dict[str, Bank]:
    """Every bank that has a contract, opened in a world."""
    return {slug: bank_class(slug)(contracts.load(slug), world) for slug in contracts.banks()}
