"""The command `simulators`, as QA types it."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from simulators.cli import main
from simulators.scenarios import all_scenarios


@pytest.mark.parametrize(("option", "value"), [("--bank", "nubank"), ("--scenario", "nope")])
def test_a_mistyped_choice_is_an_error(option, value):
    """Accounts of a bank or scenario that does not exist are an error that names it, not an empty list."""
    result = CliRunner().invoke(main, ["accounts", option, value])

    assert result.exit_code == 1
    assert value in result.output


def test_scenarios_are_told_by_their_whole_names():
    """What is piped on can be searched for a scenario, however long its name."""
    result = CliRunner().invoke(main, ["scenarios"])

    assert result.exit_code == 0
    assert set(all_scenarios()) <= {line.split()[0] for line in result.output.splitlines() if line.strip()}


def test_an_address_that_is_none():
    """An address that cannot be listened at is named in one line, without a traceback."""
    result = CliRunner().invoke(main, ["scenarios", "--url", "http://127.0.0.1:x"])

    assert result.exit_code == 3
    assert "do not answer" in result.output


def test_without_the_extra_each_command_says_so_in_one_line() -> None:
    """The base leaves out what only the simulators need."""
    probe = (
        "import sys\nsys.modules['holidays'] = None\nsys.argv = ['simulators', 'accounts']\n"
        "from simulators.cli import main\nmain()"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "holidays is not installed; install extrato[simulators]" in done.stderr
    assert "Traceback" not in done.stderr
