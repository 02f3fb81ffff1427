"""The guide of contracts/README.md, followed step by step in a temporary folder."""

import re
import shutil

import pytest

import contracts
from contracts.schema import ContractError
from gateway.connectors import connector_class
from simulators.banks import bank_class
from tests.test_architecture import PLACES

GUIDE = (contracts.HERE / "README.md").read_text()


@pytest.fixture
def new_bank(tmp_path, monkeypatch):
    """Step 1: the template copied to `banks/<slug>/`."""
    shutil.copytree(contracts.HERE / "template", tmp_path / "banks" / "newbank")
    monkeypatch.setattr(contracts, "HERE", tmp_path)
    caches = (contracts._found, contracts.load, contracts.exchanges)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path / "banks" / "newbank"
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def fill_in(folder):
    """Step 2 and 3: what a human must fill in."""
    for file in folder.rglob("*.yaml"):
        text = file.read_text().replace('source: ""', "source: portal")
        file.write_text(text.replace("slug: template", "slug: newbank"))


def test_the_copy_is_found_and_lacks_only_what_a_human_knows(new_bank):
    """The new bank is found by its folder; what is refused is the missing source, then the slug, then nothing."""
    file = new_bank / "bank.yaml"
    assert contracts.banks() == ("newbank",)

    with pytest.raises(ContractError, match="source"):
        contracts.load("newbank")
    file.write_text(file.read_text().replace('source: ""', "source: portal"))
    with pytest.raises(ContractError, match="slug is 'template'"):
        contracts.load("newbank")
    fill_in(new_bank)

    assert contracts.load("newbank").slug == "newbank"
    assert contracts.exchanges("newbank")["token"].expected.more


def test_then_the_two_sides_are_missing_and_said_so(new_bank):
    """With the facts filled in, what is missing is the simulator, then the connector, each told by name."""
    fill_in(new_bank)

    with pytest.raises(LookupError, match="newbank has a contract but no simulator"):
        bank_class("newbank")
    with pytest.raises(LookupError, match="newbank has a contract but no connector"):
        connector_class("newbank")


def test_the_guide_names_every_place():
    """Each place that a bank must be in is named by the guide."""
    for place in PLACES:
        named = place.removeprefix("contracts/").format("<slug>")
        assert named.rpartition("/")[2].replace("<slug>", "") in GUIDE.replace("<slug>", ""), place


def test_the_guide_names_what_exists():
    """Each file and folder of the project that the guide names is there."""
    root = contracts.HERE.parent
    for name in re.findall(r"`((?:tests|simulators|gateway)/[\w/.]+)`", GUIDE):
        assert (root / name).exists(), name
