"""Things that go wrong on purpose: one small file each, found by name.

A fault is a struct whose fields are its parameters. It overrides what it needs of `Fault`, whose methods do nothing:

    instead  an answer in place of the bank's
    alter    another form of the bank's answer
    cut      another part of the list than the one asked for
"""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from simulators.faults.fault import ActiveFault, Fault, Slice

__all__ = ["ActiveFault", "Fault", "Slice", "make", "names"]


@cache
def _classes() -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name == "fault":
            continue
        module = import_module(f"{__name__}.{module_info.name}")
        found[module_info.name] = next(
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Fault) and value.__module__ == module.__name__
        )
    return found


def names() -> tuple[str, ...]:
    """All faults, by the name of their file."""
    return tuple(sorted(_classes()))


def make(name: str, parameters: dict[str, Any] | None = None) -> Fault:
    """A fault with its parameters.

    Raises:
        KeyError: there is no such fault.
        msgspec.ValidationError: a parameter is unknown or of the wrong type.
    """
    return msgspec.convert(parameters or {}, _classes()[name])
