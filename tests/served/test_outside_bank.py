"""A thirteenth bank in a separate installed package is found, enrolled, read and certified."""

import subprocess
import sys
from datetime import date, timedelta

import pytest

import contracts
from tests import packages
from tests.served import processes


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder as an installer leaves it: a package and its metadata."""
    site = tmp_path_factory.mktemp("site")
    packages.install(site, "thirteenth", "thirteenth")
    return site


def run(installed, *command):
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**processes.plain_environment(), "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_it_is_certified(installed):
    """The outside adapter is tried by the same suite."""
    told = run(installed, "simulators", "certify", "thirteenth", "--examples", "5")

    assert told.returncode == 0, told.stdout + told.stderr


def test_it_is_enrolled_and_read(installed, tmp_path, monkeypatch):
    """The gateway offers it, enrols an account of it and reads the truth, over TLS by its own host name."""
    monkeypatch.setenv("PYTHONPATH", str(installed))
    with processes.simulators(tmp_path / "simulators") as banks, processes.gateway(tmp_path, banks) as gateway:
        listed = banks.account("thirteenth")
        offered = [bank["slug"] for bank in gateway.ask("GET", "/v1/banks").json()["banks"]]
        account = gateway.enrol(listed)
        day = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        period = (day - timedelta(days=10)).isoformat(), (day - timedelta(days=1)).isoformat()
        statement = gateway.statement(account.json()["id"], *period).json()

    assert offered == sorted([*contracts.banks(), "thirteenth"])
    assert statement["proof"]["verdict"] == "proved"
