"""The banks' adapters, found by name: a module here, or one an installed package names.

An outside package names its connector class in the entry point group `extrato.connectors`, under the bank's slug. A
bank whose adapter does not load, or has several owners, is put aside and stops no other; a bank that is here is nobody
else's.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

import contracts
from contracts.packages import Quarantined
from gateway.connectors.base import Connector

__all__ = ["GROUP", "Connector", "banks", "connector_class", "find", "quarantined"]

GROUP = "extrato.connectors"


def banks() -> tuple[str, ...]:
    """The slugs of all banks that can be read, in alphabetical order."""
    aside = {each.slug for each in _aside()}
    return tuple(slug for slug in contracts.banks() if slug not in aside or _is_own(slug))


def quarantined() -> tuple[Quarantined, ...]:
    """The banks of installed packages that are left out because something is wrong with contract or adapter."""
    return (*contracts.quarantined(), *_aside())


@cache
def _aside() -> tuple[Quarantined, ...]:
    """The banks whose contract is sound and whose adapter, from an installed package, cannot be used."""
    found: list[Quarantined] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if entry.name not in contracts.banks() or any(entry.name == each.slug for each in found):
            continue
        try:
            _outside(entry.name)
        except Exception as error:  # noqa: BLE001 - whatever a foreign package does wrong stops no other
            reason = str(error) if isinstance(error, LookupError) else f"{type(error).__name__}: {error}"
            found.append(Quarantined(entry.name, _owner(entry), entry.value, reason))
    return tuple(found)


@cache
def connector_class(slug: str) -> type[Connector[Any]]:
    """The connector class of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector, or several packages have one.
        Exception: whatever importing an outside package raises.
    """
    contracts.folder(slug)
    if not _is_own(slug):
        return _outside(slug)
    module = import_module(f"{__name__}.{slug}")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Connector) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise LookupError(f"gateway/connectors/{slug}.py must define exactly one connector, it defines {len(classes)}")
    return classes[0]


def _is_own(slug: str) -> bool:
    return find_spec(f"{__name__}.{slug}") is not None


def _outside(slug: str) -> type[Connector[Any]]:
    """The connector class that an installed package names for a slug.

    Raises:
        LookupError: none does, several do, it names something else, or the bank is here.
        Exception: whatever importing the package raises.
    """
    claims = {(_owner(entry), entry.value): entry for entry in entry_points(group=GROUP, name=slug)}
    owners = sorted([*(["extrato"] if _is_own(slug) else []), *(owner for owner, _ in claims)])
    if not claims:
        raise LookupError(f"{slug} has a contract but no connector")
    if len(owners) > 1:
        raise LookupError(f"several packages have a connector of {slug!r}: {', '.join(owners)}")
    (entry,) = claims.values()
    loaded = entry.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Connector)):
        raise LookupError(f"{entry.value} is no class of connector")  # noqa: TRY004 - found, and not what was looked for
    return loaded


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"


def find(slug: str, page_size: int = 0) -> Connector[Any]:
    """The connector of a bank.

    Raises:
        KeyError: there is no such bank.
        LookupError: the bank has a contract but no connector.
    """
    return connector_class(slug)(contracts.load(slug), page_size)
