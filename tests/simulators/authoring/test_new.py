"""The first files of a bank run at once, whatever is chosen, and are red only where something must be filled in."""

import importlib
import itertools
import shutil
import subprocess
import sys
import uuid
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

import contracts
from simulators.authoring.new import CHOICES, files_of_package, files_of_tree, write
from simulators.authoring.templates import rendered
from simulators.banks import bank_class
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import certify, named_checks
from simulators.certify.files.places import MARK, open_places, places_in, written_in
from simulators.certify.files.repeated import repeated_keys
from simulators.certify.harnesses.account import account_of
from simulators.cli import main
from simulators.ledgers.by_hand import kept_account
from tests.packages import forget, install_project
from tests.served.processes import plain_environment
from tests.test_architecture import PLACES

ROOT = contracts.HERE.parent
TODAY = date(2026, 3, 18)


def chosen(auth, **more):
    """What an author chooses, the rest left as it is."""
    return {name: among[0] for name, among in CHOICES.items()} | {"auth": auth, **more}


def named(choices):
    """What a test with these choices is called."""
    return "-".join(choices.values())


ALL = [dict(zip(CHOICES, each, strict=True)) for each in itertools.product(*CHOICES.values())]
MOST = max(map(len, CHOICES.values()))
FEW = [{name: among[n % len(among)] for name, among in CHOICES.items()} for n in range(MOST)]
FEW += [
    chosen("client-credentials", paging="cursor", proof="opening-closing"),
    chosen("api-key"),
    chosen("authorization-code", mtls="handshake", paging="cursor", proof="opening-closing"),
    chosen("authorization-code", mtls="answer"),
    chosen("refresh-token", mtls="answer"),
    chosen("basic", mtls="answer"),
    chosen("api-key", mtls="handshake"),
]
"""Each choice at least once, and of access the pairs that stand in several parts of a template."""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path of modules; what is installed there is forgotten again."""
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


@pytest.fixture
def slug():
    """A name that no other test has imported."""
    name = f"bank_{uuid.uuid4().hex[:8]}"
    yield name
    for module in [each for each in sys.modules if each.startswith(f"extrato_{name}")]:
        del sys.modules[module]


def written(site, slug, choices):
    write(site, files_of_package(slug, choices, TODAY))
    install_project(site)
    importlib.invalidate_caches()
    forget()


def fill_in(folder):
    """What an author does at every place, here without looking."""
    for place in places_in([folder]):
        place.file.write_text(place.file.read_text().replace(MARK, "filled in"))


@pytest.mark.parametrize("choices", FEW, ids=named)
def test_what_is_written_runs_at_once(site, slug, choices):
    """Every check passes but the one that lists what is to be filled in; filled in, it passes too."""
    written(site, slug, choices)
    certificate = certify(Bench(slug), examples=4)
    failed = {result.name: result.shortfall for result in certificate.results if not result.passed}

    assert failed.keys() == {"facts"}, failed
    assert "to be filled in, the first: " in failed["facts"]
    assert "NOTES.md:3: " in failed["facts"]
    fill_in(site)
    # The modules are loaded already: what else was run above would be run again as it was.
    again = certify(Bench(slug), checks=named_checks("facts"))
    assert again.passed, again.results
    assert not open_places(slug)


def test_filled_in_it_is_rehearsed(site, slug):
    """All checks pass on the files as they are then."""
    written(site, slug, FEW[0])
    fill_in(site)
    certificate = certify(Bench(slug), examples=1)

    assert (certificate.passed, certificate.verdict) == (True, "rehearsed"), certificate.results


@pytest.mark.parametrize("choices", ALL, ids=named)
def test_every_choice_makes_a_sound_contract_and_python(choices, tmp_path):
    """Python can be compiled, no part of a template is left, each operation of the contract has an exchange."""
    files = files_of_package("novo_banco", choices, TODAY)
    places = write(tmp_path, files)
    folder = tmp_path / "extrato_novo_banco"
    contract = contracts.read(folder / "bank.yaml", contracts.Contract)
    shown = {
        step.request.operation
        for file in (folder / "exchanges").glob("*.yaml")
        for step in contracts.read(file, contracts.Exchange).steps
    }

    assert shown == contract.operations.keys()
    assert contract.slug == "novo_banco"
    assert not repeated_keys(folder.rglob("*.yaml"))
    for file, text in files.items():
        assert "#:" not in text
        assert "${" not in text
        if file.suffix == ".py":
            compile(text, str(file), "exec")
    assert len(places_in(places)) > 20


@pytest.mark.parametrize("auth", CHOICES["auth"])
def test_an_account_of_a_new_bank_outlives_the_process(site, slug, auth):
    """It is opened again with the credentials that it had, and its last refresh token is good there."""
    written(site, slug, chosen(auth))
    bench = Bench(slug)
    before, after = bench.harness(), bench.harness(number="87654321")
    for renew in (lambda _: None, before.bank.renew_credentials):
        renew(before.simulated)
        held = dict(before.simulated.credentials)
        after.simulated = after.bank.reopen(kept_account(before.simulated))
        assert after.simulated.credentials == held
    before.account = account_of(before.simulated)
    before.read(bench.last_days(5))

    after.account, after.token = account_of(after.simulated), before.token
    assert after.read(bench.last_days(5)).entries


def test_a_key_that_stands_twice_is_named(tmp_path):
    """Of two a decoder takes the last, so that an author would look for the first in vain."""
    file = tmp_path / "bank.yaml"
    file.write_text("period: {max_days: 1}\nsymptoms:\n- at: [token]\n  status: [1]\n  at: [balance]\n")

    assert repeated_keys([file]) == [f"{file}:5: the key at stands there twice"]


def test_a_part_may_depend_on_several_choices():
    """All conditions of a part must hold."""
    choices = chosen("refresh-token", paging="none", proof="none")
    text = rendered("bank.yaml", {"slug": "novo", "title": "Novo", "host": "novo"}, choices)

    assert text.count("scope: statement.read") == 1


def test_what_is_written_is_in_the_style_of_the_project(tmp_path):
    """Linter and formatter find nothing in any choice."""
    for number, choices in enumerate(ALL):
        files = files_of_tree("novo", choices, TODAY)
        code = {place: text for place, text in files.items() if place.parts[0] != "tests"}
        write(tmp_path / str(number) if number else tmp_path, code if number else files)
    ruff = Path(sys.executable).parent / "ruff"
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for command in (("check", "--no-cache", "--ignore", "INP001"), ("format", "--no-cache", "--check")):
        found = subprocess.run(
            [ruff, *command, "."], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert found.returncode == 0, found.stdout


def test_a_bank_of_the_tree_is_in_every_place():
    """In the source tree the files stand where each bank has them."""
    files = files_of_tree("novo", chosen("basic", paging="none", proof="none"), TODAY)

    assert {Path(place.format("novo")) for place in PLACES} <= files.keys()


def test_the_command_lists_every_place(tmp_path):
    """Written files and places to fill in are listed, then what to do next."""
    printed = CliRunner().invoke(main, ["new", "novo", "--auth", "api-key", "--package", str(tmp_path / "x")])

    assert printed.exit_code == 0, printed.output
    assert printed.output.count(MARK) == len(places_in([tmp_path / "x"]))
    assert f"{tmp_path / 'x' / 'extrato_novo' / 'connector.py'}" in printed.output
    assert printed.output.endswith("simulators certify novo\n")


@pytest.mark.parametrize("slug", ["Novo", "1novo", "novo banco", "../novo", "class", ""])
def test_what_is_no_slug_is_refused(tmp_path, slug):
    """Nothing is written then."""
    printed = CliRunner().invoke(main, ["new", "--package", str(tmp_path / "x"), "--", slug])

    assert printed.exit_code == 2
    assert "is no slug" in printed.output
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten(tmp_path):
    """What an author has written stays, and nothing new is written beside it."""
    file = tmp_path / "extrato_novo" / "simulator.py"
    file.parent.mkdir()
    file.write_text("mine")
    printed = CliRunner().invoke(main, ["new", "novo", "--package", str(tmp_path)])

    assert printed.exit_code == 1
    assert "is there already" in printed.output
    assert file.read_text() == "mine"
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [file]


def test_a_folder_that_is_no_tree_is_refused(tmp_path):
    """Without a source tree only a package can be written."""
    printed = CliRunner().invoke(main, ["new", "novo", "--tree", str(tmp_path)])

    assert printed.exit_code == 1
    assert "is no source tree" in " ".join(printed.output.replace("│", " ").split())


def test_a_part_about_an_option_that_nobody_chose_is_an_error():
    """A misspelt option in a template is noticed."""
    with pytest.raises(KeyError):
        rendered("token.yaml", {"host": "novo"}, {})


def test_a_bank_in_the_tree_is_found_by_its_files(tmp_path):
    """A copy of the tree with the new files certifies the bank, no file of it edited."""
    for package in ("contracts", "gateway", "simulators"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "conformance").mkdir(parents=True)
    environment = plain_environment() | {"PYTHONPATH": str(tmp_path)}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "simulators", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    made = run("new", "novo_banco", "--proof", "opening-closing")
    facts = run("certify", "novo_banco", "--check", "facts")
    month = run("certify", "novo_banco", "--check", "month")

    assert made.returncode == 0, made.stderr
    assert facts.returncode == 1
    assert "places are still to be filled in" in facts.stdout
    assert month.returncode == 0, month.stdout


@pytest.mark.parametrize(
    ("slug", "files"),
    [
        ("cora", ["beyond/cora.py", "banks/cora.py"]),
        ("stone", ["beyond/stone.py", "banks/stone.py", "rows/stone.py"]),
    ],
)
def test_a_bank_that_stands_in_several_files_is_looked_through_in_all(slug, files):
    """What it plays beyond its contract, what it plays of it, and its rows."""
    assert ["/".join(each.parts[-2:]) for each in written_in(bank_class(slug))] == files
