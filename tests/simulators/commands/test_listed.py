"""All commands: they are listed as they are, teach by an example, and are loaded only when they run."""

import os
import shlex
import subprocess
import sys

import pytest
import rich_click as click
from click.testing import CliRunner

from simulators.cli import COMMANDS, main
from simulators.commands.exit_codes import MEANINGS, ExitCode
from simulators.commands.lazy import commands_of
from simulators.version import version
from tests.deploy.commands import understood

ALL = dict(commands_of(main, "simulators"))
RUN = {name: each for name, each in ALL.items() if not isinstance(each, click.Group)}
ELSEWHERE = ("simulators certify", "simulators grid", "simulators new", "simulators record")
"""Commands of other folders, whose examples stand in the guide."""
OWN = {name: each for name, each in RUN.items() if name not in ELSEWHERE}


def first_sentence(command):
    return " ".join((command.help or "").split("\n\n")[0].split())


@pytest.mark.parametrize("name", main.listed)
def test_the_table_says_what_the_command_says(name):
    """The help of the program loads no command, so what it says is compared here."""
    assert main.commands[name].name == name
    assert main.listed[name].help == first_sentence(main.commands[name])


def test_every_command_stands_in_one_part_of_the_help():
    """None twice."""
    names = [name for part in COMMANDS.values() for name in part]

    assert len(names) == len(set(names)) == len(main.listed)


@pytest.mark.parametrize("name", OWN)
def test_each_command_has_an_example_that_it_understands(name):
    """Its options exist and have values of the right kind."""
    title, _, example = (OWN[name].epilog or "").partition("\n\n")
    words = shlex.split(example)
    words = words[: words.index(">")] if ">" in words else words
    words = [__file__ if word.endswith((".json", ".csv")) else word for word in words]

    assert title == "Example:"
    assert " ".join(words).startswith(name)
    understood(words)


@pytest.mark.parametrize("name", OWN)
def test_each_option_is_explained(name):
    """No option is left to be guessed."""
    assert [each.name for each in OWN[name].params if isinstance(each, click.Option) and not each.help] == []


@pytest.mark.parametrize("name", [name for name in OWN if name.split()[-1] not in {"serve", "completion"}])
def test_what_asks_can_be_led_to_any_simulators_and_world(name):
    """The same options everywhere, and JSON wherever there is something to print."""
    options = {each.name for each in OWN[name].params}

    assert name == "simulators exit-codes" or {"url", "state", "world"} <= options
    assert "as_json" in options or name.split()[-1] in {"stop", "end", "reset"}


def test_the_statuses_are_explained_in_the_help_too():
    """Each has its meaning, and the help of the program names those that commands choose."""
    assert set(MEANINGS) == set(ExitCode)
    assert all(f"{status.value} " in (main.epilog or "") for status in ExitCode if status <= ExitCode.STOPPED)
    listed = CliRunner().invoke(main, ["exit-codes"]).output.splitlines()
    assert [int(line.split("\t")[0]) for line in listed] == [status.value for status in ExitCode]


def test_the_version_is_that_of_the_package():
    """As its metadata has it."""
    done = CliRunner().invoke(main, ["--version"])

    assert (done.exit_code, done.output) == (0, f"simulators, version {version()}\n")


@pytest.mark.parametrize("words", [["--help"], ["faults", "--help"], ["serve", "--help"], ["truth", "--help"]])
def test_help_imports_nothing_heavy(words):
    """It is instant because neither banks nor contracts nor servers are touched."""
    probe = (
        f"import sys\nfrom simulators.cli import main\nsys.argv = ['simulators', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "heavy = ('litestar', 'httpx', 'uvicorn', 'cryptography', 'msgspec', 'contracts', 'urllib.request')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def completed(*words):
    """What a shell is offered for the last word."""
    line = {"COMP_WORDS": " ".join(["simulators", *words]), "COMP_CWORD": str(len(words))}
    environment = {**os.environ, **line, "_SIMULATORS_COMPLETE": "bash_complete"}
    command = [sys.executable, "-m", "simulators"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return {each.partition(",")[2] for each in done.stdout.splitlines() if each}


def test_commands_options_banks_scenarios_and_faults_are_completed():
    """Without any simulators."""
    assert completed("sc") == {"scenarios", "scenario"}
    assert completed("clock", "") == {"show", "set", "advance"}
    assert completed("faults", "add", "int") == {"inter"}
    assert completed("faults", "add", "inter", "stal") == {"stalled"}
    assert completed("scenario", "itau", "1", "password_exp") == {"password_expired"}
    assert completed("accounts", "--scenario", "documented_l") == {"documented_limit"}
    assert completed("requests", "--fol") == {"--follow"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_this_program(shell):
    """By the variable that the program looks at."""
    done = CliRunner().invoke(main, ["completion", shell])

    assert done.exit_code == 0
    assert "_SIMULATORS_COMPLETE" in done.output


def test_a_reader_that_has_gone_ends_a_command_in_silence():
    """As SIGPIPE would, and as `head` needs it."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "simulators", "exit-codes", "--json"]
    with open(writer, "wb") as output:  # noqa: PTH123 - it is a descriptor
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (ExitCode.READER_GONE, b"")
