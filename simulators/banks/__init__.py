"""The simulated banks, found by name: a module here, or one an installed package names.

An outside package names its bank class in the entry point group `extrato.simulators`, under the bank's slug. One that
does not load, cannot be opened, has several owners, or hosts that another bank has, is put aside and stops no other; a
bank of this folder belongs to no package.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import cast

from msgspec import Struct

import contracts
from contracts.packages import Quarantined
from contracts.parts import Parts, going_on
from simulators.bank import Bank
from simulators.world import World

__all__ = ["GROUP", "Opened", "bank_class", "banks", "open_banks", "quarantined"]

GROUP = "extrato.simulators"
PARTS = Parts(__name__, Bank, GROUP, "simulator")
BEYOND = Parts(f"{__name__}.beyond", Bank, GROUP, "simulator")
"""The same banks with the reads that no gateway makes, where there is such a module; see `simulators.banks.beyond`."""

log = logging.getLogger("simulators.banks")
"""Writes to standard error: standard output has the line with the addresses."""


class Opened(Struct, frozen=True):
    """The banks of a world."""

    banks: dict[str, Bank]
    """By slug, in alphabetical order."""
    quarantined: tuple[Quarantined, ...]
    """What is left out because something is wrong with it."""


@cache
def bank_class(slug: str) -> type[Bank]:
    """The simulated bank of a slug.

    Raises:
        LookupError: the bank has a contract but is not simulated, or several packages simulate it.
        Exception: whatever importing an outside package raises.
    """
    parts = BEYOND if BEYOND.is_own(slug) else PARTS
    return cast("type[Bank]", parts.find(slug))


def banks() -> tuple[str, ...]:
    """The slugs of all banks that can be simulated, in alphabetical order."""
    aside = {each.slug for each in quarantined()}
    return tuple(slug for slug in contracts.banks() if slug not in aside or PARTS.is_own(slug))


@cache
def quarantined() -> tuple[Quarantined, ...]:
    """The contracts and simulators that are left out because something is wrong with them."""
    return (*contracts.quarantined(), *PARTS.left_out(lambda found, _: found))


def open_banks(world: World, furnish: Callable[[Bank], object] | None = None) -> Opened:
    """Every bank that has a contract and a simulator, opened in a world.

    Args:
        world: the world.
        furnish: does at each bank what must succeed for it to be opened, if anything.
    """
    aside = list(quarantined())
    opened: dict[str, Bank] = {}
    # Those that are here come first, so that no other takes their hosts.
    for slug in sorted(banks(), key=lambda slug: not PARTS.is_own(slug)):
        try:
            opened[slug] = _opened(slug, world, furnish, opened)
        except Exception as error:
            if PARTS.is_own(slug):
                raise
            world.forget(slug)
            aside.append(PARTS.failed(slug, error))
    for each in aside:
        log.warning("%s is left out: %s (%s of %s)", each.slug, each.reason, each.file, each.package)
    return Opened(dict(sorted(opened.items())), tuple(aside))


def _opened(slug: str, world: World, furnish: Callable[[Bank], object] | None, others: dict[str, Bank]) -> Bank:
    """A bank of its own hosts, opened in a world.

    Raises:
        LookupError: another bank has one of its hosts.
    """
    made = bank_class(slug)
    with going_on(f"making a simulator of {slug}"):
        bank = made(contracts.load(slug), world)
    for name, other in others.items():
        if shared := bank.hosts & other.hosts:
            raise LookupError(f"the host {min(shared)} is that of {name}, and a caller says nothing but the host")
    if furnish is not None:
        with going_on(f"furnishing {slug}"):
            furnish(bank)
    return bank
