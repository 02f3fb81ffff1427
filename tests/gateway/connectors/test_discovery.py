"""Adapters of installed packages: one that is broken stops no other, and no slug has two owners."""

import pytest

from gateway import connectors
from tests import packages


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with a contract and an adapter: `install(distribution, slug, code)`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    packages.forget()

    def put(distribution, slug, code=packages.CONNECTOR, **more):
        packages.install(tmp_path, distribution, slug, connector=code, simulator=None, **more)

    yield put
    packages.forget()


ABSTRACT = """from gateway.connectors import Connector


class Connector(Connector):
    pass
"""


CLASS = packages.CONNECTOR.replace("    pass\n", "")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("raise RuntimeError('spoilt')\n", "RuntimeError: spoilt"),
        ("import sys\n\nsys.exit(3)\n", "ends the program: 3"),
        (f"{CLASS}    def __init__(self, *_):\n        raise SystemExit(0)\n", "ends the program: 0"),
        (f"{CLASS}    def __init__(self, *_):\n        raise BaseException('x')\n", "ends the program: x"),
        ("Other = 1\n", "Connector"),
        ("Connector = 1\n", "no class of connector"),
        ("def broken(:\n", "SyntaxError"),
        (ABSTRACT, "abstract"),
        (None, "has a contract but no connector"),
    ],
    ids=["raises", "exits", "exits_when_made", "ends_when_made", "absent", "no_class", "syntax", "abstract", "none"],
)
def test_a_broken_adapter_stops_no_other(install, request, code, word):
    """Its bank is put aside with its file and the reason; every other bank can be read."""
    name = request.node.callspec.id
    install(f"broken_{name}", "broken_bank", code)
    install(f"sound_{name}", "sound_bank")

    (aside,) = connectors.quarantined()

    assert (aside.slug, aside.package) == ("broken_bank", f"broken_{name}")
    assert aside.file.endswith(f"broken_{name}/{'connector.py' if code else 'bank.yaml'}")
    assert word in aside.reason
    assert {"sound_bank", "inter"} <= {*connectors.banks()}
    assert "broken_bank" not in connectors.banks()
    assert connectors.find("sound_bank").contract.slug == "sound_bank"


def test_the_line_at_fault_is_named(install):
    """It stands in the file of the package in which it was, behind those of Python."""
    install("faulty_adapter", "faulty", "import json\n\njson.loads('[')\n")

    assert connectors.quarantined()[0].reason.endswith("faulty_adapter/connector.py, line 3)")


def test_two_adapters_of_a_slug_are_refused_by_name(install):
    """Nobody decides which one is meant; a bank that is here is nobody else's."""
    install("first_owner", "twice")
    install("second_owner", "twice", contract_in=None)
    install("pirate", "inter", contract_in=None)

    reasons = {(each.slug, each.package): each.reason for each in connectors.quarantined()}

    twice = "several packages have a connector of 'twice': first_owner, second_owner"
    assert reasons == {
        ("twice", "first_owner"): twice,
        ("twice", "second_owner"): twice,
        ("inter", "pirate"): "several packages have a connector of 'inter': extrato, pirate",
    }
    assert "twice" not in connectors.banks()
    assert "inter" in connectors.banks()
    assert connectors.find("inter").__class__.__module__ == "gateway.connectors.inter"


def test_an_adapter_without_a_contract(install):
    """It is named, and one word is enough where the contract is put aside already."""
    install("lonely_adapter", "lonely", contract_in=None)
    install("spoilt_bank", "spoilt", contract=lambda text: "][")

    reasons = {each.slug: each.reason for each in connectors.quarantined()}

    assert len(reasons) == len(connectors.quarantined()) == 2
    assert reasons["lonely"] == "there is no contract of a bank 'lonely'"


def test_a_slug_may_be_the_name_of_a_module_that_is_no_bank(install):
    """`gateway.connectors.fields` is no adapter, so that a bank of that name has one owner."""
    install("odd_name", "fields")

    assert connectors.quarantined() == ()
    assert connectors.connector_class("fields").__module__ == "odd_name.connector"
