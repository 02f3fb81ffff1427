"""A thirteenth bank in a separate installed package is found and certified.

That it is offered, enrolled and read beside packages that are broken is shown in `tests.served.test_broken_packages`.
"""

import subprocess
import sys

import pytest

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
    certified = run(installed, "simulators", "certify", "thirteenth", "--examples", "2")

    assert certified.returncode == 0, certified.stdout + certified.stderr
