"""Simulated banks of installed packages: one that is broken stops no other, and no slug has two owners."""

import logging

import httpx
import pytest

import contracts
from simulators import banks
from simulators.certify.bench import two_sided, why_not
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.control.app import control_app
from simulators.pki import Authority
from simulators.world import World
from simulators.worlds.registry import Worlds
from tests import packages

AUTHORITY = Authority()
CLASS = packages.SIMULATOR.replace("    pass\n", "")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with a bank; arguments as of `packages.install`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    packages.forget()
    yield lambda *what, **how: packages.install(tmp_path, *what, **how)
    packages.forget()


def opened():
    return banks.open_banks(World(1, FrozenClock(NOW), AUTHORITY))


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (1, "raise RuntimeError('spoilt')\n", "RuntimeError: spoilt"),
        (2, "raise SystemExit('I end here')\n", "ends the program: I end here"),
        (3, "Other = 1\n", "Simulator"),
        (4, "Simulator = 1\n", "no class of simulator"),
        (5, "def broken(:\n", "SyntaxError"),
        (6, f"{CLASS}    def __init__(self, contract, world):\n        raise KeyError('x')\n", "KeyError: 'x'"),
        (7, None, "has a contract but no simulator"),
        (8, f"{CLASS}    def __init__(self, contract, world):\n        raise SystemExit(0)\n", "ends the program: 0"),
    ],
)
def test_a_broken_simulator_of_a_package_stops_no_other(install, caplog, number, code, word):
    """It is put aside with its file and the reason, which is logged too; every other bank is played."""
    own = contracts.banks()
    packages.forget()
    install(f"broken_simulator_{number}", "broken", simulator=code)
    install(f"sound_simulator_{number}", "sound")
    caplog.set_level(logging.WARNING, logger="simulators.banks")

    found = opened()

    (aside,) = found.quarantined
    assert tuple(found.banks) == tuple(sorted((*own, "sound")))
    assert (aside.slug, aside.package) == ("broken", f"broken_simulator_{number}")
    assert aside.file.endswith(f"broken_simulator_{number}/{'simulator.py' if code else 'bank.yaml'}")
    assert word in aside.reason
    (line,) = caplog.messages
    assert all(part in line for part in (aside.slug, aside.package, aside.file, aside.reason))


def test_the_line_at_fault_is_named(install):
    """Its author need not search for it."""
    install("faulty_line", "faulty", simulator="import sys\n\nraise ValueError('here')\n")

    assert opened().quarantined[0].reason.endswith("faulty_line/simulator.py, line 3)")


def test_two_simulators_of_a_slug_are_refused_by_name(install):
    """Nobody decides which one is meant."""
    install("first_simulator", "twice")
    install("second_simulator", "twice", connector=None, contract_in=None)

    found = opened()

    assert {each.package for each in found.quarantined} == {"first_simulator", "second_simulator"}
    assert {each.reason for each in found.quarantined} == {
        "several packages have a simulator of 'twice': first_simulator, second_simulator"
    }
    assert "twice" not in found.banks
    with pytest.raises(LookupError, match="first_simulator, second_simulator"):
        banks.bank_class("twice")


def test_no_package_replaces_a_simulator_that_is_here(install):
    """The bank that is here stays, the package is put aside."""
    install("pirate_simulator", "inter", connector=None, contract_in=None)

    (aside,) = banks.quarantined()

    assert aside.reason == "several packages have a simulator of 'inter': extrato, pirate_simulator"
    assert banks.bank_class("inter").__module__ == "simulators.banks.beyond.inter"
    assert type(opened().banks["inter"]).__module__ == "simulators.banks.beyond.inter"


def test_a_simulator_without_a_contract(install):
    """It is named; a word about the contract is enough where that is what is wrong."""
    install("lonely_simulator", "lonely", connector=None, contract_in=None)
    install("spoilt_contract", "spoilt", contract=lambda text: "][")

    reasons = {each.slug: each.reason for each in banks.quarantined()}

    assert len(reasons) == len(banks.quarantined()) == 2
    assert reasons["lonely"] == "there is no contract of a bank 'lonely'"
    assert "bank.yaml" in reasons["spoilt"]


def test_no_package_takes_the_host_of_another_bank(install):
    """Callers say nothing but the host; the bank that is here keeps its own, whatever the order of the slugs."""
    install("first_in_order", "aaa", host=packages.HOST)

    found = opened()

    assert "aaa" not in found.banks
    assert "inter" in found.banks
    assert found.quarantined[0].reason.startswith(f"the host {packages.HOST} is that of inter")


@pytest.mark.anyio
async def test_a_bank_without_ready_accounts_is_left_out(install):
    """Whatever its accounts cannot be opened for; nothing of it stays behind, and the control API says so."""
    fails = f"{CLASS}    def issue_credentials(self, account):\n        return {{}}['x']\n"
    install("no_accounts", "aaa", simulator=fails)
    worlds = Worlds(1, clock=lambda: FrozenClock(NOW))
    simulation = worlds.shared

    async with httpx.AsyncClient(transport=httpx.ASGITransport(control_app(worlds)), base_url="http://s") as client:
        listing = (await client.get("/_sim/banks")).json()
        listed = (await client.get("/_sim/accounts")).json()

    assert listing["banks"] == list(simulation.banks) == [slug for slug in contracts.banks() if slug != "aaa"]
    assert [(each["slug"], each["package"]) for each in listing["quarantined"]] == [("aaa", "no_accounts")]
    assert {each["bank"] for each in listed} == {*simulation.banks}


def test_what_cannot_be_tried_says_why(install):
    """Certify and grid take the banks with both sides, and name file and reason of the others."""
    install("half_simulator", "half", simulator="raise RuntimeError('spoilt')\n")
    install("half_connector", "other_half", connector="raise RuntimeError('spoilt as well')\n")

    assert {"half", "other_half"}.isdisjoint(two_sided())
    assert "inter" in two_sided()
    assert "half_simulator/simulator.py: RuntimeError: spoilt" in why_not("half")
    assert "half_connector/connector.py: RuntimeError: spoilt as well" in why_not("other_half")
    assert why_not("nubank") == "there is no bank 'nubank'"
    assert not why_not("inter")
