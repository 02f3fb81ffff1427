"""The banks' adapters, found by name: a module here, or one an installed package names.

An outside package names its connector class in the entry point group `extrato.connectors`, under the bank's slug.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, cast

import contracts
from gateway.connectors.base import Connector

__all__ = ["Connector", "connector_class", "find"]


@cache
def connector_class(slug: str) -> type[Connector[Any]]:
    """The connector class of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector.
    """
    contracts.folder(slug)
    for entry in entry_points(group="extrato.connectors", name=slug):
        return cast("type[Connector[Any]]", entry.load())
    name = f"gateway.connectors.{slug}"
    if find_spec(name) is None:
        raise LookupError(f"{slug} has a contract but no connector")
    module = import_module(name)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Connector) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise LookupError(f"gateway/connectors/{slug}.py must define exactly one connector, it defines {len(classes)}")
    return classes[0]


def find(slug: str, page_size: int = 0) -> Connector[Any]:
    """The connector of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector.
    """
    return connector_class(slug)(contracts.load(slug), page_size)
