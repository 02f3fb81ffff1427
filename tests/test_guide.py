"""The guide of contracts/README.md, followed step by step as a stranger would, with a bank of another package."""

import importlib
import re
import shlex
import sys

import pytest
from click.testing import CliRunner

import contracts
from gateway import connectors
from gateway.cli import cli as gateway
from simulators import banks
from simulators.certify.bench import Bench, two_sided
from simulators.certify.certificate.suite import certify, named_checks
from simulators.certify.files.places import MARK, places_in
from simulators.cli import main as simulators
from tests.packages import forget, install_project
from tests.test_architecture import PLACES

GUIDE = (contracts.HERE / "README.md").read_text()
BEGIN = re.search(r"`simulators (new (\w+) [^`]*--package (\S+))`", GUIDE)


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Step 1 as it is written: the command of the guide, then the installation of what it wrote."""
    folder = tmp_path / "package"
    command = [str(folder) if word == BEGIN[3] else word for word in shlex.split(BEGIN[1])]
    done = CliRunner().invoke(simulators, command)
    assert done.exit_code == 0, done.output
    monkeypatch.syspath_prepend(str(folder))
    install_project(folder)
    importlib.invalidate_caches()
    forget()
    yield folder
    monkeypatch.undo()
    forget()
    for module in [each for each in sys.modules if each.startswith(f"extrato_{BEGIN[2]}")]:
        del sys.modules[module]


def test_the_steps_lead_to_a_certificate_and_a_served_bank(begun):
    """Begun: one check is red. Filled in: certified as rehearsed. Served: in both catalogues, nothing put aside."""
    slug = BEGIN[2]
    first = certify(Bench(slug), examples=5)
    assert [result.name for result in first.results if not result.passed] == ["facts"]

    for place in places_in([begun]):
        place.file.write_text(place.file.read_text().replace(MARK, "portal"))
    forget()
    for step in ("simulator", "exchanges"):
        assert f"`simulators certify {slug} --check {step}`" in GUIDE
        assert certify(Bench(slug), checks=named_checks(step)).passed
    last = certify(Bench(slug), examples=5)
    assert (last.verdict, last.level) == ("rehearsed", "polite")

    documented = begun / f"extrato_{slug}" / "exchanges"
    for file in documented.glob("*.yaml"):
        file.write_text(file.read_text().replace("evidence: assumed", "evidence: documented"))
    forget()
    assert certify(Bench(slug), checks=named_checks("exchanges")).unwitnessed == ()
    assert slug in two_sided()
    assert not connectors.quarantined()
    assert not banks.quarantined()
    listed = CliRunner().invoke(gateway, ["banks"])
    assert slug in listed.output
    ready = CliRunner().invoke(simulators, ["accounts", "--bank", slug, "--scenario", "ok"])
    assert f'"bank": "{slug}"' in ready.output


def test_the_suite_as_tests_is_red_in_the_same_place(begun):
    """The tests that were written have one test for each check, and the one that lists the open places fails."""
    slug = BEGIN[2]
    space = {}
    exec((begun / "tests" / f"test_{slug}.py").read_text(), space)  # noqa: S102 - what was written a moment ago
    (tests,) = [each for name, each in space.items() if name.startswith("Test")]

    with pytest.raises(AssertionError, match="to be filled in"):
        tests().test_facts()
    tests().test_exchanges()
    tests().test_day_ends()


def test_the_guide_names_every_place():
    """Each place that a bank of the tree must be in is named by the guide."""
    for place in PLACES:
        name = place.removeprefix("contracts/").format("<slug>").rpartition("/")[2]
        assert name.replace("<slug>", "") in GUIDE.replace("<slug>", ""), place


def test_the_guide_names_what_exists():
    """Each file, folder, command and option of the project that the guide names is there."""
    root = contracts.HERE.parent
    for name in re.findall(r"`((?:tests|simulators|gateway)/[\w/.]+)`", GUIDE):
        assert (root / name).exists(), name
    for words in re.findall(r"`simulators (\w+[^`]*)`", GUIDE):
        name, *rest = words.split()
        known = {option for parameter in simulators.commands[name].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known, words
