"""Projects that use `extrato_testing` as their own: each runs its tests in a copy, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import packages

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RUN_SECONDS = 300
END_SECONDS = 15
MANY = """
import os
import pytest

@pytest.mark.parametrize("number", range({}))
def test_one(number, bank_account, bank_world, bank_simulators, assert_polite, extrato_many):
    bank = ("inter", "cora", "stone", "itau")[number % 4]
    account = bank_account(bank, entries_per_day=1, busy_day_entries=0)
    bank_world.advance(days=number % 3)
    last = bank_world.now.date()
    assert bank_world.truth(account, last.replace(day=1), last).closing_balance > 0
    assert bank_world.requests() == []
"""
NOTES = """
import os
import pathlib
import pytest

@pytest.fixture
def extrato_many(bank_simulators):
    folder = pathlib.Path(os.environ["NOTES"])
    (folder / str(os.getpid())).write_text(bank_simulators.http)
"""


@pytest.fixture
def run(tmp_path):
    """Runs pytest in a project: the plugin is installed, and nothing else of ours is on its path unless asked."""
    path = packages.plugin_path(tmp_path / "site")

    def run(project, *arguments, path_too=(), **variables):
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_"))}
        own = ("-p", "no:cacheprovider", *packages.UNUSED_PLUGINS, "--basetemp", tmp_path / "t")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *own, *arguments],
            cwd=project,
            env={**keep, **variables, "PYTHONPATH": os.pathsep.join([*path, *path_too])},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def project(request, tmp_path):
    """A copy of one of the projects of this folder."""
    return shutil.copytree(HERE / request.param, tmp_path / request.param)


def servers(folder):
    """The processes of the servers that a run has begun."""
    return [json.loads(file.read_text())["pid"] for file in folder.glob("t/extrato/*/*.json")]


def ended(pid):
    """Whether a process ends soon."""
    last = time.monotonic() + END_SECONDS
    while time.monotonic() < last:
        status = Path(f"/proc/{pid}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("project", ["leitor"], indirect=True)
def test_a_bank_in_the_process(run, project):
    """Routers and strategies, for both sorts of client, without a socket."""
    done = run(project, path_too=[str(ROOT)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


@pytest.mark.parametrize("project", ["erp"], indirect=True)
def test_served_banks_beside_packages_of_the_same_names(run, project, tmp_path):
    """A project with its own `contracts`, `gateway` and `simulators`: banks and gateway are served, and end with it."""
    done = run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout
    pids = servers(tmp_path)
    assert len(pids) == 2
    assert all(map(ended, pids))


def test_workers_share_one_process(run, tmp_path):
    """Forty tests of two workers on the same banks, which end after the last of them."""
    project, notes = tmp_path / "many", tmp_path / "notes"
    project.mkdir()
    notes.mkdir()
    (project / "conftest.py").write_text(NOTES)
    (project / "test_many.py").write_text(MANY.format(40))
    done = run(project, "-n", "2", NOTES=str(notes))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 passed" in done.stdout
    assert len(list(notes.iterdir())) == 2
    assert len({file.read_text() for file in notes.iterdir()}) == 1
    (pid,) = servers(tmp_path)
    assert ended(pid)


def test_banks_end_with_a_run_that_is_killed(run, tmp_path):
    """Nobody tells them; the lock that the killed process held is free."""
    (tmp_path / "test_killed.py").write_text(
        "import os, signal\n\ndef test_it(bank_world):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = run(tmp_path, "test_killed.py")
    assert done.returncode == -9
    (pid,) = servers(tmp_path)
    assert ended(pid)


def test_impolite_callers_fail(run, tmp_path):
    """A path that the bank does not have is no call that a reader makes."""
    (tmp_path / "test_rude.py").write_text(
        "import urllib.request, urllib.error, pytest, urllib.parse, json\n\n"
        "def test_rude(bank_account, bank_simulators, assert_polite):\n"
        "    own = bank_account('inter').credentials\n"
        "    url = bank_simulators.url('inter') + '/no/such/path'\n"
        "    body = urllib.parse.urlencode({'client_id': own['client_id']}).encode()\n"
        "    with pytest.raises(urllib.error.HTTPError):\n"
        "        urllib.request.urlopen(url, body)\n"
    )
    done = run(tmp_path, "test_rude.py")
    assert done.returncode == 1
    assert "1 calls of paths that the bank does not have" in done.stdout


def test_a_project_that_uses_nothing_pays_nothing(run, tmp_path):
    """The plugin imports no library and none of our packages until a fixture is asked for."""
    (tmp_path / "test_none.py").write_text(
        "import sys\n\ndef test_none():\n"
        "    assert 'extrato_testing.plugin' in sys.modules\n"
        "    heavy = {'httpx', 'msgspec', 'respx', 'hypothesis', 'contracts', 'simulators', 'gateway', 'http.client'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    # Plugins of others import what they like.
    done = run(tmp_path, "test_none.py", "-p", "extrato_testing.plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == 0, done.stdout
