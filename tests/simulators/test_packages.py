"""Simulated banks of installed packages."""

import logging

import pytest

from simulators import banks
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.world import World


def broken(slug, wrong):
    """A finder of bank classes that fails for one slug."""
    find = banks.bank_class

    def found(wanted):
        if wanted == slug:
            raise wrong
        return find(wanted if wanted != "thirteenth" else "inter")

    return found


def test_a_broken_simulator_of_a_package_stops_no_other(monkeypatch, caplog):
    """It is left out and logged with its reason; one that is here is an error."""
    load, known = banks.contracts.load, banks.contracts.banks()
    monkeypatch.setattr(banks.contracts, "banks", lambda: (*known, "thirteenth"))
    monkeypatch.setattr(banks.contracts, "load", lambda slug: load("inter" if slug == "thirteenth" else slug))
    caplog.set_level(logging.WARNING, logger="simulators.banks")
    world = World(1, FrozenClock(NOW), Authority(NOW))

    with monkeypatch.context() as patched:
        patched.setattr(banks, "bank_class", broken("thirteenth", ImportError("no module x")))
        assert tuple(banks.open_banks(world)) == known
    assert caplog.messages == ["thirteenth is left out: ImportError: no module x"]

    monkeypatch.setattr(banks, "bank_class", broken("inter", ImportError("no module x")))
    with pytest.raises(ImportError):
        banks.open_banks(world)
