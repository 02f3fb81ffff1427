"""Things that go wrong on purpose: one small file each, found by name.

A fault is a struct whose fields are its parameters. It overrides what it needs of `Fault`, whose methods do nothing:

    breaks   the connection ends without an answer
    token    what the bank takes the call's access token for
    instead  an answer in place of the bank's
    alter    another form of the bank's answer, or another way for it to travel (see `delivery`)
    delay    how long the answer is kept back
    cut      another part of the list than the one asked for
    follows  whether the bank says that more of the list follows
"""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from simulators.faults.active import TLS, ActiveFault, Aim, InjectedFault
from simulators.faults.fault import Fault, Slice

__all__ = ["TLS", "ActiveFault", "Aim", "Fault", "InjectedFault", "Slice", "fault_class", "make", "names", "parameters"]

HELPERS = frozenset({"active", "delivery", "fault", "rows", "spoiled", "xml_value"})


@cache
def _classes() -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name in HELPERS:
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


def fault_class(name: str) -> type[Fault]:
    """What a fault is.

    Raises:
        KeyError: there is no such fault.
    """
    return _classes()[name]


def make(name: str, parameters: dict[str, Any] | None = None) -> Fault:
    """A fault with its parameters.

    Raises:
        KeyError: there is no such fault.
        msgspec.ValidationError: a parameter is unknown, of the wrong type or out of its range.
    """
    return msgspec.convert(parameters or {}, fault_class(name))


def parameters(name: str) -> list[dict[str, Any]]:
    """The parameters of a fault, each with `name`, `default` and what JSON Schema says of its type and range.

    Raises:
        KeyError: there is no such fault.
    """
    fault = fault_class(name)
    described = msgspec.json.schema(fault)["$defs"][fault.__name__].get("properties", {})
    return [{"name": parameter, **schema} for parameter, schema in described.items()]
