"""The simulated banks, found by name: a module here, or one an installed package names.

An outside package names its bank class in the entry point group `extrato.simulators`, under the bank's slug.
"""

import logging
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import cast

import contracts
from simulators.bank import Bank
from simulators.world import World

__all__ = ["bank_class", "open_banks"]

log = logging.getLogger("simulators.banks")
"""Writes to standard error: standard output has the line that tells the addresses."""


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
    """Every bank that has a contract, opened in a world; a broken simulator of an installed package stops no other."""
    opened = {}
    for slug in contracts.banks():
        try:
            opened[slug] = bank_class(slug)(contracts.load(slug), world)
        except Exception as error:
            if find_spec(f"{__name__}.{slug}") is not None:
                raise
            log.warning("%s is left out: %s: %s", slug, type(error).__name__, error)
    return opened
