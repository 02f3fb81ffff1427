"""What an adapter does besides computing is its own doing, and not that of what lies in its folder."""

from importlib import import_module

import pytest

from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import named_checks, run_check
from simulators.certify.harnesses import pure

ADAPTER = """
import os
from pathlib import Path
from gateway.connectors.inter import Inter

class Beside(Inter):
    pass

class Looks(Inter):
    def fetch(self, account, period, today):
        os.stat(os.sep), os.lstat(os.sep), os.path.exists(os.curdir), Path(os.sep).is_dir(), os.getcwd()
        return super().fetch(account, period, today)

class Lists(Inter):
    def fetch(self, account, period, today):
        os.listdir(os.sep)
        return super().fetch(account, period, today)
"""
LIBRARY = """
import os

def listing(function):
    def call(*arguments, **more):
        os.listdir(os.sep)
        return function(*arguments, **more)
    return call
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with an adapter, and its environment below it: the modules of the adapter and of a library there."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (tmp_path / "beside_its_environment.py").write_text(ADAPTER)
    (installed / "a_library_that_lists.py").write_text(LIBRARY)
    for folder in (tmp_path, installed):
        monkeypatch.syspath_prepend(str(folder))
    return import_module("beside_its_environment"), import_module("a_library_that_lists")


def short(adapter, check="month"):
    """What a check finds of an adapter of Inter."""
    (wanted,) = named_checks(check)
    return run_check(wanted, Bench("inter", adapter), 1, 1).shortfall


def test_an_environment_in_the_adapter_s_folder_is_not_the_adapter(project, monkeypatch):
    """An author's folder has the environment with the gateway in it, which reads files as it likes."""
    adapter, library = project
    monkeypatch.setattr(pure, "assemble", library.listing(pure.assemble))

    assert short(adapter.Beside) == ""
    assert "the adapter lists a folder (os.listdir) at " in short(adapter.Lists)


@pytest.mark.parametrize("check", ["month", "computing"])
def test_asking_whether_a_file_is_there_is_no_reason_to_stop(project, check):
    """Libraries do so when they are loaded or show a line, and nothing is read."""
    assert short(project[0].Looks, check) == ""
