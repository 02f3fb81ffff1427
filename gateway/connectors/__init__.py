"""The banks' adapters, found by name: a module here, or one an installed package names.

An outside package names its connector class in the entry point group `extrato.connectors`, under the bank's slug. A
bank whose adapter does not load, cannot be made, or is named by several packages is left out, and the other banks work.
A package cannot replace an adapter of this tree.
"""

from functools import cache
from typing import Any, cast

import contracts
from contracts.packages import Quarantined
from contracts.parts import Parts
from gateway.connectors.base import Connector

__all__ = ["GROUP", "Connector", "banks", "connector_class", "find", "quarantined"]

GROUP = "extrato.connectors"
PARTS = Parts(__name__, Connector, GROUP, "connector")


def banks() -> tuple[str, ...]:
    """The slugs of all banks that can be read, in alphabetical order."""
    aside = {each.slug for each in _aside()}
    return tuple(slug for slug in contracts.banks() if slug not in aside or PARTS.is_own(slug))


def quarantined() -> tuple[Quarantined, ...]:
    """The contracts and adapters that are left out because something is wrong with them."""
    return (*contracts.quarantined(), *_aside())


@cache
def _aside() -> tuple[Quarantined, ...]:
    """The adapters of installed packages that cannot be used."""
    return tuple(PARTS.left_out(lambda found, slug: found(contracts.load(slug), 0)))


@cache
def connector_class(slug: str) -> type[Connector[Any]]:
    """The connector class of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector, or several packages have one.
        Exception: whatever importing an outside package raises.
    """
    contracts.folder(slug)
    return cast("type[Connector[Any]]", PARTS.find(slug))


def find(slug: str, page_size: int = 0) -> Connector[Any]:
    """The connector of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector.
    """
    return connector_class(slug)(contracts.load(slug), page_size)
