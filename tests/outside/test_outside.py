"""Each distribution in this folder is found, passes its own tests, is certified, and is read through served processes.

They are installed here as an installer leaves them, into a folder of this test: without pip, and without a network.
"""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path

import httpx
import pytest

from simulators.authoring.new import CHOICES, files_of_package, write
from tests import packages
from tests.served import processes

PROJECTS = sorted(file.parent for file in Path(__file__).parent.glob("*/pyproject.toml"))
WRITTEN_LINES = 250
"""So many lines of Python and of the contract may be written by hand for a bank."""
EXAMPLES = 5
"""Cases for each property where the command is tried; the distribution's own tests try more."""


@dataclass(frozen=True)
class Installed:
    """A distribution that can be found on a path of modules."""

    folder: Path
    slug: str
    path: str


@pytest.fixture(scope="module", params=PROJECTS, ids=lambda folder: folder.name)
def installed(request, tmp_path_factory):
    """The distribution, with the metadata that its pyproject.toml asks for."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((request.param / "pyproject.toml").read_text())["project"]
    packages.add_metadata(site, project["name"], project["entry-points"])
    (slug,) = project["entry-points"]["extrato.contracts"]
    return Installed(request.param, slug, f"{site}:{request.param}")


def run(installed, folder, *command):
    """A command in a process that finds the distribution; what it leaves behind goes to the folder."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**processes.plain_environment(), "PYTHONPATH": f"{installed.path}:{processes.ROOT}"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_its_own_tests_pass(installed, tmp_path):
    """With its own settings: nothing of this project's tests is seen there."""
    folder = str(installed.folder)
    own = ("--rootdir", folder, "--confcutdir", folder, "-c", f"{folder}/pyproject.toml", "-p", "no:cacheprovider")
    told = run(installed, tmp_path, "pytest", "-q", *own, *packages.UNUSED_PLUGINS, f"{folder}/tests")

    assert told.returncode == 0, told.stdout + told.stderr


def test_it_is_certified(installed, tmp_path):
    """Up to the highest level; the verdict is a matter of what is known of its bank."""
    told = run(installed, tmp_path, "simulators", "certify", installed.slug, "--examples", str(EXAMPLES))

    assert told.returncode == 0, told.stdout + told.stderr
    last = told.stdout.splitlines()[-1]
    assert last in {f"{installed.slug}: {verdict}, level polite" for verdict in ("certified", "rehearsed")}


def test_it_is_read_through_a_served_gateway(installed, tmp_path, monkeypatch):
    """Enrolled by HTTP and read over TLS: the ledger, entry by entry, proved."""
    monkeypatch.setenv("PYTHONPATH", installed.path)
    with processes.simulators(tmp_path / "simulators") as banks, processes.gateway(tmp_path, banks) as gateway:
        listed = banks.new_account(installed.slug)
        enrolled = gateway.enrol(listed)
        assert enrolled.status_code == 201, enrolled.text
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        period = str(today - timedelta(days=40)), str(today - timedelta(days=3))
        statement = gateway.statement(enrolled.json()["id"], *period).json()
        truth = banks.truth(listed, *period)

    assert statement["proof"]["verdict"] == "proved", statement
    assert len(truth["entries"]) > 100
    assert [(each["date"], each["amount"]) for each in statement["entries"]] == [
        (each["date"], each["amount"]) for each in truth["entries"]
    ]


def test_what_is_begun_is_consented_to_and_read(tmp_path, monkeypatch):
    """A bank with a page, PKCE and client certificates, as `simulators new` begins it, up to the statement."""
    choices = {"auth": "authorization-code", "mtls": "handshake", "paging": "cursor", "proof": "opening-closing"}
    site = tmp_path / "site"
    write(site, files_of_package("nova", choices, date(2026, 1, 1)))
    packages.install_project(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    with processes.simulators(tmp_path / "simulators") as banks, processes.gateway(tmp_path, banks) as gateway:
        listed = banks.new_account("nova", busy_day_entries=0)
        del listed["credentials"]["refresh_token"]
        known = gateway.ask("GET", "/v1/banks/nova").json()
        begun = gateway.enrol(listed).json()
        page = begun["integration"]["authorization_url"]
        # A browser without the names of the banks looks at the same page on the port without TLS.
        address = page.replace("https://login.nova.example/", f"{banks.http}/nova/")
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            shown = browser.get(address)
            form = {"decision": "approve", "company": listed["account"]["holder_tax_id"]}
            ended = browser.post(address, data=form)
        statement = gateway.statement(begun["id"], "2026-01-05", "2026-01-09").json()

    assert begun["integration"]["state"] == "pending_authorization"
    assert "code_challenge=" in page
    assert "Autorizar" in shown.text
    assert str(ended.url).startswith(known["redirect_uri"])
    assert "Autorização concluída" in ended.text
    assert statement["proof"]["verdict"] == "proved", statement


def test_little_of_it_is_written_by_hand(installed):
    """What `simulators new` does not begin: Python and the contract, without exchanges and notes."""
    written = min(
        lines_by_hand(installed, dict(zip(CHOICES, each, strict=True))) for each in product(*CHOICES.values())
    )

    assert 0 < written < WRITTEN_LINES


def lines_by_hand(installed, chosen):
    """The lines that differ from what is begun with these options; all of a file that is not begun."""
    begun = files_of_package(installed.slug, chosen, date(2026, 1, 1))
    files = [*installed.folder.rglob("*.py"), installed.folder / "pyproject.toml", *installed.folder.rglob("bank.yaml")]
    return sum(
        last - first
        for file in files
        for kind, _, _, first, last in SequenceMatcher(
            None,
            begun.get(file.relative_to(installed.folder), "").splitlines(),
            file.read_text().splitlines(),
            autojunk=False,
        ).get_opcodes()
        if kind != "equal"
    )
